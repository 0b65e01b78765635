"""Found objects against true ones, image by image and class by class, as COCO's evaluation matches them.

Objects are boxes here; `Likeness` says what a task of masks or keypoints has in place of their IoU. The definition is
that of cocodataset.org/#detection-eval and pycocotools' `COCOeval.evaluateImg`: IoU thresholds 0.50 to 0.95 by 0.05;
the best 100 boxes per class of an image; all sizes, small (up to 32^2), medium (up to 96^2) and large, by the area of
labels (`core.labels.BOXES`) and of found boxes; what lies in a region to ignore counts neither for nor against, and its
overlap is its own share inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ahc_stream.core.labels import KEY
from ahc_stream.core.threads import budget
from ahc_stream.tasks import units

if TYPE_CHECKING:
    from ahc_stream.kernels.box_match import Groups

THRESHOLDS = np.linspace(0.5, 0.95, 10)
AREAS = {"": (0.0, 1e10), "_small": (0.0, 32.0**2), "_medium": (32.0**2, 96.0**2), "_large": (96.0**2, 1e10)}
"""Suffix of a score's name -> least and largest area in pixels^2."""
MOST_BOXES = 100
"""Boxes per class of an image that count, best scores first."""
CORNERS = ("x1", "y1", "x2", "y2")

TALLY = pa.schema(
    [
        *KEY,
        ("class_name", pa.string()),  # null: nothing to find and nothing found in this image
        ("labels", pa.list_(pa.int32(), len(AREAS))),  # boxes to find at each of AREAS
        ("scores", pa.list_(pa.float64())),  # of the found boxes, falling
        ("hits", pa.list_(pa.uint64())),  # of each: bit `area * 10 + threshold` is set where it is a hit
        ("passed", pa.list_(pa.uint64())),  # likewise where it is ignored: it counts neither for nor against
    ]
)
"""One row per image and class with boxes, in the order of images and classes; one row at least per image."""

Boxes = Mapping[str, NDArray[Any]]
"""Boxes sorted by group, the image and class as one number, in columns: "group", the corners, and some of their own."""

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Bits = NDArray[np.uint64]


class Starts(NamedTuple):
    """int64 [groups + 1] each: where the rows of each group start and end."""

    truth: Numbers
    found: Numbers


Matching = Callable[["Groups", Values], tuple[Bits, Bits]]
"""Groups, thresholds -> hits and ignored objects, as `kernels.box_match.match` gives them."""


@dataclass(frozen=True)
class Likeness:
    """How alike found and true objects are, and which of them count.

    of_found:    columns of predictions that the functions read, beside `score`.
    of_truth:    columns of labels that they read, beside `ignore` and `area`.
    most:        objects per class of an image that count, best scores first.
    overlaps:    found, true -> float64, 0..1: of each found object with the true ones of its group, group after group.
    area:        found -> float64 [found], in pixels^2.
    unlabelled:  labels -> bool [labels]: not to be found, though no region to ignore either; None: none of them.
    matching:    which found object is which true one; None: COCO's rule.
    """

    of_found: tuple[str, ...]
    of_truth: tuple[str, ...]
    most: int
    overlaps: Callable[[Boxes, Boxes, Starts], Values]
    area: Callable[[Boxes], Values]
    unlabelled: Callable[[pa.Table], Flags] | None = None
    matching: Matching | None = None


