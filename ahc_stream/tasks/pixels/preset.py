"""What a classifier of pictures or videos wants to see: the shorter side resized, the centre cut out, normalised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ahc_stream.core.batches import batch_size, in_fixed_batches
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.resident import resident
from ahc_stream.tasks.pixels import pillow_resize

Channels = tuple[float, float, float]

_BATCH_PIXELS = 16 * 1920 * 1080
"""Pixels of frames that may be resized at once: resizing goes through 32 bits, four times the bytes."""


@dataclass(frozen=True)
class Preset:
    """The reference transform that a network was published with, as torchvision's presets compute it.

    resize:     (shorter side,) or (height, width) in pixels.
    crop:       side of the square that is cut out of the middle.
    mean, std:  of the channels, on the scale 0..1.
    cubic:      bicubic rather than bilinear interpolation.
    nearest:    no interpolation: the pixel under the centre, as Pillow takes it.
    antialias:  whether a smaller picture is filtered first, by Pillow's filters to the last bit. torchvision's video
                networks are published without.
    """

    resize: tuple[int] | tuple[int, int]
    crop: int
    mean: Channels
    std: Channels
    cubic: bool = False
    nearest: bool = False
    antialias: bool = False

    def __post_init__(self) -> None:
        if self.crop > min(self.resize):
            todo = "ask for a larger size or a smaller crop"
            raise InvalidValue(f"a crop of at most {min(self.resize)}, the size", str(self.crop), todo)

    def apply(self, frames: Tensor) -> Tensor:
        """uint8 [N, 3, H, W], full range -> float32 [N, 3, crop, crop] on the same device.

        Resized pixels are rounded to 8 bits, as they are in the reference.
        """
        size = batch_size(frames.device, _BATCH_PIXELS, frames.shape[2] * frames.shape[3])
        return in_fixed_batches(self._apply, size, frames)

    def _apply(self, frames: Tensor) -> Tensor:
        from torchvision.transforms import functional

        height, width = self._target(frames.shape[2], frames.shape[3])
        if self.antialias:
            resized = pillow_resize.resize(frames, height, width, self.cubic)
        else:
            resized = functional.resize(frames, [height, width], self._interpolation(), antialias=False)
        cut = functional.center_crop(resized, [self.crop, self.crop])
        picture: Tensor = functional.convert_image_dtype(cut, torch.float32)
        mean, std = (resident(values, torch.float32, frames.device) for values in (self.mean, self.std))
        return picture.sub(mean[:, None, None]).div_(std[:, None, None])

    def _interpolation(self) -> Any:
        """torchvision's mode of a resize without antialiasing."""
        from torchvision.transforms import InterpolationMode

        if self.nearest:
            return InterpolationMode.NEAREST_EXACT
        return InterpolationMode.BICUBIC if self.cubic else InterpolationMode.BILINEAR

    def _target(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) after the resize; the longer side is rounded down, as torchvision does it."""
        if len(self.resize) == 2:
            return self.resize
        (short,) = self.resize
        return (short, short * width // height) if height <= width else (short * height // width, short)
