"""Classes that another program predicted, against a CSV of image,class or a tree of class folders.

    image,class             the class that was predicted
    image,CAT,DOG,...       a probability, or any number that ranks them, for each class; of equal ones the first counts

A class alone says nothing of a second one: then there is no top-5.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.foreign_text import line_error, shown
from ahc_stream.core.label_check import unknown_classes
from ahc_stream.core.labels import CLASSES, KEY
from ahc_stream.core.wording import abridged
from ahc_stream.datasets.files import absolute
from ahc_stream.datasets.own.image_folder import open_image_folder
from ahc_stream.datasets.own.place import Place
from ahc_stream.datasets.read_options import ReadOptions
from ahc_stream.submissions.answers import ImageAnswer, matched, one_each
from ahc_stream.submissions.csv_table import CsvRow, CsvTable, read_csv
from ahc_stream.submissions.scored_files import NAMED, ScoredFiles, frames_of, of_images, with_labels
from ahc_stream.tasks.classification.score import TALLY

CLASS = "class"
OF_RANKS = ("top5", "unknown_labels")
"""Scores that a class alone says nothing of."""

PREDICTIONS = pa.schema(
    [
        *KEY,
        ("class_name", pa.string()),
        ("probability", pa.float64()),
        ("probabilities", pa.list_(pa.float64())),  # as the file has them; a run's own are float32
        ("classes", pa.dictionary(pa.int32(), pa.string())),
    ]
)
"""As `tasks.classification.score` has it."""


def score_classes(predictions: Path, truth: Path, split: str | None = None) -> ScoredFiles:
    """Accuracy, macro F1, kappa, and recall, precision and F1 of each class, as scikit-learn has them.

    predictions:  a CSV of image,class or of image and a column for each class.
    truth:        a CSV of image,class; or a folder of a folder of images for each class.
    split:        of such folders in several parts the one that is scored; None: val, else test, else train.
    Raises MissingData, InvalidValue, and MediaError that names the line.
    """
    true_class = _truth(truth, split)
    table = read_csv(predictions, CLASS)
    tally, notes = (_tally_of_classes if CLASS in table.columns else _tally_of_numbers)(table, true_class)
    scores = tasks.scorer("classification").scores(tally)(None)
    if CLASS in table.columns:
        scores = {name: value for name, value in scores.items() if name not in OF_RANKS}
    facts = {"images": len(true_class), "classes": len(set(true_class.values()))}
    return with_labels(ScoredFiles("classification", scores, facts, notes), truth)


def _truth(truth: Path, split: str | None) -> dict[str, str]:
    """Image -> its class."""
    if truth.is_dir():
        labels = open_image_folder(Place(absolute(truth), ReadOptions(split=split))).labels["classification"]
        return dict(zip(labels["item"].to_pylist(), labels["class_name"].to_pylist(), strict=True))
    if split is not None:
        raise InvalidValue("no --split with a truth that is one file", split, "leave it out")
    return one_each(truth, _classes(read_csv(truth, CLASS)))


def _classes(table: CsvTable) -> Iterator[ImageAnswer[str]]:
    """Raises MediaError."""
    place = table.place(CLASS)
    for row in table.rows:
        name = row.values[place].strip()
        if not name:
            raise line_error(table.path, row.line, f"a class of {shown(row.image)}", "none")
        yield ImageAnswer(row.line, row.image, name)


def _tally_of_classes(table: CsvTable, true_class: Mapping[str, str]) -> tuple[pa.Table, tuple[str, ...]]:
    """TALLY, in which a wrong class has no rank; and what is to be noted."""
    named = matched(table.path, _classes(table), true_class)
    _check_known(table, sorted(set(named.values.values())), true_class)
    predicted, true = list(named.values.values()), list(true_class.values())
    is_right = [one == other for one, other in zip(predicted, true, strict=True)]
    columns = {
        "truth": true,
        "predicted": predicted,
        "rank": [int(right) for right in is_right],
        "probability": [float(right) for right in is_right],
    }
    return of_images(true_class, columns, TALLY), named.notes


def _tally_of_numbers(table: CsvTable, true_class: Mapping[str, str]) -> tuple[pa.Table, tuple[str, ...]]:
    """TALLY, as the task's scorer makes it of probabilities; and what is to be noted."""
    if len(table.columns) < 2:
        todo = "write image,class, or image and a column for each class"
        raise InvalidValue(
            f"a column class, or one for each class, in {table.path}", abridged(table.columns, NAMED), todo
        )
    _check_known(table, table.columns, true_class)
    numbers = matched(table.path, _numbers(table), true_class)
    labels = of_images(true_class, {"class_name": list(true_class.values())}, CLASSES)
    rows = _predictions(numbers.values, table.columns)
    tally = tasks.tally(tasks.parse("classification"), rows, labels, frames_of(dict.fromkeys(true_class, 1)))
    return tally, (*numbers.notes, *unknown_classes("classification", table.columns, labels))


def _numbers(table: CsvTable) -> Iterator[ImageAnswer[array[float]]]:
    """Raises MediaError."""
    for row in table.rows:
        numbers = _finite(row)
        if numbers is None:
            expected = f"a finite number for each class of {shown(row.image)}"
            raise line_error(table.path, row.line, expected, shown(",".join(row.values)))
        yield ImageAnswer(row.line, row.image, numbers)


def _finite(row: CsvRow) -> array[float] | None:
    """float64 of each value; None where one is no finite number ("1_000", which Python would read, is none)."""
    try:
        numbers = array("d", map(float, row.values))
    except ValueError:
        return None
    are_numbers = all(map(math.isfinite, numbers)) and not any("_" in value for value in row.values)
    return numbers if are_numbers else None


def _check_known(table: CsvTable, classes: Sequence[str], true_class: Mapping[str, str]) -> None:
    """Raises InvalidValue where no class is one of the truth's: another naming is no bad network."""
    known = sorted(set(true_class.values()))
    if true_class and not set(known) & set(classes):
        expected = f"a class of the truth ({abridged(known, NAMED)}) in {table.path}"
        raise InvalidValue(expected, abridged(classes, NAMED), "call classes in both files alike")


def _predictions(numbers: Mapping[str, array[float]], classes: Sequence[str]) -> pa.Table:
    """PREDICTIONS, an image a row."""
    table = np.array(list(numbers.values()), np.float64).reshape(-1, len(classes))
    best = table.argmax(1)
    offsets = pa.array(np.arange(len(table) + 1) * len(classes), pa.int32())
    columns = {
        "class_name": [classes[number] for number in best],
        "probability": table[np.arange(len(table)), best],
        "probabilities": pa.ListArray.from_arrays(offsets, pa.array(table.reshape(-1))),
        "classes": ["\n".join(classes)] * len(table),
    }
    return of_images(numbers, columns, PREDICTIONS)
