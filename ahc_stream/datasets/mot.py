"""MOTChallenge trees: numbered frames, and ground truth in comma-separated lines.

    ROOT/[train/]SEQUENCE/seqinfo.ini
    ROOT/[train/]SEQUENCE/img1/000001.jpg ...
    ROOT/[train/]SEQUENCE/gt/gt.txt        frame, id, left, top, width, height, flag, class, visibility

Pixels and frames of gt.txt count from 1 (Milan et al., "MOT16: A Benchmark for Multi-Object Tracking", 2016, section
3.2 and table 7); ours count from 0. Boxes may reach beyond the frame, as they were annotated. Ten columns are the form
of 2D MOT 2015: no class, three world coordinates instead, every line a pedestrian.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.labels import BOXES
from ahc_stream.datasets.folder import IMAGES

DETECTORS = ("FRCNN", "DPM", "SDP")
"""MOT17 holds each recording three times, once per detector of its public detections, with the same frames and ground
truth. One copy is read: the first of these that is there."""

PEDESTRIAN = 1
PERSON_LIKE = (2, 7, 8, 12)  # person on vehicle, static person, distractor, reflection: neither hit nor miss
PIXEL_ORIGIN = 1.0


def open_tree(root: Path, dataset: str) -> tuple[tuple[Item, ...], Mapping[str, pa.Table]]:
    """The sequences of a tree and their boxes, by the files that are there rather than by what seqinfo.ini promises.

    `root` is the tree, its train folder or one sequence. Pedestrians become "person"; other person-like classes and
    pedestrians with flag 0 become regions to ignore; the rest is dropped. Where no sequence has a gt.txt (a test
    split) there are no labels. Raises MissingData and MediaError.
    """
    folders = sequence_folders(root)
    if not folders:
        todo = "point it at a MOTChallenge tree: [train/]SEQUENCE/{seqinfo.ini,img1,gt}"
        raise MissingData("sequences with a seqinfo.ini", f"none in {root}", todo)
    frames = {folder: _frames(folder) for folder in folders}
    items = tuple(
        Item(dataset, folder.name, "sequence", tuple(frames[folder].values()), (), _rate(folder)) for folder in folders
    )
    return items, _labels(dataset, frames)


def sequence_folders(root: Path) -> list[Path]:
    """The tree's sequences in order, absolute, each recording once."""
    root = root.absolute()
    if (root / "seqinfo.ini").is_file():
        return [root]
    base = root / "train" if (root / "train").is_dir() else root
    return _once_each(sorted(info.parent for info in base.glob("*/seqinfo.ini")))


def notes(root: Path) -> list[str]:
    """For each sequence of which fewer frames are here than its seqinfo.ini promises, how many. Raises MediaError."""
    counts = [(folder, len(_frames(folder)), _info(folder).get("seqLength", "")) for folder in sequence_folders(root)]
    return [
        f"{folder.name}: {here} of {length} frames are here"
        for folder, here, length in counts
        if length.isdecimal() and here < int(length)
    ]


def _once_each(folders: Iterable[Path]) -> list[Path]:
    chosen: dict[str, Path] = {}
    for folder in sorted(folders, key=_preference):
        recording, _, detector = folder.name.rpartition("-")
        chosen.setdefault(recording if detector in DETECTORS else folder.name, folder)
    return sorted(chosen.values())


def _preference(folder: Path) -> int:
    detector = folder.name.rpartition("-")[2]
    return DETECTORS.index(detector) if detector in DETECTORS else 0


def _frames(folder: Path) -> dict[int, Path]:
    """Frame number -> image, in order. A number may be missing; the frame's index is its place among those here."""
    images = folder / _info(folder).get("imDir", "img1")
    numbered = {
        int(path.stem): path for path in images.glob("*") if path.suffix.lower() in IMAGES and path.stem.isdecimal()
    }
    if not numbered:
        raise MissingData("numbered images such as 000001.jpg", f"none in {images}", "unpack the sequence again")
    return dict(sorted(numbered.items()))


def _rate(folder: Path) -> float:
    text = _info(folder).get("frameRate", "")
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise MediaError(f"a positive frameRate in {folder / 'seqinfo.ini'}", repr(text), "correct that line")
    return rate


def _info(folder: Path) -> configparser.SectionProxy:
    path = folder / "seqinfo.ini"
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
        return parser["Sequence"]
    except (configparser.Error, KeyError, UnicodeDecodeError) as error:
        raise MediaError(f"a section [Sequence] in {path}", str(error), "unpack the sequence again") from error


def _labels(dataset: str, frames: Mapping[Path, dict[int, Path]]) -> dict[str, pa.Table]:
    with_truth = [folder for folder in frames if (folder / "gt" / "gt.txt").is_file()]
    if not with_truth:
        return {}
    if len(with_truth) < len(frames):
        without = next(folder for folder in frames if folder not in with_truth)
        todo = "take such sequences out of the tree: people nobody annotated would count as false alarms"
        raise MissingData("gt/gt.txt in each sequence or in none", f"none in {without}", todo)
    return {"detection": pa.concat_tables([_boxes(dataset, folder, list(frames[folder])) for folder in with_truth])}


def _boxes(dataset: str, folder: Path, numbers: list[int]) -> pa.Table:
    """Rows of the schema BOXES for the frames that are here; frame = the index in `numbers`, which is sorted."""
    lines, classes = _read(folder / "gt" / "gt.txt")
    frame = np.searchsorted(numbers, lines[:, 0])
    here = (frame < len(numbers)) & (np.take(numbers, frame, mode="clip") == lines[:, 0])
    pedestrian = classes == PEDESTRIAN
    keep = here & (pedestrian | np.isin(classes, PERSON_LIKE))
    lines, frame, pedestrian = lines[keep], frame[keep], pedestrian[keep]
    left, top, width, height = lines[:, 2:6].T
    columns = {
        "dataset": [dataset] * len(lines),
        "item": [folder.name] * len(lines),
        "frame": frame.astype(np.int32),
        "track_id": lines[:, 1].astype(np.int32),
        "class_name": ["person"] * len(lines),
        "x1": left - PIXEL_ORIGIN,
        "y1": top - PIXEL_ORIGIN,
        "x2": left - PIXEL_ORIGIN + width,
        "y2": top - PIXEL_ORIGIN + height,
        "area": width * height,
        "ignore": ~(pedestrian & (lines[:, 6] != 0)),
    }
    return pa.table(columns, schema=BOXES)


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """float64 [N, 9 or 10] and the class of each line. Raises MediaError."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if not text.strip():
        return np.empty((0, 9)), np.empty(0)
    try:
        lines = np.loadtxt(text.splitlines(), delimiter=",", ndmin=2)
    except ValueError as error:
        raise MediaError(f"comma-separated numbers in {path}", str(error), "unpack the sequence again") from error
    if lines.shape[1] not in (9, 10):
        raise MediaError(f"9 or 10 columns in {path}", f"{lines.shape[1]}", "unpack the sequence again")
    return lines, lines[:, 7] if lines.shape[1] == 9 else np.full(len(lines), PEDESTRIAN)
