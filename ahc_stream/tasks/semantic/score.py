"""Mean intersection over union from tables: pure functions, no model and no device.

Definition: Everingham et al., "The Pascal Visual Object Classes Challenge", as torchvision's `references/segmentation`
has it. Of a class, over all pixels of all images together, IoU = right / (right + missed + false), where `right` have
it in both maps, `missed` in the true one alone and `false` in the found one alone; their mean is over the classes that
labels have, the background among them.

True maps are drawn from objects' masks, as torchvision draws them: each object in its class, nothing where two objects
overlap (such pixels count nowhere), and the background where there is none and where an object's class is unknown to
the model. They are drawn in the frame's size; torchvision's own numbers are of a shorter side of 520 pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ahc_stream.core.labels import KEY, MASKS
from ahc_stream.core.run_lengths import lengths_of, mask_of, packed, unpacked
from ahc_stream.tasks import units
from ahc_stream.tasks.score_entry import Score, share
from ahc_stream.tasks.segmentation import coco_masks
from ahc_stream.tasks.semantic.maps import class_map, classes_of

__all__ = ["CLASS_MAPS", "SCORES", "as_labels", "outcomes", "scores", "tally"]

BACKGROUND = "background"
"""The first class of every model."""
VOID = 255
"""Of a true map: what counts nowhere."""

CLASS_MAPS = pa.schema(
    [
        ("map", pa.binary()),  # grey PNG of the frame's size: the number of each pixel's class
        ("classes", pa.string()),  # the names, in the order of their numbers, joined by newlines
    ]
)
"""The classes of one frame's pixels."""

TALLY = pa.schema(
    [
        *KEY,
        ("class_name", pa.string()),  # null: no pixel of the image counts
        ("right", pa.int64()),  # pixels, as the definition has them
        ("missed", pa.int64()),
        ("false", pa.int64()),
    ]
)
"""One row per image and class that either map has; one row at least per image."""

SCORES: tuple[Score, ...] = (
    share("mIoU", headline=True),
    share("accuracy", "pixel accuracy", headline=True),
    share("iou_", "{} IoU", one_per="class"),
)

Values = NDArray[np.float64]
ClassMap = NDArray[np.uint8]


def tally(predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """TALLY of the evaluated frames; without a label to find in them, no rows. Arguments as `scoring.Scorer` has them;
    labels: `core.labels.MASKS`."""
    shown = labels.filter(pa.array(units.places(labels, units.of(frames)) >= 0))
    if not len(predictions) or not pc.any(pc.invert(shown["ignore"])).as_py():
        return TALLY.empty_table()
    found = {_key(row): row for row in predictions.to_pylist()}
    objects: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in coco_masks.drawn(shown, frames).to_pylist():
        objects.setdefault(_key(row), []).append(row)
    rows: list[dict[str, Any]] = []
    for frame in frames.select(units.KEYS).to_pylist():
        of_frame = found.get(_key(frame))
        if of_frame is not None:
            rows += _rows(frame, of_frame, objects.get(_key(frame), []))
    return pa.Table.from_pylist(rows, schema=TALLY)


def _rows(
    frame: Mapping[str, Any], found: Mapping[str, Any], objects: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    names = classes_of(found)
    pixels = class_map(found)
    truth = _drawn(objects, names, pixels.shape)
    counts = _confusion(truth, pixels, len(names))
    right, true, said = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    rows = [
        {**frame, "class_name": names[n], "right": right[n], "missed": true[n] - right[n], "false": said[n] - right[n]}
        for n in np.flatnonzero(true + said)
    ]
    return rows or [{**frame, "class_name": None, "right": 0, "missed": 0, "false": 0}]


def _drawn(objects: Sequence[Mapping[str, Any]], names: Sequence[str], shape: tuple[int, ...]) -> ClassMap:
    """The true map, uint8 [height, width]. A mask of another size is nowhere."""
    number_of = {name: number for number, name in enumerate(names)}
    truth = np.zeros(shape, np.uint8)
    covered = np.zeros(shape, bool)
    for each in objects:
        if each["class_name"] in number_of and (each["height"], each["width"]) == shape:
            mask = mask_of(unpacked(each["mask"]), *shape)
            truth[mask] = np.where(covered[mask], VOID, number_of[each["class_name"]])
            covered |= mask
    return truth


def _confusion(truth: ClassMap, found: ClassMap, classes: int) -> NDArray[np.int64]:
    """int64 [true class, found class]: how many pixels."""
    counts = truth != VOID
    pairs = truth[counts].astype(np.int64) * classes + found[counts]
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in units.KEYS)


def scores(tally: pa.Table) -> Callable[[Values | None], dict[str, float]]:
    """mIoU, accuracy (the share of pixels whose class is right) and `iou_<class>` of each class that labels have.

    Values are in [0, 1]; NaN of a class that no image with a weight has. An image of weight 2 counts as two such
    images. No rows: no values, an empty dict.
    """
    if not tally.num_rows:
        return lambda weights: {}
    image, images = units.numbers(tally), len(units.of(tally))
    names = pc.unique(tally["class_name"]).drop_null().to_pylist()
    column = pc.fill_null(pc.index_in(tally["class_name"], pa.array(names, pa.string())), len(names)).to_numpy()
    pixels = np.zeros((3, images, len(names) + 1))
    for number, kind in enumerate(("right", "missed", "false")):
        pixels[number, image, column] = tally[kind].to_numpy()
    labelled = sorted(n for n, has in enumerate((pixels[0] + pixels[1]).sum(axis=0)) if has)

    def of(weights: Values | None) -> dict[str, float]:
        weight = np.ones(images) if weights is None else weights
        right, missed, false = weight @ pixels
        with np.errstate(invalid="ignore"):
            iou = np.where(right + missed > 0, right / (right + missed + false), np.nan)
            accuracy = right.sum() / (right + missed).sum()
        of_labelled = iou[labelled]
        known = of_labelled[~np.isnan(of_labelled)]
        values = {"mIoU": float(known.mean()) if known.size else float("nan"), "accuracy": float(accuracy)}
        return values | {f"iou_{names[n]}": float(iou[n]) for n in labelled}

    return of


def outcomes(tally: pa.Table) -> pa.Table:
    """Per image `accuracy`, the share of its pixels whose class is right; 1 where none counts."""
    image, images = units.numbers(tally), units.of(tally)
    right, missed = (np.bincount(image, tally[name].to_numpy(), len(images)) for name in ("right", "missed"))
    all_pixels = right + missed
    accuracy = np.divide(right, all_pixels, out=np.ones(len(images)), where=all_pixels > 0)
    return images.append_column("accuracy", pa.array(accuracy))


def as_labels(predictions: pa.Table) -> pa.Table:
    """MASKS: of each frame one object for each class but the background that its map has, none to ignore."""
    rows = [row for frame in predictions.to_pylist() for row in _objects(frame)]
    return pa.Table.from_pylist(rows, schema=MASKS)


def _objects(frame: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    pixels, names = class_map(frame), classes_of(frame)
    key = {name: frame[name] for name in units.KEYS}
    for number in np.unique(pixels):
        if names[number] != BACKGROUND:
            mask = pixels == number
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            corners = {"x1": columns[0], "y1": rows[0], "x2": columns[-1] + 1, "y2": rows[-1] + 1}
            size = {"height": mask.shape[0], "width": mask.shape[1], "mask": packed(lengths_of(mask))}
            facts = {"track_id": -1, "class_name": names[number], "area": mask.sum(), "ignore": False}
            yield {**key, **facts, **corners, **size, "polygons": None}
