"""What COCO's annotations say of an object beside its box: `segmentation`, its mask, and `keypoints`.

segmentation   a list of polygons, each x, y, x, y ... of three corners or more in pixels; or run lengths: an object
               of `size`, height and width, and `counts`, a list of whole numbers or COCO's text of them
keypoints      x, y, v of each; v is 0 unlabelled, 1 hidden, 2 visible
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ahc_stream.core.run_lengths import packed, unpacked
from ahc_stream.datasets.fields import FURTHEST

Polygons = tuple[tuple[float, ...], ...]

_CORNERS = 3
_VISIBILITIES = (0, 1, 2)


class CocoMask(NamedTuple):
    """Polygons; or, without any, run lengths of height x width pixels in COCO's text (`core.run_lengths`)."""

    polygons: Polygons = ()
    height: int = 0
    width: int = 0
    counts: bytes = b""


def read_mask(segmentation: object) -> CocoMask | None:
    """None where nothing is drawn: null, an empty list. Raises ValueError for what is neither of the two forms."""
    if segmentation is None or segmentation == [] or segmentation == [[]]:
        return None
    if isinstance(segmentation, dict):
        return _of_runs(segmentation)
    if not isinstance(segmentation, list):
        raise ValueError("no list of polygons")
    return CocoMask(polygons=tuple(_polygon(corners) for corners in segmentation))


def read_keypoints(keypoints: object) -> tuple[float, ...] | None:
    """x, y, v of each; None where nothing is said. Raises ValueError for what is no such list."""
    if keypoints is None or keypoints == []:
        return None
    numbers = _numbers(keypoints)
    if len(numbers) % 3 or any(v not in _VISIBILITIES for v in numbers[2::3]):
        raise ValueError("no x, y, v of each keypoint")
    return numbers


def _polygon(corners: object) -> tuple[float, ...]:
    numbers = _numbers(corners)
    if len(numbers) % 2 or len(numbers) < 2 * _CORNERS:
        raise ValueError("no x, y of three corners or more")
    return numbers


def _numbers(values: object) -> tuple[float, ...]:
    """Coordinates of a picture; NaN and truth values are none."""
    if not isinstance(values, list) or not values or not {*map(type, values)} <= {int, float}:
        raise ValueError("no list of numbers")
    if not (min(values) >= -FURTHEST and max(values) <= FURTHEST) or math.isnan(sum(values)):
        raise ValueError("a number beyond any picture")
    return tuple(map(float, values))


def _of_runs(runs: dict[str, object]) -> CocoMask:
    size, counts = runs.get("size"), runs.get("counts")
    if not isinstance(size, list) or [*map(type, size)] != [int, int] or not all(0 < side <= FURTHEST for side in size):
        raise ValueError("no size of run lengths")
    if isinstance(counts, str):
        text = counts.encode("ascii", "replace")
        lengths = unpacked(text)
    elif isinstance(counts, list) and {*map(type, counts)} <= {int}:
        if not all(0 <= count <= FURTHEST**2 for count in counts):
            raise ValueError("a run of no length that a picture has")
        lengths = np.array(counts, np.int64)
        text = packed(lengths)
    else:
        raise ValueError("no run lengths")
    height, width = size
    if lengths.sum() != height * width:
        raise ValueError("run lengths of another size")
    return CocoMask(height=height, width=width, counts=text)
