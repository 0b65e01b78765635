"""Which lines make the reading of an image, and in which order: geometry alone, never the text that was to be read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_SHARE = 0.5  # of the tallest line's height: less is small print beside the number

Corners = NDArray[np.float32] | NDArray[np.float64]
"""[K, 4, 2]: x, y of top left, top right, bottom right, bottom left."""

Order = NDArray[np.int64]


def reading_order(boxes: Corners) -> Order:
    """int64 [K]: lines from top to bottom, those of one row from left to right.

    Two lines stand in one row where the centre of the lower one lies within half the height of the row's first line.
    """
    if not len(boxes):
        return np.empty(0, np.int64)
    centres, heights = boxes.mean(1), line_heights(boxes)
    rows: list[list[int]] = []
    for line in np.argsort(centres[:, 1], kind="stable"):
        first = rows[-1][0] if rows else line
        if rows and centres[line, 1] - centres[first, 1] < heights[first] / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    from_the_left = [sorted(row, key=lambda line: centres[line, 0]) for row in rows]
    return np.array([line for row in from_the_left for line in row], np.int64)


def number_of_plate(boxes: Corners) -> Order:
    """int64 [K]: the lines that are a plate's number, from left to right.

    A plate's number is its largest print: state, slogan, county and month are smaller on every one. So the tallest line
    is taken, and with it each line beside it, since an emblem often parts a number in two: one whose centre lies in the
    tallest line's band (across the direction in which that line runs) and that has at least half its height.
    """
    if not len(boxes):
        return np.empty(0, np.int64)
    heights = line_heights(boxes)
    tallest = heights.argmax()
    top_left, top_right, bottom_right, bottom_left = boxes[tallest]
    along = (top_right + bottom_right - top_left - bottom_left).astype(np.float64)
    along /= max(np.hypot(*along), 1e-9)
    offset = boxes.mean(1) - boxes[tallest].mean(0)
    distance_across = np.abs(offset @ [-along[1], along[0]])
    is_beside = distance_across <= heights[tallest] / 2
    is_tall = heights >= LEAST_SHARE * heights[tallest]
    chosen = np.flatnonzero(is_beside & is_tall)
    return chosen[np.argsort(offset[chosen] @ along, kind="stable")]


def line_heights(boxes: Corners) -> NDArray[np.float64]:
    """float64 [K]: the mean length of the left and the right side."""
    left, right = boxes[:, 3] - boxes[:, 0], boxes[:, 2] - boxes[:, 1]
    heights: NDArray[np.float64] = (np.hypot(*left.T) + np.hypot(*right.T)) / 2
    return heights
