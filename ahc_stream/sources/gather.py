"""From single decoded frames to clips on a device."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.sources.frames import Frame
from ahc_stream.sources.limits import DEFAULT_LIMITS, Limits


def clips_of(
    frames: Iterator[Frame],
    clip_frames: int,
    device: torch.device,
    consecutive: bool,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[Clip]:
    """Clips of at most `clip_frames` frames of one size, in order, fewer where `limits` have no room for as many.

    What came before an error is yielded first.
    """
    pending: list[Frame] = []
    damage = None
    while damage is None:
        try:
            frame = next(frames, None)
        except (MediaError, MissingData) as error:
            frame, damage = None, error
        if pending and _is_full(pending, frame, clip_frames, limits):
            yield _clip(pending, device, consecutive)
            pending = []
        if frame is None:
            break
        pending.append(frame)
    if damage is not None:
        raise damage


def _is_full(pending: list[Frame], following: Frame | None, clip_frames: int, limits: Limits) -> bool:
    """Whether a clip ends before the next frame."""
    shape = pending[0].planes.shape
    if following is None or following.planes.shape != shape:
        return True
    return len(pending) >= limits.clip_frames(clip_frames, shape[1], shape[2])


def _clip(frames: list[Frame], device: torch.device, consecutive: bool) -> Clip:
    seconds = torch.tensor([frame.seconds for frame in frames], dtype=torch.float64)
    pixels = stacked([frame.planes for frame in frames], device)
    return Clip(pixels, tuple(frame.key for frame in frames), seconds, consecutive)


def stacked(planes: list[NDArray[np.uint8]], device: torch.device) -> torch.Tensor:
    """uint8 [N, 3, H, W] on the device, contiguous.

    Channels that lie side by side in memory, as image files have them, are parted by torch, twice as fast as by NumPy;
    on a GPU there.
    """
    are_side_by_side = planes[0].strides[0] == 1
    if not are_side_by_side:
        return _uploaded(planes, device)
    pictures = [frame.transpose(1, 2, 0) for frame in planes]
    if device.type == "cpu":
        return _parted(pictures)
    return _uploaded(pictures, device).permute(0, 3, 1, 2).contiguous()


def _parted(pictures: list[NDArray[np.uint8]]) -> torch.Tensor:
    """uint8 [H, W, 3] each -> uint8 [N, 3, H, W]. By way of one picture's memory, for Pillow's may not be written to,
    which torch does not take."""
    parted = torch.empty((len(pictures), 3, *pictures[0].shape[:2]), dtype=torch.uint8)
    picture = np.empty(pictures[0].shape, np.uint8)
    side_by_side = torch.from_numpy(picture).permute(2, 0, 1)
    for target, source in zip(parted, pictures, strict=True):
        picture[:] = source
        target.copy_(side_by_side)
    return parted


def _uploaded(frames: list[NDArray[np.uint8]], device: torch.device) -> torch.Tensor:
    """One stack on the device. The upload goes through pinned memory and does not wait for the copy: torch keeps the
    pinned block until the copy on the current stream is done."""
    stack = torch.empty((len(frames), *frames[0].shape), dtype=torch.uint8, pin_memory=device.type == "cuda")
    np.stack(frames, out=stack.numpy())
    return stack.to(device, non_blocking=True)
