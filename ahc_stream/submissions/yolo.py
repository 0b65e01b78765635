"""YOLO's text files of found boxes, as ultralytics writes them with save_txt=True and save_conf=True.

FOLDER/NAME.txt     for each image a row `class cx cy w h confidence` for each box, in shares of the image

An image without a file has no found box: ultralytics writes none there. A file without an image is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ahc_stream.core.errors import InvalidValue, MediaError, MissingData
from ahc_stream.core.file_names import readable
from ahc_stream.core.foreign_text import line_error, read_lines, shown
from ahc_stream.core.wording import abridged, counted
from ahc_stream.datasets.files import absolute, existing, walk
from ahc_stream.datasets.own.place import Place
from ahc_stream.datasets.own.upright import StoredPicture, canvas_of, stored_pixels
from ahc_stream.datasets.own.yolo import NAME_LISTS, YoloPictures, open_yolo, pictures_of
from ahc_stream.datasets.own.yolo_rows import BOX_COLUMNS, class_numbers, corners_of
from ahc_stream.datasets.read_options import ReadOptions
from ahc_stream.submissions.found_boxes import SCORE, FoundBox, table_of_found
from ahc_stream.submissions.scored_files import DATASET, NAMED

WITH_SCORE = BOX_COLUMNS + 1


@dataclass(frozen=True)
class YoloSubmission:
    """boxes: DETECTIONS. labels: BOXES of the truth. images: all that are scored. notes: what was assumed."""

    boxes: pa.Table
    labels: pa.Table
    images: tuple[str, ...]
    notes: tuple[str, ...]


def read_yolo(predictions: Path, truth: Path, split: str | None) -> YoloSubmission:
    """Raises MissingData, InvalidValue, and MediaError that names the line."""
    if existing(str(truth)) is None:
        raise MissingData("a data.yaml or a folder of labelled images", f"nothing at {truth}", "check the path")
    if truth.suffix.lower() == ".json":
        todo = "name a data.yaml or a YOLO folder, or write the boxes as COCO's results (JSON)"
        raise InvalidValue("YOLO's truth for a folder of text files", str(truth), todo)
    place = Place(absolute(truth), ReadOptions(split=split))
    pictures = pictures_of(place)
    files = _files(predictions, pictures)
    boxes: list[FoundBox] = []
    with_score, without_score = 0, 0
    for path, name in zip(pictures.paths, pictures.names, strict=True):
        if name in files:
            rows = list(_rows(files[name], path, name, pictures.part.names))
            boxes += [box for box, _ in rows]
            with_score += sum(has_score for _, has_score in rows)
            without_score += sum(not has_score for _, has_score in rows)
    if with_score and without_score:
        got = f"{without_score} of {counted(len(boxes), 'row')} without it"
        raise MediaError(f"a confidence in every row of {predictions}, or in none", got, "write it with save_conf=True")
    dataset = open_yolo(place)
    notes = [note for note in dataset.notes if "--classes" not in note]  # classes go by their numbers on both sides
    if without_score:
        notes.append("rows without a confidence: each counts with the score 1 (ultralytics writes it: save_conf=True)")
    labels = dataset.labels["detection"]
    labels = labels.set_column(0, labels.schema.field(0), [[DATASET] * len(labels)])
    return YoloSubmission(table_of_found(boxes), labels, pictures.names, tuple(notes))


def _files(folder: Path, pictures: YoloPictures) -> dict[str, Path]:
    """Picture -> its text file, by its name below the folder or by its last part. Raises MissingData and MediaError."""
    texts = {readable(path.relative_to(folder.absolute()).with_suffix("").as_posix()): path for path in _texts(folder)}
    if not texts:
        raise MissingData(f"text files of found boxes in {folder}", "none", "check the path")
    of_stem: dict[str, list[str]] = {}
    for path, name in zip(pictures.paths, pictures.names, strict=True):
        of_stem.setdefault(readable(path.stem), []).append(name)
    found: dict[str, Path] = {}
    known = set(pictures.names)
    for text, path in texts.items():
        names = [text] if text in known else of_stem.get(text, [])
        if len(names) != 1 or names[0] in found:
            got = f"{path}, which is of {abridged(names, NAMED) or 'none'}"
            todo = f"take it out, or call it as the image is called in {pictures.dataset}"
            raise MediaError("text files each of an image of its own", got, todo)
        found[names[0]] = path
    return found


def _texts(folder: Path) -> Iterator[Path]:
    return (path for path in walk(folder).files if path.suffix == ".txt" and path.name not in NAME_LISTS)


def _rows(file: Path, picture: Path, name: str, classes: Sequence[str]) -> Iterator[tuple[FoundBox, bool]]:
    """The boxes of one picture, and whether each has a score. Raises MediaError."""
    canvas = canvas_of(picture)
    if canvas is None:
        raise MediaError(f"a readable image at {picture}", "none", "its size turns shares into pixels: mend it")
    number, called = class_numbers(len(classes) or None), dict(enumerate(classes))
    for line in read_lines(file):
        fields = tuple(line.text.split())
        try:
            if len(fields) not in (BOX_COLUMNS, WITH_SCORE):
                raise ValueError("class cx cy w h confidence")
            class_number = int(number.read(fields[0]))
            score = SCORE.read(fields[BOX_COLUMNS]) if len(fields) == WITH_SCORE else 1.0
            box = _box(name, _class_name(called, class_number), fields[1:BOX_COLUMNS], canvas, score)
        except ValueError as error:
            raise line_error(file, line.number, str(error), shown(line.text.strip())) from None
        yield box, len(fields) == WITH_SCORE


def _class_name(called: Mapping[int, str], number: int) -> str:
    """As labels call it (`datasets.own.yolo`): by its number where nothing names it."""
    return readable(called.get(number, str(number)))


def _box(name: str, class_name: str, fields: tuple[str, ...], canvas: StoredPicture, score: float) -> FoundBox:
    """Raises ValueError."""
    return FoundBox(name, class_name, *stored_pixels(corners_of(fields), canvas), score)
