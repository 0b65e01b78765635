"""What a classifier of pictures or videos wants to see: the shorter side resized, the centre cut out, normalised."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ahc_stream.core.batches import batch_size, in_fixed_batches
from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.pixels import pillow_resize

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

    resize: tuple[int, ...]
    crop: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
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
        from torchvision.transforms import InterpolationMode, functional

        if self.antialias:
            resized = pillow_resize.resize(frames, *self._target(*frames.shape[2:]), self.cubic)
        else:
            mode = InterpolationMode.BICUBIC if self.cubic else InterpolationMode.BILINEAR
            mode = InterpolationMode.NEAREST_EXACT if self.nearest else mode
            resized = functional.resize(frames, self._target(*frames.shape[2:]), mode, antialias=False)
        picture = functional.convert_image_dtype(functional.center_crop(resized, [self.crop, self.crop]), torch.float32)
        return functional.normalize(picture, list(self.mean), list(self.std))

    def _target(self, height: int, width: int) -> list[int]:
        """(height, width) after the resize; the longer side is rounded down, as torchvision does it."""
        if len(self.resize) == 2:
            return list(self.resize)
        (short,) = self.resize
        return [short, short * width // height] if height <= width else [short * height // width, short]
