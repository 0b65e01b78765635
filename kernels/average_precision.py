"""Average precision of many classes, areas and thresholds, prepared once for many weights of the images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .arrays import BoolArray, Float64Array, Int8Array, Int64Array, Number, Uint64Array
from .compiled import compiled

RECALLS = np.linspace(0.0, 1.0, 101)


class Ranking(NamedTuple):
    """Found boxes, class by class with the best score first, and where a curve of precision bends.

    Most boxes are false at every threshold of an area, or count nowhere, so a curve is a sum over all boxes but for a
    few: `events`, which are hits, or boxes that are false here and not counted in the sum, or the other way round.

    starts:   int64 [classes + 1], where each class's boxes start and end.
    counted:  bool [boxes, areas]: false, unless an event says otherwise.
    events:   int64 [classes x areas x thresholds + 1], where the events of each curve start and end.
    box:      int64 [events], which box it is; in a curve, rising.
    hit:      bool [events].
    change:   int8 [events]: what the event adds to the count of false boxes.
    """

    starts: Int64Array
    counted: BoolArray
    events: Int64Array
    box: Int64Array
    hit: BoolArray
    change: Int8Array


def ranking(starts: Int64Array, hits: Uint64Array, ignored: Uint64Array, areas: int, thresholds: int) -> Ranking:
    """hits, ignored: uint64 [boxes] as `box_match.match` gives them; starts: int64 [classes + 1]."""
    counted = np.stack([~_bit(ignored, (area + 1) * thresholds - 1) for area in range(areas)], axis=1)
    number = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    of_curves = []
    for curve in range(areas * thresholds):
        hit, base = _bit(hits, curve), counted[:, curve // thresholds]
        change = (~hit & ~_bit(ignored, curve)).astype(np.int8) - base
        box = np.flatnonzero(hit | (change != 0))
        of_curves.append((number[box] * (areas * thresholds) + curve, box, hit[box], change[box]))
    curves, box, hit, change = (np.concatenate(column) for column in zip(*of_curves, strict=True))
    order = np.argsort(curves, kind="stable")
    events = np.searchsorted(curves[order], np.arange((len(starts) - 1) * areas * thresholds + 1))
    return Ranking(starts, counted, events, box[order], hit[order], change[order])


def _bit(bits: Uint64Array, number: int) -> BoolArray:
    return (bits >> np.uint64(number)) & np.uint64(1) > 0


def average_precision(
    ranked: Ranking, weights: Float64Array, labels: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """float64 [classes, areas, thresholds] twice: mean precision at the 101 recalls 0, 0.01 ... 1, and the last recall.

    weights:  float64 [boxes], of the image that each is in.
    labels:   float64 [classes, areas], the weighted number of boxes to find; where it is 0 both results are NaN.

    Precision at a recall is the best one at that recall or a higher one; 0 where the recall is not reached.
    """
    thresholds = (len(ranked.events) - 1) // labels.size if labels.size else 0
    shape = (*labels.shape, thresholds)
    precision, recall = np.full(shape, np.nan), np.full(shape, np.nan)
    _average_precision(*ranked, weights, labels, RECALLS, precision, recall)
    return precision, recall


@compiled
def _average_precision(
    starts: Int64Array,
    counted: BoolArray,
    events: Int64Array,
    box: Int64Array,
    hit: BoolArray,
    change: Int8Array,
    weights: Float64Array,
    labels: Float64Array,
    recalls: Float64Array,
    precision: Float64Array,
    recall: Float64Array,
) -> None:
    classes, areas, thresholds = precision.shape
    false, reached, kept = np.empty(len(weights)), np.empty(len(box)), np.empty(len(box))
    for c in range(classes):
        for area in range(areas):
            if labels[c, area] <= 0:
                continue
            total = 0.0
            for i in range(starts[c], starts[c + 1]):
                total += weights[i] * counted[i, area]
                false[i] = total
            for t in range(thresholds):
                a, b = events[(c * areas + area) * thresholds + t], events[(c * areas + area) * thresholds + t + 1]
                of_curve = weights[box[a:b]], false[box[a:b]], hit[a:b], change[a:b]
                count = _curve(*of_curve, labels[c, area], reached, kept)
                precision[c, area, t] = _mean_precision(reached, kept, count, recalls)
                recall[c, area, t] = reached[count - 1] if count else 0.0


@compiled
def _curve(
    weights: Float64Array,
    false: Float64Array,
    hit: BoolArray,
    change: Int8Array,
    labels: Number,
    reached: Float64Array,
    kept: Float64Array,
) -> int:
    """Recall and precision after each hit (`reached` and `kept`, filled from the start); how many there are."""
    true, changed, count = 0.0, 0.0, 0
    for k in range(len(weights)):
        changed += weights[k] * change[k]
        if hit[k] and weights[k] > 0:
            true += weights[k]
            reached[count], kept[count] = true / labels, true / (true + false[k] + changed)
            count += 1
    return count


@compiled
def _mean_precision(reached: Float64Array, kept: Float64Array, count: int, recalls: Float64Array) -> Number:
    total, best, r = 0.0, 0.0, len(recalls) - 1
    if count:
        while r >= 0 and recalls[r] > reached[count - 1]:
            r -= 1
    for k in range(count - 1, -1, -1):
        best = max(best, kept[k])
        while r >= 0 and (k == 0 or recalls[r] > reached[k - 1]):
            total += best
            r -= 1
    return total / len(recalls)
