"""Motion between two frames by OpenCV's DIS optical flow, and where it can be relied on.

DIS (Kroeger, Timofte, Dai and Van Gool, 2016) is called with its preset "medium". Each pair of frames stands alone, and
the result does not depend on the number of threads: OpenCV cuts the search into eight parts whatever they are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ahc_stream.core.errors import MissingExtra

MIN_SIDE = 16
"""Pixels. The search's patches have eight a side; at 11 OpenCV crashes."""


class Flow(NamedTuple):
    """Where the pixels of a frame were in the frame before.

    back:      float32 [H, W, 2]: to be added to column and row.
    is_known:  bool [H, W]: the pixel was in that frame, is hidden in neither, and lies on no boundary of motion.
    """

    back: NDArray[np.float32]
    is_known: NDArray[np.bool_]


class Motion:
    """One stream's search: it has memory of its own, so that no two threads may share it. Raises MissingExtra."""

    def __init__(self) -> None:
        cv2 = opencv()
        self._search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def __call__(self, now: NDArray[np.uint8], before: NDArray[np.uint8]) -> Flow:
        """now, before: luma, uint8 [H, W], of 16 pixels a side or more."""
        back = self._search.calc(now, before, None)
        forth = self._search.calc(before, now, None)
        return Flow(back, _is_inside(back) & _is_seen(back, forth) & ~_is_boundary(back))


def opencv() -> Any:
    """The module cv2. Raises MissingExtra."""
    try:
        import cv2
    except ModuleNotFoundError as error:
        raise MissingExtra.of("opencv-python-headless", "temporal") from error
    return cv2


def sampled(frame: Tensor, flow: NDArray[np.float32]) -> Tensor:
    """float64 [C, H, W]: the frame, of that type and shape, where the flow leads to, bilinearly; at the edge what is
    nearest."""
    height, width = frame.shape[1:]
    columns, rows = (torch.from_numpy(each) for each in _places(flow))
    grid = torch.stack([columns * 2 / (width - 1) - 1, rows * 2 / (height - 1) - 1], dim=-1)
    return F.grid_sample(frame[None], grid[None], "bilinear", "border", align_corners=True)[0]


def _places(flow: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns and rows that a flow leads to."""
    rows, columns = np.indices(flow.shape[:2], dtype=np.float64)
    return columns + flow[..., 0], rows + flow[..., 1]


def _is_inside(back: NDArray[np.float32]) -> NDArray[np.bool_]:
    columns, rows = _places(back)
    height, width = back.shape[:2]
    return (columns >= 0) & (columns <= width - 1) & (rows >= 0) & (rows <= height - 1)


def _is_seen(back: NDArray[np.float32], forth: NDArray[np.float32]) -> NDArray[np.bool_]:
    """There and back again: the way back, found at its end, undoes the way (Ruder, Dosovitskiy and Brox, 2016)."""
    there = torch.from_numpy(forth).double().permute(2, 0, 1)
    return_way = sampled(there, back).permute(1, 2, 0).numpy()
    missed = np.square(return_way + back).sum(2)
    length = np.square(return_way).sum(2) + np.square(back.astype(np.float64)).sum(2)
    is_home: NDArray[np.bool_] = missed <= 0.01 * length + 0.5
    return is_home


def _is_boundary(back: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where the flow changes from a pixel to the next more than it is long (Ruder, Dosovitskiy and Brox, 2016)."""
    flow = back.astype(np.float64)
    change = np.zeros(flow.shape[:2])
    change[:, :-1] += np.square(flow[:, 1:] - flow[:, :-1]).sum(2)
    change[:-1] += np.square(flow[1:] - flow[:-1]).sum(2)
    is_boundary: NDArray[np.bool_] = change > 0.01 * np.square(flow).sum(2) + 0.002
    return is_boundary
