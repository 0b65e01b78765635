"""Average precision of many classes, areas and thresholds under weights of the images, prepared once for many weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .compiled import compiled

RECALLS = np.linspace(0.0, 1.0, 101)


class Ranking(NamedTuple):
    """Found boxes, class by class with the best score first, and where a curve of precision bends.

    Most boxes are false at every threshold of an area, or count nowhere, so a curve is a sum over all boxes but for a
    few: `events`, which are hits, or boxes that are false here and not counted in the sum, or the other way round.

    starts:   int64 [classes + 1], where each class's boxes start and end.
    counted:  bool [boxes, areas]: false, unless an event says otherwise.
    events:   int64 [classes x areas x thresholds + 1], where the events of each curve start and end.
    place:    int64 [events], the box; in a curve, rising.
    hit:      bool [events].
    change:   int8 [events]: what the event adds to the count of false boxes.
    """

    starts: np.ndarray
    counted: np.ndarray
    events: np.ndarray
    place: np.ndarray
    hit: np.ndarray
    change: np.ndarray


def ranking(starts: np.ndarray, hits: np.ndarray, passed: np.ndarray, areas: int, thresholds: int) -> Ranking:
    """hits, passed: uint64 [boxes] as `box_match.match` gives them; starts: int64 [classes + 1]."""
    counted = np.stack([~_bit(passed, (area + 1) * thresholds - 1) for area in range(areas)], axis=1)
    number = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    parts = []
    for curve in range(areas * thresholds):
        hit, base = _bit(hits, curve), counted[:, curve // thresholds]
        change = (~hit & ~_bit(passed, curve)).astype(np.int8) - base
        place = np.flatnonzero(hit | (change != 0))
        parts.append((number[place] * (areas * thresholds) + curve, place, hit[place], change[place]))
    curve, place, hit, change = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(curve, kind="stable")
    events = np.searchsorted(curve[order], np.arange((len(starts) - 1) * areas * thresholds + 1))
    return Ranking(starts, counted, events, place[order], hit[order], change[order])


def _bit(bits: np.ndarray, number: int) -> np.ndarray:
    return (bits >> np.uint64(number)) & np.uint64(1) > 0


def average_precision(ranked: Ranking, weights: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
def _average_precision(starts, counted, events, place, hit, change, weights, labels, recalls, precision, recall):
    classes, areas, thresholds = precision.shape
    false, reached, kept = np.empty(len(weights)), np.empty(len(place)), np.empty(len(place))
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
                of_curve = weights[place[a:b]], false[place[a:b]], hit[a:b], change[a:b]
                count = _curve(*of_curve, labels[c, area], reached, kept)
                precision[c, area, t] = _mean_precision(reached, kept, count, recalls)
                recall[c, area, t] = reached[count - 1] if count else 0.0


@compiled
def _curve(weights, false, hit, change, labels, reached, kept):
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
def _mean_precision(reached, kept, count, recalls):
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
