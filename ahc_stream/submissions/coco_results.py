"""COCO's results, a JSON list of what another program found, against COCO's instances.

    [{"image_id": 42, "category_id": 18, "score": 0.236, ...}, ...]

Images and categories are known by their ids, and images stand in pycocotools' order, so that objects of one score count
in it. As there, an object of an image that the truth does not list is refused, one of a category that it does not list
is left out, and an object that is there twice counts twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue, MediaError, MissingData
from ahc_stream.core.labels import KEY
from ahc_stream.core.wording import abridged, counted
from ahc_stream.datasets.coco import table_of_annotations
from ahc_stream.datasets.coco_truth import CocoTruth, read_truth
from ahc_stream.datasets.fields import JsonRecord, read_json_list
from ahc_stream.datasets.items import apart
from ahc_stream.submissions.found_boxes import SCORE
from ahc_stream.submissions.scored_files import DATASET, NAMED, ScoredFiles, frames_of, of_images


class Result(NamedTuple):
    """One found object. image, category: ids as texts. where: what its kind reads of it."""

    image: str
    category: str
    score: float
    where: Hashable


@dataclass(frozen=True)
class ResultKind:
    """What results of a task say beside image, category and score.

    task:     its name in the table of tasks.
    noun:     what a found object is called, and several.
    todo:     how results are written.
    read:     a record -> where the object is. Raises MediaError.
    columns:  where found objects are -> columns of the task's predictions, in the same order.
    labels:   all boxes of the truth as a table, and the truth -> labels of the task.
    """

    task: str
    noun: tuple[str, str]
    todo: str
    read: Callable[[JsonRecord], Hashable]
    columns: Callable[[Sequence[Any]], Mapping[str, Any]]
    labels: Callable[[pa.Table, CocoTruth], pa.Table]


def score_results(kind: ResultKind, predictions: Path, truth: Path) -> ScoredFiles:
    """The scores of found objects, as pycocotools has them. Raises MediaError, and what `read_truth` raises."""
    known = read_truth(truth)
    results = [_result(record, kind) for record in read_json_list(predictions, "results", kind.todo)]
    _check_images(results, known, predictions, truth)
    _check_categories(results, known, truth)
    items = dict(zip(sorted(known.files, key=_pycocotools_order), _numbers(len(known.files)), strict=True))
    classes = dict(zip(known.categories, apart(known.categories.values()), strict=True))
    boxes = [(items[image], box._replace(class_name=classes[box.category])) for image, box in known.boxes]
    labels = kind.labels(table_of_annotations(DATASET, boxes), known)
    found = _table(kind, [result for result in results if result.category in classes], items, classes)
    sizes = {item: known.sizes.get(image) for image, item in items.items()}
    frames = _with_sizes(frames_of(dict.fromkeys(sizes, 1)), sizes)
    return scored(kind, found, labels, frames, tuple(_notes(kind, results, known)))


def scored(kind: ResultKind, found: pa.Table, labels: pa.Table, frames: pa.Table, notes: Iterable[str]) -> ScoredFiles:
    """The scores of tables of predictions and labels, with what was scored."""
    scores = tasks.score(tasks.parse(kind.task), found, labels, frames)
    without = len(frames) - len(set(found["item"].to_pylist()))
    noun, several = kind.noun
    missed = [f"{without} of {counted(len(frames), 'image')} without a found {noun}: their labels count as missed"]
    facts = {"images": len(frames), "labels": len(labels), several: len(found)}
    return ScoredFiles(kind.task, scores, facts, (*notes, *(missed if without else [])))


def _result(record: JsonRecord, kind: ResultKind) -> Result:
    """Raises MediaError for a record that is none."""
    image, category = record.identity("image_id"), record.identity("category_id")
    where = kind.read(record)
    return Result(image, category, record.number("score", SCORE), where)


def _table(
    kind: ResultKind, results: Sequence[Result], items: Mapping[str, str], classes: Mapping[str, str]
) -> pa.Table:
    """Predictions of the task, in the order of the results."""
    columns = dict(kind.columns([result.where for result in results]))
    columns["score"] = [result.score for result in results]
    columns["class_name"] = [classes[result.category] for result in results]
    columns["class_id"] = [0] * len(results)  # a model's own number, by which nobody scores
    schema = pa.schema([*KEY, *tasks.schema(tasks.parse(kind.task))])
    columns = {name: columns.get(name, [None] * len(results)) for name in schema.names[len(KEY) :]}
    return of_images([items[result.image] for result in results], columns, schema)


def _with_sizes(frames: pa.Table, sizes: Mapping[str, tuple[int, int] | None]) -> pa.Table:
    """With width and height in pixels; null where the truth does not say them."""
    of_frames = [sizes[item] or (None, None) for item in frames["item"].to_pylist()]
    for place, name in enumerate(("width", "height")):
        frames = frames.append_column(name, pa.array([size[place] for size in of_frames], pa.int32()))
    return frames


def check_sizes(truth: CocoTruth) -> None:
    """Raises MissingData where an image with an annotation has no size, in which its masks are drawn."""
    unknown = sorted({image for image, _ in truth.boxes if image not in truth.sizes})
    if unknown:
        got = f"none of {counted(len(unknown), 'image')}: {abridged(unknown, NAMED)}"
        raise MissingData("width and height of each image of the truth", got, "write both, as COCO's images have them")


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


def _notes(kind: ResultKind, results: Sequence[Result], known: CocoTruth) -> Iterator[str]:
    unknown = Counter(result.category for result in results if result.category not in known.categories)
    if unknown:
        ids = abridged(_unknown(unknown, known.categories), NAMED)
        what = counted(unknown.total(), *kind.noun)
        yield f"{what} of categories that the truth does not list left out: {ids}"
    again = len(results) - len(set(results))
    if again:
        yield f"{counted(again, *kind.noun)} there again in the same numbers: each counts, as in pycocotools"


def _pycocotools_order(identity: str) -> tuple[bool, int, str]:
    """Sorts numbers by their size, before texts."""
    digits = identity.removeprefix("-")
    is_number = digits.isascii() and digits.isdecimal()
    return (False, int(identity), "") if is_number else (True, 0, identity)


def _numbers(count: int) -> list[str]:
    """Names whose order as texts is that of the numbers 0, 1, 2 ...: a tally goes through images by their names."""
    digits = len(str(count))
    return [f"{number:0{digits}d}" for number in range(count)]
