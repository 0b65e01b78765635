"""Video classification: what happens in a clip, by a network that looks at windows of its frames.

Windows never reach beyond a clip, because a clip is what a codec was given at once. Preprocessing, network and softmax
run on the clip's device, and the probabilities of all windows come to the host in one transfer. The scores average
them over the windows of a video.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import torch
from torch import Tensor, nn

from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.classification_score import CLASSIFICATIONS
from ahc_stream.tasks.preset import Preset
from ahc_stream.tasks.windows import Windows

_BATCH_PIXELS = 4 * 64 * 224 * 224
"""Input pixels that go through the network at once: bounds the memory, whatever the number of windows."""

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Video:
    """The task `video`; its options are explained in the table of tasks.

    network:  float32 [N, 3, T, H, W] -> logits [N, outputs].
    merge:    float64 [outputs, classes] of 0 and 1: which outputs a class is the sum of.
    """

    network: nn.Module
    preset: Preset
    windows: Windows
    classes: tuple[str, ...]
    merge: Tensor
    name: str = "video"
    schema: pa.Schema = CLASSIFICATIONS

    def predict(self, clip: Clip) -> Sequence[Sequence[Row]]:
        """One row at the first frame of each window, in the order of the frames; no row elsewhere.

        Raises InvalidValue for a stack of unrelated stills.
        """
        if not clip.consecutive:
            todo = "take the task classification for images"
            raise InvalidValue("frames of a video", f"unrelated images ({clip.keys[0].item} ...)", todo)
        windows = self.windows.of(len(clip), begins=clip.keys[0].frame == 0)
        rows: list[list[Row]] = [[] for _ in clip.keys]
        if len(windows):
            for first, values in zip(windows[:, 0].tolist(), self._probabilities(clip.frames, windows), strict=True):
                rows[first].append(self._row(values))
        return rows

    def outputs(self, frames: Tensor, windows: Tensor) -> Tensor:
        """What the network says of uint8 [N, 3, H, W] in windows of frames, int64 [windows, K]: float32 [windows, outputs]
        on their device. Every frame that is looked at is prepared once."""
        used, place = windows.unique(return_inverse=True)
        pictures = self.preset.apply(frames[used.to(frames.device)])
        batch = max(1, _BATCH_PIXELS // (windows.shape[1] * self.preset.crop**2))
        parts = place.to(frames.device).split(batch)
        return torch.cat([self.network(pictures[part].transpose(1, 2)) for part in parts])

    def _probabilities(self, frames: Tensor, windows: Tensor) -> list[list[float]]:
        """[windows][classes], on the host."""
        each = self.outputs(frames, windows).double().softmax(dim=1) @ self.merge
        return (each / each.sum(dim=1, keepdim=True)).float().cpu().tolist()

    def _row(self, values: list[float]) -> Row:
        best = max(range(len(values)), key=values.__getitem__)
        row = self.classes[best], values[best], values, "\n".join(self.classes)
        return dict(zip(CLASSIFICATIONS.names, row, strict=True))
