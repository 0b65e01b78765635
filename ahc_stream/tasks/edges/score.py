"""Edges scored as the Berkeley Segmentation Data Set and Benchmark scores them: ODS, OIS and AP, from tables.

Definition: P. Arbelaez et al., "Contour Detection and Hierarchical Image Segmentation" (PAMI 2011) after D. Martin,
C. Fowlkes, J. Malik (PAMI 2004). At each threshold a map is binarised, thinned and matched to each annotator's
boundaries, one to one within a tolerance. Precision: of the map's pixels, those that any annotator has; recall: of all
annotators' pixels, those found. Soft maps that are not thin lose what is no ridge first, as in P. Dollar, C. L. Zitnick
(PAMI 2015) and the papers since. `kernels.edges` holds the steps; it is compiled, so it is imported where it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.labels import BOUNDARIES, KEY
from ahc_stream.core.threads import budget
from ahc_stream.tasks import units
from ahc_stream.tasks.edges import maps as edge_maps
from ahc_stream.tasks.edges.curves import Values, area, best_f, f_measure, recall_and_precision, recall_at_half
from ahc_stream.tasks.score_entry import Score, share

EDGES = pa.schema(
    [
        ("edges", pa.binary()),  # PNG, 8-bit grey: the probability of an edge, 255 is 1
        ("suppress", pa.bool_()),  # soft across its edges: scoring suppresses what is no ridge first
    ]
)
"""The edge map of a frame, one row each."""

SCORES: tuple[Score, ...] = (
    share("ODS", headline=True),
    share("OIS", headline=True),
    # The original's own edges are one threshold of the very map that is scored: precision over recall says nothing.
    share("AP", headline=True, needs_labels=True),
    share("R50", needs_labels=True),
    share("ODS_threshold"),
    share("ODS_recall"),
    share("ODS_precision"),
    Score("thresholds", decimals=0, is_share=False),
)

COUNTS = ("found_truth", "truth", "right", "edges")
TALLY = pa.schema([*KEY, ("threshold", pa.float64()), *((name, pa.int64()) for name in COUNTS)])
"""One row per image and threshold. truth: annotators' pixels, found_truth: those matched; edges: pixels of the thinned
map, right: those matched to any annotator."""

THRESHOLDS = 99
TOLERANCE = 0.0075
AGREEMENT_THRESHOLD = 0.5

Row = Mapping[str, Any]


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
    from ahc_stream.kernels import edges

    levels = np.arange(1, int(thresholds) + 1) / (int(thresholds) + 1)
    map_rows, label_rows = _rows_by_frame(predictions, frames), _rows_by_frame(labels, frames)
    parts = [TALLY.empty_table()]
    for frame, rows, annotators in zip(frames.to_pylist(), map_rows, label_rows, strict=True):
        if not len(annotators):
            continue
        truths = _truths(labels, annotators, frame)
        soft = _soft(_row(predictions, rows[0])) if len(rows) else np.zeros(truths.shape[1:])
        _check_size(soft.shape, truths.shape[1:], frame)
        parts.append(_tally_of(frame, levels, edges.count(soft, truths, levels, float(tolerance), budget())))
    return pa.concat_tables(parts).combine_chunks()


def _rows_by_frame(table: pa.Table, frames: pa.Table) -> list[NDArray[np.int64]]:
    """For each frame the numbers of the rows of `table` that have its key, in order."""
    frame_of_row = units.places(table, frames)
    order = np.argsort(frame_of_row, kind="stable")
    bounds = np.searchsorted(frame_of_row[order], np.arange(frames.num_rows + 1))
    return [order[start:stop] for start, stop in pairwise(bounds)]


def _row(table: pa.Table, number: int) -> Row:
    row: Row = table.slice(number, 1).to_pylist()[0]
    return row


def _truths(labels: pa.Table, rows: NDArray[np.int64], frame: Row) -> NDArray[np.bool_]:
    """bool [A, H, W]: the boundaries of each annotator. Raises InvalidValue for one that is not of the frame's size."""
    boundaries = []
    for number in rows:
        label = _row(labels, number)
        _check_size((label["height"], label["width"]), (frame["height"], frame["width"]), frame)
        boundaries.append(edge_maps.boundary(label))
    return np.stack(boundaries)


