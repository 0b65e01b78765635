"""The float64 formula that colour is held to: matrices from Kr and Kb, bilinear chroma, and nothing else."""

from __future__ import annotations

import av
import numpy as np

from ahc_stream.core.colour import Colour

KR_KB = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}


def rgb_of(planes: list[np.ndarray], colour: Colour, bits: int = 8) -> np.ndarray:
    """uint8-valued float64 [H, W, 3] of the planes Y [H, W], Cb and Cr (of that size, or half of it in either way)."""
    height, width = planes[0].shape
    y, cb, cr = [upsampled(plane.astype(np.float64), height, width, colour.siting) for plane in planes]
    unit, top = 2 ** (bits - 8), 2**bits - 1
    low, luma, chroma = (0, top, top) if colour.full_range else (16 * unit, 219 * unit, 224 * unit)
    y, cb, cr = (y - low) / luma, (cb - 128 * unit) / chroma, (cr - 128 * unit) / chroma
    kr, kb = KR_KB[colour.matrix]
    red, blue = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
    green = (y - kr * red - kb * blue) / (1 - kr - kb)
    return np.clip(np.rint(255 * np.stack([red, green, blue], axis=-1)), 0, 255)


def ycbcr_of(rgb: np.ndarray, colour: Colour) -> np.ndarray:
    """Full-size 8-bit Y'CbCr float64 [H, W, 3], not rounded, of uint8 [H, W, 3]."""
    red, green, blue = np.moveaxis(rgb / 255.0, -1, 0)
    kr, kb = KR_KB[colour.matrix]
    y = kr * red + (1 - kr - kb) * green + kb * blue
    low, luma, chroma = (0, 255, 255) if colour.full_range else (16, 219, 224)
    cb, cr = (blue - y) / (2 * (1 - kb)), (red - y) / (2 * (1 - kr))
    return np.stack([low + luma * y, 128 + chroma * cb, 128 + chroma * cr], axis=-1)


def upsampled(plane: np.ndarray, height: int, width: int, siting: str) -> np.ndarray:
    """A plane at full size: bilinear, edges repeated; rows of chroma lie between two rows of luma."""
    rows = _along(plane, height, 0.5, axis=0) if plane.shape[0] != height else plane
    return _along(rows, width, 0.5 if siting == "center" else 0.0, axis=1) if plane.shape[1] != width else rows


def _along(plane: np.ndarray, length: int, offset: float, axis: int) -> np.ndarray:
    at = (np.arange(length) - offset) / 2
    before, last = np.floor(at).astype(int), plane.shape[axis] - 1
    share = (at - before).reshape((-1, 1) if axis == 0 else (1, -1))
    left = np.take(plane, before.clip(0, last), axis)
    return left * (1 - share) + np.take(plane, (before + 1).clip(0, last), axis) * share


def planes_of(frame: av.VideoFrame) -> list[np.ndarray]:
    """The planes of a planar frame as integers."""
    step = (frame.format.components[0].bits + 7) // 8
    dtype = np.uint8 if step == 1 else np.dtype("<u2")
    return [_plane(plane, step).view(dtype).copy() for plane in frame.planes]


def fill(frame: av.VideoFrame, planes: list[np.ndarray]) -> None:
    """Writes integer planes into a planar frame."""
    step = (frame.format.components[0].bits + 7) // 8
    for plane, values in zip(frame.planes, planes, strict=True):
        _plane(plane, step)[:] = np.ascontiguousarray(values, np.uint8 if step == 1 else "<u2").view(np.uint8)


def _plane(plane: av.video.plane.VideoPlane, step: int) -> np.ndarray:
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width * step]
