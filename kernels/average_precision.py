"""Average precision of many classes, areas and thresholds, prepared once for many weights of the images
(precision_curves.hpp)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._native import PrecisionCurves
from .arrays import Float64Array, Int32Array, Int64Array, Uint64Array
from .processors import processors

RECALLS = np.linspace(0.0, 1.0, 101)
EVERYWHERE = np.zeros(0)


class RankedBoxes(NamedTuple):
    """Found boxes, class by class with the best score first.

    starts:         int64 [classes + 1], where each class's boxes start and end.
    image:          int64 [boxes], the image that each is in.
    hits, ignored:  uint64 [boxes], as `box_match.match` gives them.
    """

    starts: Int64Array
    image: Int64Array
    hits: Uint64Array
    ignored: Uint64Array


class BoxesToFind(NamedTuple):
    """class_number, image: int64 [rows]. boxes: int32 [rows, areas], how many of that class are in that image."""

    class_number: Int64Array
    image: Int64Array
    boxes: Int32Array


class AveragePrecision:
    """The curves of precision over recall of found boxes, under any weights of the images."""

    def __init__(self, found: RankedBoxes, to_find: BoxesToFind, thresholds: int, images: int) -> None:
        """Raises ValueError for arrays that do not fit one another, and for more than 63 thresholds over all areas."""
        self._curves = PrecisionCurves(*found, *to_find, thresholds, images)
        self._shape = len(found.starts) - 1, to_find.boxes.shape[1], thresholds

    def __call__(
        self, weights: Float64Array, threads: int | None = None, recalls: Float64Array = RECALLS
    ) -> tuple[Float64Array, Float64Array]:
        """float64 [draws, classes, areas, thresholds] twice: mean precision at the recalls, and the last recall.

        weights:  float64 [draws, images], at least 0.
        threads:  at most so many; None: one per processor that this process may use. No number depends on it.
        recalls:  even from 0 to 1, COCO's 101 unless told otherwise; EVERYWHERE: the mean over all recalls, which is
                  the area below the curve.

        Precision at a recall is the best one at that recall or a higher one; 0 where the recall is not reached. Where
        there is nothing to find both results are NaN.
        """
        precision = np.empty((len(weights), *self._shape))
        recall = np.empty_like(precision)
        self._curves.measure(np.ascontiguousarray(weights), recalls, threads or processors(), precision, recall)
        return precision, recall