def _soft(prediction: Row) -> NDArray[np.float32] | Values:
    """[H, W] in [0, 1]: the map of a prediction, less what is no ridge where that is to go."""
    from ahc_stream.kernels import edges

    values = edge_maps.decode(prediction["edges"], f"the prediction of {prediction['item']}")
    return edges.suppress(values) if prediction["suppress"] else values


def _check_size(got: tuple[int, ...], expected: tuple[int, ...], frame: Row) -> None:
    if got == expected:
        return
    expected_size, got_size = (" x ".join(str(side) for side in reversed(shape)) for shape in (expected, got))
    todo = "score maps of the images' own size against the boundaries of the same images"
    raise InvalidValue(f"edges of {frame['item']} in its size, {expected_size} pixels", got_size, todo)


def _tally_of(frame: Row, levels: Values, counts: NDArray[np.int64]) -> pa.Table:
    """TALLY of one image; counts: int64 [K, 4] as COUNTS names them."""
    keys = {name: [frame[name]] * len(levels) for name in units.KEYS}
    columns = dict(zip(COUNTS, counts.T, strict=True))
    return pa.table({**keys, "threshold": levels, **columns}, schema=TALLY)


def scores(tally: pa.Table) -> Callable[[Values | None], dict[str, float]]:
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
    best_level = f_measure(*recall_and_precision(counts)).argmax(axis=1)
    best = counts[np.arange(len(counts)), best_level]

    def weighted(weights: Values | None) -> dict[str, float]:
        scale = np.ones(len(counts)) if weights is None else np.asarray(weights, np.float64)
        recall, precision = recall_and_precision(np.tensordot(scale, counts, axes=1))
        optimum = best_f(levels, recall, precision)
        return {
            "ODS": optimum.f,
            "OIS": float(f_measure(*recall_and_precision(scale @ best))),
            "AP": area(recall, precision),
            "R50": recall_at_half(recall, precision),
            "ODS_threshold": optimum.threshold,
            "ODS_recall": optimum.recall,
            "ODS_precision": optimum.precision,
            "thresholds": float(len(levels)),
        }

    return weighted


def outcomes(tally: pa.Table) -> pa.Table:
    """KEY columns and, per image, `best_f`: its highest F, interpolated between neighbouring thresholds."""
    images = units.of(tally)
    if not tally.num_rows:
        return images.append_column("best_f", pa.array([], pa.float64()))
    levels, counts = _by_image(tally)
    best = [best_f(levels, *recall_and_precision(of_image)).f for of_image in counts]
    return images.append_column("best_f", pa.array(best, pa.float64()))


def as_labels(predictions: pa.Table) -> pa.Table:
    """BOUNDARIES with one annotator, 0: of each map what is an edge at a probability of 0.5, as scoring thins it."""
    rows = list(_labels(predictions))
    return pa.Table.from_pylist(rows, schema=BOUNDARIES)


def _labels(predictions: pa.Table) -> Iterator[Row]:
    from ahc_stream.kernels import edges

    for batch in predictions.select([*units.KEYS, *EDGES.names]).to_batches(max_chunksize=16):
        for row in batch.to_pylist():
            boundary = edges.thin(_soft(row) >= AGREEMENT_THRESHOLD)
            size = {"height": boundary.shape[0], "width": boundary.shape[1]}
            keys = {name: row[name] for name in units.KEYS}
            yield {**keys, "annotator": 0, **size, "boundary": np.packbits(boundary).tobytes()}


def _by_image(tally: pa.Table) -> tuple[Values, Values]:
    """Thresholds [K], rising, and counts float64 [images, K, 4]."""
    levels, level = np.unique(tally["threshold"].to_numpy(), return_inverse=True)
    image = units.numbers(tally)
    counts = np.zeros((image.max() + 1, len(levels), len(COUNTS)))
    for column, name in enumerate(COUNTS):
        counts[image, level.reshape(-1), column] = tally[name].to_numpy()
    return levels, counts
