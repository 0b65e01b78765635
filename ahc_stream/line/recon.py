"""Decoded frames as PNG files, for people who want to look: `--save-recon`, the layout is told in `tables.recon_path`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from ahc_stream.core.trial import OperatingPoint, Trial
from ahc_stream.line.sink import storing
from ahc_stream.tables import recon_path

ORIGINAL = OperatingPoint("identity")
FAST = 1  # of PNG's compression levels: writing must not become the line's bottleneck


def save(trial: Trial, out: Path) -> None:
    """Writes every decoded frame, and the original's beside it where it is not there yet. Raises StorageError.

    They are written before the trial's rows, so that a row that is committed has its picture.
    """
    for point, clip in ((trial.point, trial.decoded), (ORIGINAL, trial.reference)):
        paths = [
            recon_path(out, point.codec, point.quality, point.options_text, key.item, key.frame) for key in clip.keys
        ]
        lacking = [number for number, path in enumerate(paths) if point == trial.point or not path.exists()]
        if lacking:
            pixels = _pixels(clip.frames[lacking])
            for number, frame in zip(lacking, pixels, strict=True):
                _write(frame, paths[number])


def _pixels(frames: Tensor) -> np.ndarray:
    """uint8 [N, H, W, 3] on the host."""
    return frames.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def _write(frame: np.ndarray, path: Path) -> None:
    unfinished = path.with_name(f".{path.name}.tmp")
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(frame).save(unfinished, format="png", compress_level=FAST)
        unfinished.rename(path)
