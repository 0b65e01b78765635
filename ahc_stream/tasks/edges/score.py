"""Edges scored as the Berkeley Segmentation Data Set and Benchmark scores them: ODS, OIS and AP, from tables.

Definition: P. Arbelaez et al., "Contour Detection and Hierarchical Image Segmentation" (PAMI 2011) after D. Martin,
C. Fowlkes, J. Malik (PAMI 2004). At each threshold a map is binarised, thinned and matched to each annotator's boundaries,
one to one within a tolerance. Precision: of the map's pixels, those that any annotator has; recall: of all annotators'
pixels, those found. Soft maps that are not thin lose what is no ridge first, as in P. Dollar, C. L. Zitnick (PAMI 2015)
and the papers since. `kernels.edges` holds the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.labels import BOUNDARIES, KEY
from ahc_stream.kernels import edges
from ahc_stream.tasks import units
from ahc_stream.tasks.edges import maps as edge_maps

EDGES = pa.schema(
    [
        ("edges", pa.binary()),  # PNG, 8-bit grey: the probability of an edge, 255 is 1
        ("suppress", pa.bool_()),  # soft across its edges: scoring suppresses what is no ridge first
    ]
)
"""The edge map of a frame, one row each."""

COUNTS = ("found_truth", "truth", "right", "edges")
TALLY = pa.schema([*KEY, ("threshold", pa.float64()), *((name, pa.int64()) for name in COUNTS)])
"""One row per image and threshold. truth: annotators' pixels, found_truth: those matched; edges: pixels of the thinned
map, right: those matched to any annotator."""

THRESHOLDS = 99
TOLERANCE = 0.0075
AGREEMENT_THRESHOLD = 0.5
_BETWEEN = np.linspace(0, 1, 100)  # where F is looked for between two neighbouring thresholds


def tally(
    predictions: pa.Table,
    labels: pa.Table,
    frames: pa.Table,
    thresholds: str = str(THRESHOLDS),
    tolerance: str = str(TOLERANCE),
) -> pa.Table:
    """TALLY of the evaluated frames that have an annotator, in the order of `frames`.

    predictions:  KEY and EDGES columns at one operating point. A frame without one has an empty map.
    labels:       `core.labels.BOUNDARIES`.
    frames:       KEY columns, width and height of the evaluated frames.
    thresholds:   how many, k / (thresholds + 1) for k = 1, 2 ...
    tolerance:    distance within which pixels match, over the frame's diagonal.

    Raises InvalidValue where sizes differ and MediaError for a map that is no grey PNG.
    """
    levels = np.arange(1, int(thresholds) + 1) / (int(thresholds) + 1)
    maps = _of_units(predictions, frames)
    annotated = _of_units(labels, frames)
    parts = [TALLY.empty_table()]
    for unit, (rows, truth_rows) in enumerate(zip(maps, annotated, strict=True)):
        frame = frames.slice(unit, 1).to_pylist()[0]
        if len(truth_rows):
            truths = _truths(labels, truth_rows, frame)
            soft = _soft(predictions.slice(rows[0], 1).to_pylist()[0]) if len(rows) else np.zeros(truths.shape[1:])
            _same_size(soft.shape, truths.shape[1:], frame)
            parts.append(_rows(frame, levels, edges.count(soft, truths, levels, float(tolerance))))
    return pa.concat_tables(parts).combine_chunks()


def _of_units(table: pa.Table, frames: pa.Table) -> list[np.ndarray]:
    """For each frame the rows of `table` that have its key, in order."""
    place = units.places(table, frames)
    order = np.argsort(place, kind="stable")
    bounds = np.searchsorted(place[order], np.arange(frames.num_rows + 1))
    return [order[start:stop] for start, stop in pairwise(bounds)]


def _truths(labels: pa.Table, rows: np.ndarray, frame: dict) -> np.ndarray:
    """bool [A, H, W]"""
    maps = []
    for row in rows:
        label = labels.slice(row, 1).to_pylist()[0]
        shape = label["height"], label["width"]
        _same_size(shape, (frame["height"], frame["width"]), frame)
        bits = np.frombuffer(label["boundary"], np.uint8)
        maps.append(np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).view(np.bool_))
    return np.stack(maps)


def _soft(prediction: dict) -> np.ndarray:
    values = edge_maps.decode(prediction["edges"], f"the prediction of {prediction['item']}")
    return edges.suppress(values) if prediction["suppress"] else values


def _same_size(got: tuple[int, ...], expected: tuple[int, ...], frame: dict) -> None:
    if tuple(got) != tuple(expected):
        sizes = " x ".join(map(str, expected[::-1])), " x ".join(map(str, got[::-1]))
        todo = "score maps of the images' own size against the boundaries of the same images"
        raise InvalidValue(f"edges of {frame['item']} in its size, {sizes[0]} pixels", f"{sizes[1]}", todo)


def _rows(frame: dict, levels: np.ndarray, counts: np.ndarray) -> pa.Table:
    keys = {name: [frame[name]] * len(levels) for name in units.KEYS}
    columns = dict(zip(COUNTS, counts.T, strict=True))
    return pa.table({**keys, "threshold": levels, **columns}, schema=TALLY)


def scores(tally: pa.Table) -> Callable[[np.ndarray | None], dict[str, float]]:
    """A tally -> weights of the images -> ODS, OIS, AP, R50, ODS_threshold, ODS_recall, ODS_precision, thresholds.

    ODS:   the best F of all images at one threshold, precision and recall interpolated between neighbouring thresholds.
    OIS:   F of the counts of each image at the threshold that is best for it.
    AP:    area under precision over recall, linear between the thresholds, over recalls 0, 0.01 ... 1 that they reach.
    R50:   recall where precision is 0.5, linear between the thresholds; NaN where it never is as low.
    thresholds:  how many there were.
    """
    if not tally.num_rows:
        return lambda weights: {}
    levels, counts = _by_image(tally)
    best = np.take_along_axis(counts, _f(*_recall_precision(counts)).argmax(axis=1)[:, None, None], axis=1)[:, 0]

    def weighted(weights: np.ndarray | None) -> dict[str, float]:
        scale = np.ones(len(counts)) if weights is None else np.asarray(weights, np.float64)
        recall, precision = _recall_precision(np.tensordot(scale, counts, axes=1))
        f, threshold, best_recall, best_precision = _best(levels, recall, precision)
        return {
            "ODS": f,
            "OIS": float(_f(*_recall_precision(scale @ best))),
            "AP": _area(recall, precision),
            "R50": _recall_at_half(recall, precision),
            "ODS_threshold": threshold,
            "ODS_recall": best_recall,
            "ODS_precision": best_precision,
            "thresholds": float(len(levels)),
        }

    return weighted


def outcomes(tally: pa.Table) -> pa.Table:
    """KEY columns and, per image, `best_f`: its highest F, interpolated between neighbouring thresholds."""
    found = units.of(tally)
    if not tally.num_rows:
        return found.append_column("best_f", pa.array([], pa.float64()))
    levels, counts = _by_image(tally)
    best = [_best(levels, *_recall_precision(each))[0] for each in counts]
    return found.append_column("best_f", pa.array(best, pa.float64()))


def as_labels(predictions: pa.Table) -> pa.Table:
    """BOUNDARIES with one annotator, 0: of each map what is an edge at a probability of 0.5, as scoring thins it."""
    rows = list(_labels(predictions))
    return pa.Table.from_pylist(rows, schema=BOUNDARIES)


def _labels(predictions: pa.Table) -> Iterator[dict]:
    for batch in predictions.select([*units.KEYS, *EDGES.names]).to_batches(max_chunksize=16):
        for row in batch.to_pylist():
            boundary = edges.thin(_soft(row) >= AGREEMENT_THRESHOLD)
            size = {"height": boundary.shape[0], "width": boundary.shape[1]}
            keys = {name: row[name] for name in units.KEYS}
            yield {**keys, "annotator": 0, **size, "boundary": np.packbits(boundary).tobytes()}


def _by_image(tally: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Thresholds [K], rising, and counts float64 [images, K, 4]."""
    levels, level = np.unique(tally["threshold"].to_numpy(), return_inverse=True)
    image = units.numbers(tally)
    counts = np.zeros((image.max() + 1, len(levels), len(COUNTS)))
    for column, name in enumerate(COUNTS):
        counts[image, level.reshape(-1), column] = tally[name].to_numpy()
    return levels, counts


