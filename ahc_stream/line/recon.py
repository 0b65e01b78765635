"""Decoded frames as PNG files, for people who want to look: `--save-recon`, the layout is told in `tables.recon_path`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.roundtrip import RoundTrip
from ahc_stream.store.atomic import written_whole
from ahc_stream.tables import recon_path

ORIGINAL = OperatingPoint("identity")
FAST = 1  # of PNG's compression levels: writing must not become the line's bottleneck


def save(trip: RoundTrip, out: Path) -> None:
    """Writes every decoded frame, and the original's beside it where it is not there yet. Raises StorageError.

    They are written before the frames' rows, so that a row that is committed has its picture.
    """
    for point, clip in ((trip.point, trip.decoded), (ORIGINAL, trip.reference)):
        paths = [
            recon_path(out, point.codec, point.quality, point.options_text, key.item, key.frame) for key in clip.keys
        ]
        lacking = [number for number, path in enumerate(paths) if point == trip.point or not path.exists()]
        if lacking:
            pixels = _pixels(clip.frames[lacking])
            for number, frame in zip(lacking, pixels, strict=True):
                _write(frame, paths[number])


def _pixels(frames: Tensor) -> np.ndarray:
    """uint8 [N, H, W, 3] on the host."""
    return frames.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def _write(frame: np.ndarray, path: Path) -> None:
    """Another lane may write the same original: whole files of the same content, of which the last one stays."""
    with written_whole(path, durable=False) as file:
        Image.fromarray(frame).save(file, format="png", compress_level=FAST)
