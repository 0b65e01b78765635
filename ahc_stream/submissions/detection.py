"""Boxes that another program found: COCO's results against COCO's instances, or YOLO's text files.

    [{"image_id": 42, "category_id": 18, "bbox": [left, top, width, height], "score": 0.236}, ...]

Images and categories are known by their ids, and images stand in pycocotools' order, so that boxes of one score count
in it. As there, a box of an image that the truth does not list is refused, one of a category that it does not list is
left out, and a box that is there twice counts twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue, MediaError
from ahc_stream.core.wording import abridged, counted
from ahc_stream.datasets.coco import table_of_annotations
from ahc_stream.datasets.coco_truth import CocoTruth, read_truth
from ahc_stream.datasets.fields import BOX, JsonRecord, read_json_list
from ahc_stream.datasets.items import apart
from ahc_stream.submissions.found_boxes import SCORE, FoundBox, table_of_found
from ahc_stream.submissions.scored_files import DATASET, NAMED, ScoredFiles, frames_of, with_labels
from ahc_stream.submissions.yolo import read_yolo

TODO = "write a list of objects with image_id, category_id, bbox and score, as COCO's results are"


class Result(NamedTuple):
    """One of COCO's results. image, category: ids as texts. Pixels."""

    image: str
    category: str
    left: float
    top: float
    width: float
    height: float
    score: float


def score_detection(predictions: Path, truth: Path, split: str | None = None) -> ScoredFiles:
    """The scores of found boxes, as pycocotools has them.

    predictions:  a JSON of COCO's results; or a folder of YOLO's text files, one for each image.
    truth:        a JSON of COCO's instances; of YOLO's files a data.yaml, or a folder of images/ and labels/.
    split:        of a data.yaml in several parts the one that is scored; None: val, else test, else train.
    Raises MissingData, InvalidValue, and MediaError that names the record or the line.
    """
    if predictions.is_dir():
        found = read_yolo(predictions, truth, split)
        return with_labels(_scored(found.boxes, found.labels, found.images, found.notes), truth)
    if split is not None:
        raise InvalidValue("no --split with COCO's results, whose truth is one file", split, "leave it out")
    return with_labels(_of_coco(predictions, truth), truth)


def _of_coco(predictions: Path, truth: Path) -> ScoredFiles:
    known = read_truth(truth)
    results = [_result(record) for record in read_json_list(predictions, "results", TODO)]
    _check_images(results, known, predictions, truth)
    _check_categories(results, known, truth)
    items = dict(zip(sorted(known.files, key=_pycocotools_order), _numbers(len(known.files)), strict=True))
    classes = dict(zip(known.categories, apart(known.categories.values()), strict=True))
    labels = [(items[image], box._replace(class_name=classes[box.category])) for image, box in known.boxes]
    boxes = [_found(result, items, classes) for result in results if result.category in classes]
    notes = tuple(_notes(results, known))
    return _scored(table_of_found(boxes), table_of_annotations(DATASET, labels), tuple(items.values()), notes)


def _scored(boxes: pa.Table, labels: pa.Table, images: Sequence[str], notes: Iterable[str]) -> ScoredFiles:
    scores = tasks.score(tasks.parse("detection"), boxes, labels, frames_of(dict.fromkeys(images, 1)))
    without = len(images) - len(set(boxes["item"].to_pylist()))
    missed = [f"{without} of {counted(len(images), 'image')} without a found box: their labels count as missed"]
    facts = {"images": len(images), "labels": len(labels), "boxes": len(boxes)}
    return ScoredFiles("detection", scores, facts, (*notes, *(missed if without else [])))


def _result(record: JsonRecord) -> Result:
    """Raises MediaError for a record that is none."""
    image, category = record.identity("image_id"), record.identity("category_id")
    left, top, width, height = record.numbers("bbox", BOX)
    return Result(image, category, left, top, width, height, record.number("score", SCORE))


def _found(result: Result, items: dict[str, str], classes: dict[str, str]) -> FoundBox:
    right, bottom = result.left + result.width, result.top + result.height
    name = classes[result.category]
    return FoundBox(items[result.image], name, result.left, result.top, right, bottom, result.score)


def _check_images(results: Iterable[Result], known: CocoTruth, predictions: Path, truth: Path) -> None:
    unknown = _unknown((result.image for result in results), known.files)
    if unknown:
        got = f"{counted(len(unknown), 'other id')} in {predictions}: {abridged(unknown, NAMED)}"
        todo = "take out the results of images that are not to be scored, or name the truth that lists them"
        raise MediaError(f"as image_id one of the {counted(len(known.files), 'image')} of {truth}", got, todo)


def _check_categories(results: Sequence[Result], known: CocoTruth, truth: Path) -> None:
    """Raises InvalidValue where not one result is of a category of the truth."""
    unknown = _unknown((result.category for result in results), known.categories)
    if results and all(result.category not in known.categories for result in results):
        expected = f"as category_id one of {abridged(list(known.categories), NAMED)}, as in {truth}"
        todo = "write the truth's ids, which need not be a network's own numbers"
        raise InvalidValue(expected, abridged(unknown, NAMED), todo)


def _unknown(ids: Iterable[str], known: Collection[str]) -> list[str]:
    return sorted({identity for identity in ids if identity not in known}, key=_pycocotools_order)


def _notes(results: Sequence[Result], known: CocoTruth) -> Iterator[str]:
    unknown = Counter(result.category for result in results if result.category not in known.categories)
    if unknown:
        ids = abridged(_unknown(unknown, known.categories), NAMED)
        yield f"{counted(unknown.total(), 'box', 'boxes')} of categories that the truth does not list left out: {ids}"
    again = len(results) - len(set(results))
    if again:
        yield f"{counted(again, 'box', 'boxes')} there again in the same numbers: each counts, as in pycocotools"


def _pycocotools_order(identity: str) -> tuple[bool, int, str]:
    """Sorts numbers by their size, before texts."""
    digits = identity.removeprefix("-")
    is_number = digits.isascii() and digits.isdecimal()
    return (False, int(identity), "") if is_number else (True, 0, identity)


def _numbers(count: int) -> list[str]:
    """Names whose order as texts is that of the numbers 0, 1, 2 ...: a tally goes through images by their names."""
    digits = len(str(count))
    return [f"{number:0{digits}d}" for number in range(count)]