def _recall_precision(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[..., 4] -> [...] and [...]; 0 of 0 is 0."""
    found_truth, truth, right, found = np.moveaxis(counts, -1, 0)
    return found_truth / np.where(truth > 0, truth, 1), right / np.where(found > 0, found, 1)


def _f(recall: np.ndarray, precision: np.ndarray) -> np.ndarray:
    total = recall + precision
    return 2 * recall * precision / np.where(total > 0, total, 1)


def _best(levels: np.ndarray, recall: np.ndarray, precision: np.ndarray) -> tuple[float, float, float, float]:
    """The highest F between or at the thresholds, and the threshold, recall and precision there."""
    lower, upper = slice(0, max(1, len(levels) - 1)), slice(min(1, len(levels) - 1), None)
    values = [each[lower, None] * (1 - _BETWEEN) + each[upper, None] * _BETWEEN for each in (levels, recall, precision)]
    f = _f(*values[1:])
    at = np.unravel_index(f.argmax(), f.shape)
    return float(f[at]), float(values[0][at]), float(values[1][at]), float(values[2][at])


def _area(recall: np.ndarray, precision: np.ndarray) -> float:
    reached, first = np.unique(recall, return_index=True)
    if len(reached) < 2:
        return float("nan")
    sampled = np.interp(np.arange(101) / 100, reached, precision[first], left=0, right=0)
    return float(sampled.sum() / 100)


def _recall_at_half(recall: np.ndarray, precision: np.ndarray) -> float:
    reached, first = np.unique(precision, return_index=True)
    if len(reached) < 2:
        return float("nan")
    return float(np.interp(max(reached[0], 0.5), reached, recall[first], right=np.nan))
