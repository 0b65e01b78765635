"""Classification: every frame of a clip through an image classifier, preprocessing to probabilities on its device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from ahc_stream.core.batches import batch_size, in_fixed_batches
from ahc_stream.core.clip import Clip
from ahc_stream.tasks.classification import score as classification_score
from ahc_stream.tasks.networks.backends import Network
from ahc_stream.tasks.pixels.preset import Preset

_BATCH_PIXELS = 32 * 224 * 224
"""Input pixels that may go through the network at once: bounds the memory, whatever the number of frames."""


@dataclass(frozen=True, eq=False)
class Classification:
    """The task `classification`; its options are explained in the table of tasks.

    network:         float32 [N, 3, crop, crop] -> [N, classes] on the clip's device.
    is_probability:  whether that has gone through a softmax already.
    classes:         the names, in the network's order.
    """

    network: Network
    preset: Preset
    classes: tuple[str, ...]
    is_probability: bool
    name: str = "classification"
    schema: pa.Schema = classification_score.CLASSIFICATIONS

    def predict(self, clip: Clip) -> Sequence[Sequence[Mapping[str, Any]]]:
        """One row per frame. The probabilities of the whole clip come to the host in one transfer."""
        size = batch_size(clip.device, _BATCH_PIXELS, self.preset.crop**2)
        probabilities = in_fixed_batches(self._probabilities, size, self.preset.apply(clip.frames))
        return [[self._row(values)] for values in probabilities.cpu().numpy()]

    def _probabilities(self, pictures: Tensor) -> Tensor:
        """float32 [N, 3, crop, crop] -> float32 [N, classes]."""
        output: Tensor = self.network(pictures.contiguous(memory_format=torch.channels_last))
        return output if self.is_probability else torch.softmax(output, 1)

    def _row(self, values: NDArray[np.float32]) -> Mapping[str, Any]:
        best = int(values.argmax())
        row = self.classes[best], float(values[best]), values, "\n".join(self.classes)
        return dict(zip(self.schema.names, row, strict=True))
