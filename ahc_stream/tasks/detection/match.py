"""Found boxes against true ones, image by image and class by class, as COCO's evaluation matches them.

The definition is that of cocodataset.org/#detection-eval and pycocotools' `COCOeval.evaluateImg`: IoU thresholds 0.50 to
0.95 by 0.05; the best 100 boxes per class of an image; all sizes, small (up to 32^2), medium (up to 96^2) and large, by
the area of labels (`core.labels.BOXES`) and of found boxes; what lies in a region to ignore counts neither for nor
against, and its overlap is its own share inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.labels import KEY
from ahc_stream.tasks import units

THRESHOLDS = np.linspace(0.5, 0.95, 10)
AREAS = {"": (0.0, 1e10), "_small": (0.0, 32.0**2), "_medium": (32.0**2, 96.0**2), "_large": (96.0**2, 1e10)}
"""Suffix of a score's name -> least and largest area in pixels^2."""
MOST_BOXES = 100
"""Boxes per class of an image that count, best scores first."""

TALLY = pa.schema(
    [
        *KEY,
        ("class_name", pa.string()),  # null: nothing to find and nothing found in this image
        ("labels", pa.list_(pa.int32(), len(AREAS))),  # boxes to find at each of AREAS
        ("scores", pa.list_(pa.float64())),  # of the found boxes, falling
        ("hits", pa.list_(pa.uint64())),  # of each: bit `area * 10 + threshold` is set where it is a hit
        ("passed", pa.list_(pa.uint64())),  # likewise where it counts neither for nor against
    ]
)
"""One row per image and class with boxes, in the order of images and classes; one row at least per image."""

Rows = Mapping[str, np.ndarray]
"""Boxes sorted by group, the image and class as one number, in columns: "group", the corners, and some of their own."""


class Starts(NamedTuple):
    """int64 [groups + 1] each: where the rows of each group start and end."""

    truth: np.ndarray
    found: np.ndarray


def tally(predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """TALLY, of the classes with a label to find in `frames`; without any, no rows. Arguments as `table.Scorer` says."""
    images = units.of(frames.select(units.KEYS)).sort_by([(name, "ascending") for name in units.KEYS])
    places = units.places(labels, images)
    names = pc.unique(labels["class_name"].filter(pa.array((places >= 0) & ~labels["ignore"].to_numpy())))
    names = names.take(pc.sort_indices(names))
    if not len(names):
        return TALLY.empty_table()
    truth = _sorted(labels, places, names, ("ignore", "area"))
    found = _best(_sorted(predictions, units.places(predictions, images), names, ("score",)))
    return _table(truth, found, images, names)


def _sorted(table: pa.Table, places: np.ndarray, names: pa.Array, columns: tuple[str, ...]) -> Rows:
    """The rows of `table` in the images and classes that count; best score first, else in the table's order."""
    classes = pc.fill_null(pc.index_in(table["class_name"], names), -1).to_numpy()
    keep = np.flatnonzero((places >= 0) & (classes >= 0))
    rows = {name: table[name].to_numpy()[keep] for name in ("x1", "y1", "x2", "y2", *columns)}
    rows["group"] = places[keep] * (len(names) + 1) + classes[keep]
    order = np.lexsort((-rows["score"], rows["group"]) if "score" in rows else (rows["group"],))
    return {name: values[order] for name, values in rows.items()}


def _best(found: Rows) -> Rows:
    """The first MOST_BOXES of each group."""
    _, starts, counts = np.unique(found["group"], return_index=True, return_counts=True)
    keep = np.arange(len(found["group"])) - np.repeat(starts, counts) < MOST_BOXES
    return {name: values[keep] for name, values in found.items()}


def _table(truth: Rows, found: Rows, images: pa.Table, names: pa.Array) -> pa.Table:
    groups = np.union1d(truth["group"], found["group"])
    without = np.setdiff1d(np.arange(images.num_rows), groups // (len(names) + 1))
    groups = np.union1d(groups, without * (len(names) + 1) + len(names))
    bounds = np.append(groups, np.iinfo(np.int64).max)
    starts = Starts(*(np.searchsorted(rows["group"], bounds) for rows in (truth, found)))
    outside = np.stack([truth["ignore"] | _is_outside(truth["area"], sizes) for sizes in AREAS.values()])
    hits, passed = _matched(truth, found, starts, outside)
    to_find = np.pad(np.cumsum(~outside, axis=1, dtype=np.int32), ((0, 0), (1, 0)))
    labels = np.diff(to_find[:, starts.truth], axis=1).T
    lists = [
        pa.ListArray.from_arrays(pa.array(starts.found, pa.int32()), pa.array(v))
        for v in (found["score"], hits, passed)
    ]
    arrays = [
        *(column.combine_chunks() for column in images.take(groups // (len(names) + 1)).columns),
        pa.concat_arrays([names, pa.nulls(1, pa.string())]).take(pa.array(groups % (len(names) + 1))),
        pa.FixedSizeListArray.from_arrays(labels.reshape(-1), len(AREAS)),
        *lists,
    ]
    return pa.table(arrays, schema=TALLY)


def _is_outside(area: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    return (area < bounds[0]) | (area > bounds[1])


def _matched(truth: Rows, found: Rows, starts: Starts, outside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from ahc_stream.kernels.box_match import Groups, match  # compiles: not needed to read a table of tasks

    found_outside = np.stack([_is_outside(_area(found), bounds) for bounds in AREAS.values()])
    overlaps = _overlaps(truth, found, starts)
    return match(Groups(starts.found, starts.truth, overlaps, truth["ignore"], outside, found_outside), THRESHOLDS)


def _overlaps(truth: Rows, found: Rows, starts: Starts) -> np.ndarray:
    """float64: IoU of each found box with the true ones of its group, group after group."""
    per_group, times = np.diff(starts.truth), np.diff(starts.found)
    per_box = np.repeat(per_group, times)  # true boxes beside each found one
    i = np.repeat(np.arange(len(per_box)), per_box)
    j = np.arange(len(i)) + np.repeat(np.repeat(starts.truth[:-1], times) - np.cumsum(per_box) + per_box, per_box)
    (width, height), own, other = _common(found, truth, i, j), _area(found)[i], _area(truth)[j]
    common = width * height
    union = np.where(truth["ignore"][j], own, own + other - common)
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def _common(found: Rows, truth: Rows, i: np.ndarray, j: np.ndarray) -> Iterator[np.ndarray]:
    """Width and height of what found box i and true box j share. An end is the corner plus the side, as pycocotools,
    which gets corner and sides, has it: it may differ from x2 in the last bit."""
    for low, high in (("x1", "x2"), ("y1", "y2")):
        ends = [(rows[low] + (rows[high] - rows[low]))[at] for rows, at in ((found, i), (truth, j))]
        yield np.maximum(np.minimum(*ends) - np.maximum(found[low][i], truth[low][j]), 0)


def _area(rows: Rows) -> np.ndarray:
    return (rows["x2"] - rows["x1"]) * (rows["y2"] - rows["y1"])
