"""Classification from tables: pure functions, no model and no device. For images, and for video, whose windows of
frames are averaged.

Definitions are scikit-learn's: `accuracy` counts units whose best class is the true one, `top5` those whose true class
is among the best five; `mean_class_accuracy` is the mean recall of the classes that are to be found
(`balanced_accuracy_score`); `macro_f1` the mean F1 of every class that is to be found or was said; `kappa` is Cohen's,
"A coefficient of agreement for nominal scales", 1960, without weights.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.labels import CLASSES, KEY

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

TOP = 5


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
    number = {name: index for index, name in enumerate(classes)}
    true = np.array([number.get(name, -1) for name in truth])
    seen, found = row >= 0, (row >= 0) & (true >= 0)
    rank, of_truth = np.zeros(len(row), np.int32), np.zeros(len(row))
    rank[found], of_truth[found] = _ranks(probabilities[row[found]], true[found])
    predicted = np.full(len(row), "", object)
    predicted[seen] = np.array(classes, object)[probabilities[row[seen]].argmax(1)] if seen.any() else ""
    columns = {name: labels[name] for name in ("dataset", "item")}
    columns |= {"frame": np.zeros(len(row), np.int32), "truth": truth, "predicted": predicted}
    return pa.table(columns | {"rank": rank, "probability": of_truth}, schema=TALLY)


def scores(tally: pa.Table) -> Callable[[np.ndarray | None], dict[str, float]]:
    """accuracy, top5, mean_class_accuracy, macro_f1, kappa; of each class to be found recall_<class>,
    precision_<class> and f1_<class>; confusion_<true>_<predicted>, the number of units of every pair that occurs; and
    `unknown_labels`, the number of units whose class the model does not know, which all count as wrong.

    Shares are in [0, 1], kappa in [-1, 1]; NaN where there is nothing to divide by: the precision of a class that was
    never said, kappa where everything is of one class.
    """
    if not tally.num_rows:
        return lambda weights: {}
    truth, said = (tally[name].to_numpy().astype(object) for name in ("truth", "predicted"))
    names, codes = np.unique(np.concatenate([truth, said]), return_inverse=True)
    true, best = codes[: len(truth)], codes[len(truth) :]
    pairs, pair = np.unique(np.stack([true, best]), axis=1, return_inverse=True)
    pair, right, rank = pair.reshape(-1), true == best, tally["rank"].to_numpy()
    among_five, unknown = (rank > 0) & (rank <= TOP), rank == 0
    wanted = np.unique(true)
    each = [f"{kind}_{names[code]}" for kind in ("recall", "precision", "f1") for code in wanted]
    confused = [f"confusion_{names[t]}_{names[p]}" for t, p in pairs.T]

    def of(weights: np.ndarray | None) -> dict[str, float]:
        weight = np.ones(len(true)) if weights is None else np.asarray(weights, np.float64)
        total = weight.sum()
        hits = np.bincount(true, weight * right, len(names))
        truths, saids = np.bincount(true, weight, len(names)), np.bincount(best, weight, len(names))
        with np.errstate(divide="ignore", invalid="ignore"):  # nothing to divide by is NaN, as the docstring says
            recall, precision, f1 = hits / truths, hits / saids, 2 * hits / (truths + saids)
            by_chance = truths @ saids / total**2
            values = {
                "accuracy": hits.sum() / total,
                "top5": weight @ among_five / total,
                "mean_class_accuracy": _mean(recall),
                "macro_f1": _mean(f1),
                "kappa": (hits.sum() / total - by_chance) / (1 - by_chance),
                "unknown_labels": weight @ unknown,
            }
        values = {name: float(value) for name, value in values.items()}
        values |= zip(each, np.concatenate([recall[wanted], precision[wanted], f1[wanted]]).tolist(), strict=True)
        return values | dict(zip(confused, np.bincount(pair, weight, len(confused)).tolist(), strict=True))

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
    first = pc.index_in(items, _items(predictions).combine_chunks())
    firsts = predictions.select(["dataset", "item"]).take(first)
    classes = [names[number] for number in probabilities.argmax(1)]
    columns = {"dataset": firsts["dataset"], "item": firsts["item"], "frame": np.zeros(len(first), np.int32)}
    return pa.table(columns | {"class_name": classes}, schema=CLASSES)


def _items(table: pa.Table) -> pa.ChunkedArray:
    """One string per row that names its dataset and item."""
    columns = (pc.cast(table[name], pa.string()) for name in ("dataset", "item"))
    return pc.binary_join_element_wise(*columns, "\0")


def _one_each(labels: pa.Table) -> pa.Table:
    """The same labels. Raises InvalidValue where an item has two."""
    counts = pc.value_counts(_items(labels)).to_pylist()
    double = next((each["values"] for each in counts if each["counts"] > 1), None)
    if double is not None:
        name = double.partition("\0")[2]
        raise InvalidValue("one class per item", f"several of {name!r}", "correct the labels: an item has one class")
    return labels


def _averaged(predictions: pa.Table) -> tuple[pa.Array, list[str], np.ndarray]:
    """The items in order of first appearance (see `_items`), class names, and float64 [items, classes]: the mean
    probabilities over the windows of each."""
    if not predictions.num_rows:
        return pa.array([], pa.string()), [], np.empty((0, 0))
    known = pc.unique(predictions["classes"].unify_dictionaries()).to_pylist()
    if len(known) != 1:
        todo = "score the rows of one run, whose model is the same throughout"
        raise InvalidValue("predictions of one model", f"class names of {len(known)} models", todo)
    names = known[0].split("\n")
    rows = predictions["probabilities"].combine_chunks().flatten().to_numpy().reshape(-1, len(names))
    if not np.isfinite(rows).all():
        raise InvalidValue(
            "probabilities", "one that is not a finite number", "look at the model: its output overflows"
        )
    items = _items(predictions).combine_chunks().dictionary_encode()
    order = np.argsort(items.indices.to_numpy(), kind="stable")
    counts = np.bincount(items.indices.to_numpy())
    sums = np.add.reduceat(rows[order], np.cumsum(counts) - counts, dtype=np.float64)
    return items.dictionary, names, sums / counts[:, None]


def _ranks(probabilities: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rank of the true class, from 1, and its probability, of each row. Of equals the first class ranks first."""
    own = probabilities[np.arange(len(true)), true][:, None]
    before = np.arange(probabilities.shape[1]) < true[:, None]
    return 1 + ((probabilities > own) | ((probabilities == own) & before)).sum(1), own[:, 0]


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
