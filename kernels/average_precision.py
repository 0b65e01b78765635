"""Average precision of many classes, areas and thresholds under weights of the images, from one sorted list each."""

from __future__ import annotations

import numpy as np

from .compiled import compiled

RECALLS = np.linspace(0.0, 1.0, 101)


def average_precision(
    starts: np.ndarray, weights: np.ndarray, hits: np.ndarray, passed: np.ndarray, labels: np.ndarray, thresholds: int
) -> tuple[np.ndarray, np.ndarray]:
    """float64 [classes, areas, thresholds] twice: mean precision at the 101 recalls 0, 0.01 ... 1, and the last recall.

    starts:        int64 [classes + 1], where each class's found boxes start and end, best score first.
    weights:       float64 [found boxes], of the image that each is in.
    hits, passed:  uint64 [found boxes], as `box_match.match` gives them.
    labels:        float64 [classes, areas], the weighted number of boxes to find; where it is 0 both results are NaN.

    Precision at a recall is the best one at that recall or a higher one; 0 where the recall is not reached.
    """
    shape = (*labels.shape, thresholds)
    precision, recall = np.full(shape, np.nan), np.full(shape, np.nan)
    _average_precision(starts, weights, hits, passed, labels, RECALLS, precision, recall)
    return precision, recall


@compiled
def _average_precision(starts, weights, hits, passed, labels, recalls, precision, recall):
    classes, areas, thresholds = precision.shape
    reached, kept = np.empty(len(weights)), np.empty(len(weights))  # at each hit: recall, precision
    for c in range(classes):
        a, b = starts[c], starts[c + 1]
        for area in range(areas):
            if labels[c, area] <= 0:
                continue
            for t in range(thresholds):
                bit = np.uint64(1) << np.uint64(area * thresholds + t)
                count = _curve(weights[a:b], hits[a:b], passed[a:b], bit, labels[c, area], reached, kept)
                precision[c, area, t] = _mean_precision(reached, kept, count, recalls)
                recall[c, area, t] = reached[count - 1] if count else 0.0


@compiled
def _curve(weights, hits, passed, bit, labels, reached, kept):
    """Recall and precision after each hit; how many there are."""
    true, false, count = 0.0, 0.0, 0
    for i in range(len(weights)):
        if weights[i] == 0 or passed[i] & bit:
            continue
        if hits[i] & bit:
            true += weights[i]
            reached[count], kept[count] = true / labels, true / (true + false)
            count += 1
        else:
            false += weights[i]
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
