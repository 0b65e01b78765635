"""Semantic segmentation: every frame of a clip through a network, to a map of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import torch
from torch import Tensor
from torch.nn import functional

from ahc_stream.core.batches import batch_size, in_fixed_batches
from ahc_stream.core.clip import Clip
from ahc_stream.core.resident import resident
from ahc_stream.tasks.edges import maps
from ahc_stream.tasks.networks.backends import Network
from ahc_stream.tasks.pixels import pillow_resize
from ahc_stream.tasks.semantic import score as semantic_score

_BATCH_PIXELS = 4 * 520 * 924
"""Input pixels that may go through the network at once: bounds the memory, 21 logits for each and features beside."""
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""ImageNet's, as torchvision's preset of these networks has them."""


@dataclass(frozen=True, eq=False)
class Semantic:
    """The task `semantic`; its options are explained in the table of tasks.

    network:  float32 [N, 3, h, w] -> logits [N, classes, h, w].
    classes:  the names, in the network's order.
    size:     shorter side of the network's input, in pixels; 0: the frame's.
    """

    network: Network
    classes: tuple[str, ...]
    size: int
    name: str = "semantic"
    schema: pa.Schema = semantic_score.CLASS_MAPS

    def predict(self, clip: Clip) -> Sequence[Sequence[Mapping[str, Any]]]:
        """One row per frame: its map of classes in the frame's size. The maps of the clip come to the host at once."""
        height, width = self._input(clip.height, clip.width)
        size = batch_size(clip.device, _BATCH_PIXELS, max(height * width, clip.height * clip.width))
        found = in_fixed_batches(self._classes, size, clip.frames).cpu().numpy()
        names = "\n".join(self.classes)
        return [[{"map": maps.encode(of_frame), "classes": names}] for of_frame in found]

    def _input(self, height: int, width: int) -> tuple[int, int]:
        """Sides of the network's input; the longer one is rounded down, as torchvision does it."""
        short = self.size or min(height, width)
        return (short, short * width // height) if height <= width else (short * height // width, short)

    def _classes(self, frames: Tensor) -> Tensor:
        """uint8 [N, 3, H, W] -> uint8 [N, H, W]: the class of the greatest logit, of equal ones the first."""
        height, width = frames.shape[2:]
        pictures = pillow_resize.resize(frames, *self._input(height, width)).float().div_(255)
        mean, deviation = (resident(values, torch.float32, frames.device) for values in (_MEAN, _DEVIATION))
        logits = self.network(pictures.sub_(mean[:, None, None]).div_(deviation[:, None, None]))
        in_frame = functional.interpolate(logits, (height, width), mode="bilinear", align_corners=False)
        return in_frame.argmax(1).byte()
