"""Frames from and to pictures [H, W, 3], the layout that tests draw in."""

from __future__ import annotations

import av
import numpy as np

from ahc_stream.core.colour import Colour, frame_to_planes, planes_to_frame


def frame_to_rgb(frame: av.VideoFrame, colour: Colour | None = None) -> np.ndarray:
    """`frame_to_planes` as uint8 [H, W, 3]."""
    return np.ascontiguousarray(frame_to_planes(frame, colour).transpose(1, 2, 0))


def rgb_to_frame(rgb: np.ndarray, pixel_format: str, colour: Colour) -> av.VideoFrame:
    """`planes_to_frame` of uint8 [H, W, 3]."""
    return planes_to_frame(rgb.transpose(2, 0, 1), pixel_format, colour)
