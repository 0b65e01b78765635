"""The planes of a frame of FFmpeg's as arrays on its own memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import av

Bytes = NDArray[np.uint8]


def samples(frame: av.VideoFrame, plane: int) -> Bytes:
    """uint8 [rows, columns, bytes of a sample] of a plane, without the padding at the end of each row. A sample of a
    packed format has all its components, and bytes of none as bgr0 has one."""
    stored, step = frame.planes[plane], _bytes_of_a_sample(frame, plane)
    return _rows(stored, step).reshape(stored.height, stored.width, step)


def planes_of(frame: av.VideoFrame) -> tuple[Bytes, Bytes, Bytes]:
    """The three planes of a frame of 8 bits: uint8 [rows, columns] each."""
    first, second, third = frame.planes
    return _rows(first, 1), _rows(second, 1), _rows(third, 1)


def fill(frame: av.VideoFrame, plane: int, values: Bytes) -> None:
    """Writes uint8 [rows, columns, bytes of a sample] into a plane: cropped to its size, or its last row and column
    repeated."""
    target = samples(frame, plane)
    height, width, _ = target.shape
    values = values[:height, :width]
    short = (height - values.shape[0], width - values.shape[1])
    if any(short):
        values = np.pad(values, ((0, short[0]), (0, short[1]), (0, 0)), mode="edge")
    target[:] = values


def _bytes_of_a_sample(frame: av.VideoFrame, plane: int) -> int:
    if len(frame.planes) == 1:
        return frame.format.padded_bits_per_pixel // 8
    return sum((component.bits + 7) // 8 for component in frame.format.components if component.plane == plane)


def _rows(plane: av.video.plane.VideoPlane, step: int) -> Bytes:
    """uint8 [rows, columns * step]."""
    stored: Bytes = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return stored[:, : plane.width * step]
