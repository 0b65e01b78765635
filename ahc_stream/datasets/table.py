"""The table of datasets: what each is, where it lies, how it comes here, how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa

from ahc_stream.core.clip import Item
from ahc_stream.datasets import kodak, mini, mot, sample
from ahc_stream.store import Source

Opener = Callable[[Path, str], tuple[tuple[Item, ...], Mapping[str, pa.Table]]]
"""(folder, dataset name) -> items and labels."""


@dataclass(frozen=True)
class Entry:
    """One dataset.

    folder:   where it lies under `datasets/` of a root.
    open:     reads a complete folder.
    lacks:    what a folder lacks to be complete, one phrase each; empty: nothing.
    sources:  path inside the folder ("": the folder) -> what is downloaded to it.
    make:     writes the folder, where it is made here rather than downloaded.
    where:    how a person gets it, where neither of the two brings it.
    """

    description: str
    licence: str
    tasks: tuple[str, ...]
    folder: str
    open: Opener
    lacks: Callable[[Path], list[str]]
    sources: Mapping[str, Source] = field(default_factory=dict)
    make: Callable[[Path], None] | None = None
    where: str = ""


def hashes(sources: Mapping[str, Source], folder: Path) -> dict[Path, str | None]:
    """Every file that `sources` bring to `folder`, with its SHA-256 where one is known."""
    found: dict[Path, str | None] = {}
    for relative, source in sources.items():
        found |= source.files(folder / relative)
    return found


def _lacks_files(sources: Mapping[str, Source], folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in hashes(sources, folder) if not path.is_file()]


def _lacks_sequences(folder: Path) -> list[str]:
    return [] if mot.sequence_folders(folder) else ["[train/]SEQUENCE/seqinfo.ini"]


def _lacks_sample(folder: Path) -> list[str]:
    return [] if sample.is_made(folder) else [f"the frames of version {sample.VERSION}"]


DATASETS: Mapping[str, Entry] = {
    "mot17": Entry(
        "MOT17 pedestrians (or any MOTChallenge tree, with --root); of the three copies of a recording, FRCNN's",
        "CC BY-NC-SA 3.0",
        ("detection:model=yolov5n:size=1280",),
        "MOT17",
        mot.open_tree,
        _lacks_sequences,
        where="fetch MOT17.zip (5.5 GB) from https://motchallenge.net/data/MOT17 and unpack its train folder",
    ),
    "mot17-mini": Entry(
        "twelve real frames 1920 x 1080 of MOT17-02 and MOT17-04, with ground truth (9.5 MB)",
        "CC BY-NC-SA 3.0",
        ("detection:model=yolov5n:size=1280",),
        "mot17-mini",
        mot.open_tree,
        partial(_lacks_files, {"": mini.SOURCE}),
        sources={"": mini.SOURCE},
    ),
    "kodak": Entry(
        "the 24 Kodak images, 768 x 512 (15 MB)",
        "free to use",
        (),
        "kodak",
        kodak.open_kodak,
        partial(_lacks_files, kodak.SOURCES),
        sources=kodak.SOURCES,
    ),
    "sample": Entry(
        "24 frames 640 x 480 of four persons, made here from a photo in the ultralytics package; needs no network",
        "AGPL-3.0, as the package that ships the photo",
        ("detection:model=yolov5n:size=640",),
        "sample",
        mot.open_tree,
        _lacks_sample,
        make=sample.make,
    ),
}
