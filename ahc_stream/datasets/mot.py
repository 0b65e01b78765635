"""MOTChallenge trees: numbered frames, and ground truth in comma-separated lines.

    ROOT/[train/]SEQUENCE/seqinfo.ini
    ROOT/[train/]SEQUENCE/img1/000001.jpg ...
    ROOT/[train/]SEQUENCE/gt/gt.txt        see `mot_truth`

Pixels and frames of gt.txt count from 1 (Milan et al., "MOT16: A Benchmark for Multi-Object Tracking", 2016, section
3.2 and table 7); ours count from 0. Boxes may reach beyond the frame, as they were annotated.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.file_names import readable
from ahc_stream.core.foreign_text import read_text, shown
from ahc_stream.core.labels import BOXES
from ahc_stream.datasets.files import children, inside
from ahc_stream.datasets.items import apart
from ahc_stream.datasets.media import images_in
from ahc_stream.datasets.mot_truth import PEDESTRIAN, MotTruth, no_frame_of, read_truth

DETECTORS = ("FRCNN", "DPM", "SDP")
"""MOT17 holds each recording three times, once per detector of its public detections, with the same frames and ground
truth. One copy is read: the first of these that is there."""

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
    names = dict(zip(folders, apart(readable(folder.name) for folder in folders), strict=True))
    items = tuple(
        Item(dataset, names[folder], "sequence", tuple(frames[folder].values()), (), _rate(folder))
        for folder in folders
    )
    return items, _labels(dataset, names, frames)


def sequence_folders(root: Path) -> list[Path]:
    """The tree's sequences in order, absolute, each recording once."""
    root = root.absolute()
    if (root / "seqinfo.ini").is_file():
        return [root]
    base = root / "train" if (root / "train").is_dir() else root
    return _once_each(folder for folder in children(base) if (folder / "seqinfo.ini").is_file())


def length_of(folder: Path) -> int | None:
    """How many frames a sequence has by its seqinfo.ini; None where nothing says it. Raises MediaError."""
    length = _info(folder).get("seqLength", "") if (folder / "seqinfo.ini").is_file() else ""
    return int(length) if length.isdecimal() else None


def notes(root: Path) -> list[str]:
    """For each sequence of which fewer frames are here than its seqinfo.ini promises, how many, and how many images
    have no number. Raises MediaError."""
    return [f"{readable(folder.name)}: {note}" for folder in sequence_folders(root) for note in _notes_of(folder)]


def _notes_of(folder: Path) -> Iterator[str]:
    frames, length = _frames(folder), length_of(folder)
    if length is not None and len(frames) < length:
        yield f"{len(frames)} of {length} frames are here"
    others = len(images_in(_image_folder(folder))) - len(frames)
    if others:
        yield f"{others} images without a frame number passed over"


def _once_each(folders: Iterable[Path]) -> list[Path]:
    chosen: dict[str, Path] = {}
    for folder in sorted(folders, key=_preference):
        chosen.setdefault(recording_of(folder.name), folder)
    return sorted(chosen.values())


def recording_of(sequence: str) -> str:
    """The name without that of the detector: "MOT17-02" of MOT17-02-SDP."""
    recording, _, detector = sequence.rpartition("-")
    return recording if detector in DETECTORS else sequence


def _preference(folder: Path) -> int:
    detector = folder.name.rpartition("-")[2]
    return DETECTORS.index(detector) if detector in DETECTORS else 0


def _frames(folder: Path) -> dict[int, Path]:
    """Frame number -> image, in order. A number may be missing; the frame's index is its place among those here.
    Raises MissingData without any, MediaError where two images have one number."""
    images = _image_folder(folder)
    numbered: dict[int, Path] = {}
    for path in images_in(images):
        if path.stem.isdecimal():
            other = numbered.setdefault(int(path.stem), path)
            if other != path:
                got = f"{other.name} and {path.name}"
                raise MediaError(f"one image for each frame number in {images}", got, "take one of the two out")
    if not numbered:
        raise MissingData("numbered images such as 000001.jpg", f"none in {images}", "unpack the sequence again")
    return dict(sorted(numbered.items()))


def _image_folder(folder: Path) -> Path:
    name = _info(folder).get("imDir", "img1")
    try:
        return inside(folder, name)
    except ValueError as error:
        info = folder / "seqinfo.ini"
        raise MediaError(f"as imDir in {info} a folder of the sequence", shown(name), "correct that line") from error


def _rate(folder: Path) -> float:
    text = _info(folder).get("frameRate", "")
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise MediaError(f"a positive frameRate in {folder / 'seqinfo.ini'}", shown(text), "correct that line")
    return rate


def _info(folder: Path) -> configparser.SectionProxy:
    path = folder / "seqinfo.ini"
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(read_text(path))
        return parser["Sequence"]
    except (configparser.Error, KeyError) as error:
        raise MediaError(f"a section [Sequence] in {path}", shown(str(error)), "unpack the sequence again") from error


def _labels(dataset: str, names: Mapping[Path, str], frames: Mapping[Path, dict[int, Path]]) -> dict[str, pa.Table]:
    with_truth = [folder for folder in frames if truth_of(folder).is_file()]
    if not with_truth:
        return {}
    if len(with_truth) < len(frames):
        without = next(folder for folder in frames if folder not in with_truth)
        todo = "take such sequences out of the tree: people nobody annotated would count as false alarms"
        raise MissingData("gt/gt.txt in each sequence or in none", f"none in {without}", todo)
    tables = [_boxes(dataset, names[folder], truth_of(folder), list(frames[folder])) for folder in with_truth]
    return {"detection": pa.concat_tables(tables)}


def truth_of(folder: Path) -> Path:
    """Where the ground truth of a sequence lies, if it has any."""
    return folder / "gt" / "gt.txt"


def _boxes(dataset: str, item: str, path: Path, numbers: list[int]) -> pa.Table:
    """`boxes_of` the gt.txt at `path`. Raises MediaError."""
    truth = read_truth(path)
    if len(truth.frame) and not np.isin(truth.frame, numbers).any():
        raise no_frame_of(path)
    return boxes_of(dataset, item, truth, numbers)


def boxes_of(dataset: str, item: str, truth: MotTruth, numbers: Sequence[int]) -> pa.Table:
    """Rows of the schema BOXES of a sequence, for the frames that are here; frame = the index in `numbers`."""
    index = {number: i for i, number in enumerate(numbers)}
    frame = np.array([index.get(number, -1) for number in truth.frame.tolist()], np.int32)
    is_pedestrian = truth.kind == PEDESTRIAN
    keep = (frame >= 0) & (is_pedestrian | np.isin(truth.kind, PERSON_LIKE))
    left, top, width, height = truth.box[keep].T
    rows = int(keep.sum())
    columns = {
        "dataset": [dataset] * rows,
        "item": [item] * rows,
        "frame": frame[keep],
        "track_id": truth.track_id[keep],
        "class_name": ["person"] * rows,
        "x1": left - PIXEL_ORIGIN,
        "y1": top - PIXEL_ORIGIN,
        "x2": left - PIXEL_ORIGIN + width,
        "y2": top - PIXEL_ORIGIN + height,
        "area": width * height,
        "ignore": ~(is_pedestrian & truth.counts)[keep],
    }
    return pa.table(columns, schema=BOXES)
