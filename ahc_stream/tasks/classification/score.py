"""Classification from tables: pure functions, no model and no device. For images, and for video, whose windows of
frames are averaged.

Definitions are scikit-learn's: `accuracy` counts units whose best class is the true one, `top5` those whose true class
is among the best five; `mean_class_accuracy` is the mean recall of the classes that are to be found
(`balanced_accuracy_score`); `macro_f1` the mean F1 of every class that is to be found or was predicted; `kappa` is
Cohen's, "A coefficient of agreement for nominal scales", 1960, without weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.labels import CLASSES, KEY
from ahc_stream.tasks.score_entry import Score, share

CLASSIFICATIONS = pa.schema(
    [
        ("class_name", pa.string()),  # the most probable one
        ("probability", pa.float64()),  # of it, 0..1
        ("probabilities", pa.list_(pa.float32())),  # of every class, in the model's order
        ("classes", pa.dictionary(pa.int32(), pa.string())),  # the model's class names, joined by line feeds
    ]
)
"""One image, or one window of a video at the window's first frame."""

TALLY = pa.schema(
    [
        *KEY,
        ("truth", pa.string()),
        ("predicted", pa.string()),  # the most probable class; empty where nothing was predicted
        ("rank", pa.int32()),  # of the true class, 1 is the best; 0 where the model does not know it
        ("probability", pa.float64()),  # of the true class; 0 where the model does not know it
    ]
)
"""One row per unit: an image, or a whole video at frame 0."""

SCORES: tuple[Score, ...] = (
    share("accuracy", headline=True),
    share("macro_f1", "macro F1", headline=True),
    share("kappa", headline=True),
    share("top5", "top-5 accuracy"),
    share("mean_class_accuracy"),
    # Of a class's three scores a chart shows the one that adds up to balanced accuracy: its precision and F1 depend on
    # the other classes' errors too.
    share("recall_", "{} recall", one_per="class"),
    share("precision_", "{} precision", one_per="class", hidden=True),
    share("f1_", "{} F1", one_per="class", hidden=True),
    Score("confusion_", "{}", one_per="pair of classes", hidden=True),
    Score("unknown_labels", higher_is_better=False, hidden=True),
)

TOP = 5

Values = NDArray[np.float64]


class Averaged(NamedTuple):
    """What a model says of each item: the mean over its windows.

    items:          in order of first appearance (see `_items`).
    classes:        the model's class names.
    probabilities:  float64 [items, classes].
    """

    items: pa.Array
    classes: list[str]
    probabilities: Values