def tally(predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """TALLY, of the classes with a label to find in `frames`; without any, no rows. Arguments as `scoring.Scorer` has
    them."""
    return tally_of(BY_BOXES, predictions, labels, frames)


def tally_of(likeness: Likeness, predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """The same of other objects than boxes."""
    images = units.of(frames.select(units.KEYS)).sort_by([(name, "ascending") for name in units.KEYS])
    places = units.places(labels, images)
    passed = labels["ignore"].to_numpy() | (likeness.unlabelled(labels) if likeness.unlabelled else False)
    names = pc.unique(labels["class_name"].filter(pa.array((places >= 0) & ~passed)))
    names = names.take(pc.sort_indices(names))
    if not len(names):
        return TALLY.empty_table()
    truth = _sorted(labels.append_column("passed", pa.array(passed)), places, names, (*likeness.of_truth, *_OF_TRUTH))
    everything = _sorted(predictions, units.places(predictions, images), names, (*likeness.of_found, "score"))
    found = _best(everything, likeness.most)
    return _table(likeness, truth, found, images, names)


_OF_TRUTH = ("ignore", "passed", "area")


def _sorted(table: pa.Table, places: Numbers, names: pa.Array, columns: tuple[str, ...]) -> Boxes:
    """The rows of `table` in the images and classes that count; best score first, else in the table's order."""
    classes = pc.fill_null(pc.index_in(table["class_name"], names), -1).to_numpy()
    keep = np.flatnonzero((places >= 0) & (classes >= 0))
    rows = {name: table[name].to_numpy()[keep] for name in columns}
    rows["group"] = places[keep] * (len(names) + 1) + classes[keep]
    keys = (-rows["score"], rows["group"]) if "score" in rows else (rows["group"],)
    order = np.lexsort(keys)
    return {name: values[order] for name, values in rows.items()}


def _best(found: Boxes, most: int) -> Boxes:
    """The first `most` of each group."""
    _, starts, counts = np.unique(found["group"], return_index=True, return_counts=True)
    rank = np.arange(len(found["group"])) - np.repeat(starts, counts)
    return {name: values[rank < most] for name, values in found.items()}


def _table(likeness: Likeness, truth: Boxes, found: Boxes, images: pa.Table, names: pa.Array) -> pa.Table:
    """TALLY of the groups with boxes, and of one more group for each image that has none: its class is null."""
    per_image = len(names) + 1
    with_boxes = np.union1d(truth["group"], found["group"])
    images_without = np.setdiff1d(np.arange(images.num_rows), with_boxes // per_image)
    groups = np.union1d(with_boxes, images_without * per_image + len(names))
    bounds = np.append(groups, np.iinfo(np.int64).max)
    starts = Starts(np.searchsorted(truth["group"], bounds), np.searchsorted(found["group"], bounds))

    outside = np.stack([truth["passed"] | _is_outside(truth["area"], sizes) for sizes in AREAS.values()])
    hits, ignored = _matched(likeness, truth, found, starts, outside)
    of_found = [
        pa.ListArray.from_arrays(pa.array(starts.found, pa.int32()), pa.array(values))
        for values in (found["score"], hits, ignored)
    ]
    class_names = pa.concat_arrays([names, pa.nulls(1, pa.string())]).take(pa.array(groups % per_image))
    arrays = [
        *(column.combine_chunks() for column in images.take(groups // per_image).columns),
        class_names,
        pa.FixedSizeListArray.from_arrays(_labels_to_find(outside, starts).reshape(-1), len(AREAS)),
        *of_found,
    ]
    return pa.table(arrays, schema=TALLY)


def _labels_to_find(outside: Flags, starts: Starts) -> NDArray[np.int32]:
    """int32 [groups, areas]; outside: bool [areas, labels]."""
    until = np.pad(np.cumsum(~outside, axis=1, dtype=np.int32), ((0, 0), (1, 0)))
    return np.diff(until[:, starts.truth], axis=1).T


def _is_outside(area: Values, sizes: tuple[float, float]) -> Flags:
    least, largest = sizes
    return (area < least) | (area > largest)


def _matched(likeness: Likeness, truth: Boxes, found: Boxes, starts: Starts, outside: Flags) -> tuple[Bits, Bits]:
    """Hits and ignored boxes among those found, as TALLY has them."""
    from ahc_stream.kernels.box_match import Groups, match  # the extension: not needed to read a table of tasks

    area = likeness.area(found)
    found_outside = np.stack([_is_outside(area, sizes) for sizes in AREAS.values()])
    overlaps = likeness.overlaps(found, truth, starts)
    groups = Groups(starts.found, starts.truth, overlaps, truth["ignore"], outside, found_outside)
    return likeness.matching(groups, THRESHOLDS) if likeness.matching else match(groups, THRESHOLDS, budget())


def _overlaps(found: Boxes, truth: Boxes, starts: Starts) -> Values:
    """float64: IoU of each found box with the true ones of its group, group after group."""
    i, j = pairs(starts)
    common = _common_length("x1", "x2", truth, found, i, j) * _common_length("y1", "y2", truth, found, i, j)
    area, true_area = _area(found)[i], _area(truth)[j]
    union = np.where(truth["ignore"][j], area, area + true_area - common)
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def pairs(starts: Starts) -> tuple[Numbers, Numbers]:
    """Rows of found and of true boxes: each found box with every true one of its group, in order."""
    true_per_group, found_per_group = np.diff(starts.truth), np.diff(starts.found)
    true_per_box = np.repeat(true_per_group, found_per_group)
    i = np.repeat(np.arange(len(true_per_box)), true_per_box)
    first_true = np.repeat(starts.truth[:-1], found_per_group)
    first_pair = np.cumsum(true_per_box) - true_per_box
    j = np.arange(len(i)) + np.repeat(first_true - first_pair, true_per_box)
    return i, j


def _common_length(low: str, high: str, truth: Boxes, found: Boxes, i: Numbers, j: Numbers) -> Values:
    """What found box i and true box j share of one axis. An end is the corner plus the side, as pycocotools, which gets
    corner and sides, has it: it may differ from x2 in the last bit."""
    end_of_found = (found[low] + (found[high] - found[low]))[i]
    end_of_true = (truth[low] + (truth[high] - truth[low]))[j]
    end, start = np.minimum(end_of_found, end_of_true), np.maximum(found[low][i], truth[low][j])
    length: Values = np.maximum(end - start, 0)
    return length


def _area(boxes: Boxes) -> Values:
    area: Values = (boxes["x2"] - boxes["x1"]) * (boxes["y2"] - boxes["y1"])
    return area


BY_BOXES = Likeness(CORNERS, CORNERS, MOST_BOXES, _overlaps, _area)
"""Of detection."""
