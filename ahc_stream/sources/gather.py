"""From single decoded frames to clips on a device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.errors import MediaError, MissingData


class Frame(NamedTuple):
    """One decoded frame: its key, its presentation time, and uint8 [3, H, W] RGB on the CPU."""

    key: FrameKey
    seconds: float
    planes: np.ndarray


class BrokenStill(NamedTuple):
    """Stands in the place of a still that cannot be opened: the item's name of it, and the error that says why."""

    name: str
    error: MediaError | MissingData


def clips_of(frames: Iterator[Frame], clip_frames: int, device: torch.device, consecutive: bool) -> Iterator[Clip]:
    """Clips of at most `clip_frames` frames of one size, in order. What came before an error is yielded first."""
    pending: list[Frame] = []
    damage = None
    while damage is None:
        try:
            frame = next(frames, None)
        except (MediaError, MissingData) as error:
            frame, damage = None, error
        if pending and (frame is None or len(pending) == clip_frames or frame.planes.shape != pending[0].planes.shape):
            yield _clip(pending, device, consecutive)
            pending = []
        if frame is None:
            break
        pending.append(frame)
    if damage is not None:
        raise damage


def _clip(frames: list[Frame], device: torch.device, consecutive: bool) -> Clip:
    seconds = torch.tensor([frame.seconds for frame in frames], dtype=torch.float64)
    pixels = stacked([frame.planes for frame in frames], device)
    return Clip(pixels, tuple(frame.key for frame in frames), seconds, consecutive)


def stacked(planes: list[np.ndarray], device: torch.device) -> torch.Tensor:
    """uint8 [N, 3, H, W] on the device. The upload goes through pinned memory and does not wait for the copy:
    torch keeps the pinned block until the copy on the current stream is done."""
    stack = torch.empty((len(planes), *planes[0].shape), dtype=torch.uint8, pin_memory=device.type == "cuda")
    np.stack(planes, out=stack.numpy())
    return stack.to(device, non_blocking=True)