def tally(predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """TALLY of the evaluated items that have a label, in the order of `labels`.

    predictions:  KEY and CLASSIFICATIONS columns at one operating point, all of one model. The rows of an item are
                  windows of it: their probabilities are averaged.
    labels:       `core.labels.CLASSES`, one row per item.
    frames:       KEY columns of the evaluated frames.

    A label that the model does not know by that very name, and an item without any prediction, count as wrong. Raises
    InvalidValue for predictions of more than one model or not finite, and for an item with two labels.
    """
    labels = _one_each(labels.filter(pc.is_in(_items(labels), _items(frames).unique())))
    if not labels.num_rows:
        return TALLY.empty_table()
    items, classes, probabilities = _averaged(predictions)
    row = pc.index_in(_items(labels), items).combine_chunks().fill_null(-1).to_numpy()
    truth = labels["class_name"].to_numpy()
    numbers = {name: number for number, name in enumerate(classes)}
    true_class = np.array([numbers.get(name, -1) for name in truth])
    is_predicted = row >= 0
    is_known = is_predicted & (true_class >= 0)
    rank, of_truth = np.zeros(len(row), np.int32), np.zeros(len(row))
    rank[is_known], of_truth[is_known] = _ranks(probabilities[row[is_known]], true_class[is_known])
    predicted = np.full(len(row), "", object)
    if is_predicted.any():
        best_class = probabilities[row[is_predicted]].argmax(1)
        predicted[is_predicted] = np.array(classes, object)[best_class]
    columns = {name: labels[name] for name in ("dataset", "item")}
    columns |= {"frame": np.zeros(len(row), np.int32), "truth": truth, "predicted": predicted}
    return pa.table(columns | {"rank": rank, "probability": of_truth}, schema=TALLY)


def scores(tally: pa.Table) -> Callable[[Values | None], dict[str, float]]:
    """accuracy, top5, mean_class_accuracy, macro_f1, kappa; of each class to be found recall_<class>,
    precision_<class> and f1_<class>; confusion_<true>_<predicted>, the number of units of every pair that occurs; and
    `unknown_labels`, the number of units whose class the model does not know, which all count as wrong.

    Shares are in [0, 1], kappa in [-1, 1]; NaN where there is nothing to divide by: the precision of a class that was
    never predicted, kappa where everything is of one class.
    """
    if not tally.num_rows:
        return lambda weights: {}
    truth, prediction = (tally[name].to_numpy().astype(object) for name in ("truth", "predicted"))
    names, codes = np.unique(np.concatenate([truth, prediction]), return_inverse=True)
    true, predicted = codes[: len(truth)], codes[len(truth) :]
    pairs, pair = np.unique(np.stack([true, predicted]), axis=1, return_inverse=True)
    pair, is_right, rank = pair.reshape(-1), true == predicted, tally["rank"].to_numpy()
    is_among_five, is_unknown = (rank > 0) & (rank <= TOP), rank == 0
    to_find = np.unique(true)
    per_class = [f"{kind}_{names[code]}" for kind in ("recall", "precision", "f1") for code in to_find]
    per_pair = [f"confusion_{names[t]}_{names[p]}" for t, p in pairs.T]

    def of(weights: Values | None) -> dict[str, float]:
        weight = np.ones(len(true)) if weights is None else np.asarray(weights, np.float64)
        total = weight.sum()
        hits = np.bincount(true, weight * is_right, len(names))
        truths, predictions = np.bincount(true, weight, len(names)), np.bincount(predicted, weight, len(names))
        with np.errstate(divide="ignore", invalid="ignore"):  # nothing to divide by is NaN, as the docstring says
            recall, precision, f1 = hits / truths, hits / predictions, 2 * hits / (truths + predictions)
            accuracy, by_chance = hits.sum() / total, truths @ predictions / total**2
            values = {
                "accuracy": accuracy,
                "top5": weight @ is_among_five / total,
                "mean_class_accuracy": _mean(recall),
                "macro_f1": _mean(f1),
                "kappa": (accuracy - by_chance) / (1 - by_chance),
                "unknown_labels": weight @ is_unknown,
            }
        of_classes = np.concatenate([recall[to_find], precision[to_find], f1[to_find]])
        of_pairs = np.bincount(pair, weight, len(per_pair))
        named = {name: float(value) for name, value in values.items()}
        named |= zip(per_class, of_classes.tolist(), strict=True)
        named |= zip(per_pair, of_pairs.tolist(), strict=True)
        return named

    return of


def outcomes(tally: pa.Table) -> pa.Table:
    """KEY columns, `correct` (0 or 1) and `probability_of_truth` of each unit."""
    correct = pc.cast(pc.equal(tally["truth"], tally["predicted"]), pa.float64())
    columns = {name: tally[name] for name, _ in KEY}
    return pa.table(columns | {"correct": correct, "probability_of_truth": tally["probability"]})


def as_labels(predictions: pa.Table) -> pa.Table:
    """`core.labels.CLASSES`: of each item the most probable class over all of its windows, at frame 0."""
    if not predictions.num_rows:
        return CLASSES.empty_table()
    items, names, probabilities = _averaged(predictions)
    first_row = pc.index_in(items, _items(predictions).combine_chunks())
    keys = predictions.select(["dataset", "item"]).take(first_row)
    classes = [names[number] for number in probabilities.argmax(1)]
    columns = {"dataset": keys["dataset"], "item": keys["item"], "frame": np.zeros(len(keys), np.int32)}
    return pa.table(columns | {"class_name": classes}, schema=CLASSES)


def _items(table: pa.Table) -> pa.ChunkedArray:
    """One string per row that names its dataset and item."""
    columns = (pc.cast(table[name], pa.string()) for name in ("dataset", "item"))
    return pc.binary_join_element_wise(*columns, "\0")


def _one_each(labels: pa.Table) -> pa.Table:
    """The same labels. Raises InvalidValue where an item has two."""
    counts = pc.value_counts(_items(labels)).to_pylist()
    double = next((entry["values"] for entry in counts if entry["counts"] > 1), None)
    if double is not None:
        name = double.partition("\0")[2]
        raise InvalidValue("one class per item", f"several of {name!r}", "correct the labels: an item has one class")
    return labels


def _averaged(predictions: pa.Table) -> Averaged:
    """Raises InvalidValue for predictions of several models, and for numbers that are not finite."""
    if not predictions.num_rows:
        return Averaged(pa.array([], pa.string()), [], np.empty((0, 0)))
    models = pc.unique(predictions["classes"].unify_dictionaries()).to_pylist()
    if len(models) != 1:
        todo = "score the rows of one run, whose model is the same throughout"
        raise InvalidValue("predictions of one model", f"class names of {len(models)} models", todo)
    names = models[0].split("\n")
    rows = predictions["probabilities"].combine_chunks().flatten().to_numpy().reshape(-1, len(names))
    if not np.isfinite(rows).all():
        todo = "look at the model: its output overflows"
        raise InvalidValue("probabilities", "one that is not a finite number", todo)
    items = _items(predictions).combine_chunks().dictionary_encode()
    item_of_row = items.indices.to_numpy()
    order = np.argsort(item_of_row, kind="stable")
    windows = np.bincount(item_of_row)
    starts = np.cumsum(windows) - windows
    sums: Values = np.add.reduceat(rows[order], starts, dtype=np.float64)
    return Averaged(items.dictionary, names, sums / windows[:, None])


def _ranks(probabilities: Values, true: NDArray[np.int64]) -> tuple[NDArray[np.int64], Values]:
    """Rank of the true class, from 1, and its probability, of each row. Of equals the first class ranks first."""
    of_truth = probabilities[np.arange(len(true)), true][:, None]
    is_before = np.arange(probabilities.shape[1]) < true[:, None]
    is_better = (probabilities > of_truth) | ((probabilities == of_truth) & is_before)
    return 1 + is_better.sum(1), of_truth[:, 0]


def _mean(values: Values) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
