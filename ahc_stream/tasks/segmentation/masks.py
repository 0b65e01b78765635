"""From what a YOLO head says of masks to run lengths of masks in the frame.

A mask is a sum of the frame's prototypes, a quarter as fine as the network's input, weighted by the object's
coefficients. It is resized to the frame, is where the sum is above 0, and ends at its box: as ultralytics has it with
`retina_masks` (`utils/ops.py`, `process_mask_native`), for prototypes of whatever letterbox. Here only what is inside
of a box is resized, and a resize is two products with matrices of weights.

Each mask is computed alone, from its frame: no mask depends on other frames.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ahc_stream.core.run_lengths import Lengths
from ahc_stream.tasks.detection.letterbox import Letterbox

_COARSE = 4
"""Input pixels of a prototype's pixel, in each direction."""
_PIXELS = 1 << 26
"""Pixels of masks that wait on the device for their way to the host."""


class _Weights(NamedTuple):
    """A resize along one axis. matrix: float32 [target, source]. first, stop: of each row the columns with a weight."""

    matrix: Tensor
    first: NDArray[np.int64]
    stop: NDArray[np.int64]


class _Window(NamedTuple):
    """Where a mask's pixels lie in the frame: columns and rows, the ends exclusive."""

    left: int
    right: int
    top: int
    bottom: int

    @property
    def pixels(self) -> int:
        return max(self.right - self.left, 0) * max(self.bottom - self.top, 0)


def masks(
    prototypes: Tensor, coefficients: Tensor, boxes: Sequence[Sequence[float]], letterbox: Letterbox
) -> Iterator[Lengths]:
    """Run lengths of each object's mask, in the frame of `letterbox`.

    prototypes:    float32 [P, h, w].
    coefficients:  float32 [K, P].
    boxes:         K times x1, y1, x2, y2 in pixels of the frame.
    """
    down = _weights(letterbox.height, prototypes.shape[1], letterbox.top, letterbox.bottom, prototypes.device)
    across = _weights(letterbox.width, prototypes.shape[2], letterbox.left, letterbox.right, prototypes.device)
    sums = (coefficients @ prototypes.flatten(1)).view(-1, *prototypes.shape[1:])
    waiting: list[tuple[_Window, Tensor]] = []
    for box, of_object in zip(boxes, sums, strict=True):
        window = _window(box, letterbox)
        waiting.append((window, _columns(of_object, window, down, across)))
        if sum(each.pixels for each, _ in waiting) > _PIXELS:
            yield from _on_host(waiting, letterbox)
            waiting = []
    yield from _on_host(waiting, letterbox)


def _window(box: Sequence[float], letterbox: Letterbox) -> _Window:
    """The pixels whose number is at least the box's lower bound and below the upper one."""
    left, top, right, bottom = (math.ceil(side) for side in box)
    return _Window(left, min(right, letterbox.width), top, min(bottom, letterbox.height))


def _columns(sums: Tensor, window: _Window, down: _Weights, across: _Weights) -> Tensor:
    """bool [columns, rows] of the window: where the resized sums, float32 [h, w], are above 0."""
    if not window.pixels:
        return torch.zeros(0, dtype=torch.bool, device=sums.device)
    rows, columns = slice(window.top, window.bottom), slice(window.left, window.right)
    from_rows = slice(int(down.first[rows].min()), int(down.stop[rows].max()))
    from_columns = slice(int(across.first[columns].min()), int(across.stop[columns].max()))
    coarse = sums[from_rows, from_columns].T
    return across.matrix[columns, from_columns] @ coarse @ down.matrix[rows, from_rows].T > 0


@lru_cache(maxsize=16)
def _weights(target: int, source: int, before: int, behind: int, device: torch.device) -> _Weights:
    """What resizes one axis of prototypes to the frame's, without the margins of the input: bilinear, pixel centres
    aligned. Where a margin ends within a prototype's pixel, they are first resized to as fine as it needs."""
    finer = _COARSE // math.gcd(_COARSE, before | behind)
    step = _COARSE // finer
    unit = torch.eye(source)[None]
    fine = functional.interpolate(unit, scale_factor=finer, mode="linear") if finer > 1 else unit
    content = fine[:, :, before // step : fine.shape[2] - behind // step]
    matrix = functional.interpolate(content, target, mode="linear")[0].T.contiguous()
    has_weight = (matrix != 0).numpy()
    stop = source - has_weight[:, ::-1].argmax(axis=1)
    return _Weights(matrix.to(device), has_weight.argmax(axis=1), stop)


def _on_host(waiting: Sequence[tuple[_Window, Tensor]], letterbox: Letterbox) -> Iterator[Lengths]:
    """The run lengths of masks, whose pixels come to the host in one transfer."""
    if not waiting:
        return
    pixels = torch.cat([columns.flatten() for _, columns in waiting]).cpu().numpy()
    ends = np.cumsum([window.pixels for window, _ in waiting])
    for (window, _), of_mask in zip(waiting, np.split(pixels, ends[:-1]), strict=True):
        yield _run_lengths(of_mask, window, letterbox.height, letterbox.width)


def _run_lengths(pixels: NDArray[np.bool_], window: _Window, height: int, width: int) -> Lengths:
    """Of a mask that has these pixels in a window of the frame, column by column, and none elsewhere."""
    if not window.pixels:
        return np.array([height * width], np.int64)
    columns = np.pad(pixels.reshape(window.right - window.left, -1), ((0, 0), (1, 1)))
    column, row = np.nonzero(columns[:, 1:] != columns[:, :-1])  # by turns where a run begins and where it has ended
    places = (window.left + column) * height + window.top + row
    goes_on = np.flatnonzero(places[1:-1:2] == places[2::2])  # from the foot of a column to the head of the next
    places = np.delete(places, np.concatenate([2 * goes_on + 1, 2 * goes_on + 2]))
    lengths = np.diff(np.concatenate(([0], places, [height * width])))
    return lengths[:-1] if len(places) and lengths[-1] == 0 else lengths
