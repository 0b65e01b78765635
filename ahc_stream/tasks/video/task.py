"""Video classification: what happens in a stream, by a network that looks at windows of its frames.

Preprocessing, network and softmax run on the frames' device, and the probabilities of the windows that a clip completes
come to the host in one transfer. The scores average them over the windows of a video.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import torch
from torch import Tensor

from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.protocols import Rows
from ahc_stream.core.stream import Stream
from ahc_stream.tasks.classification.score import CLASSIFICATIONS
from ahc_stream.tasks.networks.backends import Network
from ahc_stream.tasks.pixels.preset import Preset
from ahc_stream.tasks.video.window_pass import Outputs, WindowPass
from ahc_stream.tasks.video.windows import Windows

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class VideoClassification:
    """The task `video`; its options are explained in the table of tasks.

    network:  float32 [N, 3, T, H, W] -> logits [N, outputs].
    merge:    float64 [outputs, classes] of 0 and 1: which outputs a class is the sum of.
    """

    network: Network
    preset: Preset
    windows: Windows
    classes: tuple[str, ...]
    merge: Tensor
    name: str = "video"
    schema: pa.Schema = CLASSIFICATIONS

    def session(self, stream: Stream) -> VideoSession:
        """Raises InvalidValue for a still."""
        if not stream.consecutive:
            todo = "take the task classification for images"
            raise InvalidValue("frames of a video", f"unrelated images ({stream.item} ...)", todo)
        return VideoSession(self)

    def rows(self, outputs: Outputs) -> list[tuple[int, Row]]:
        """The row of each window, and the frame at which the window begins."""
        if not outputs:
            return []
        probabilities = torch.cat([self._probabilities(logits) for _, logits in outputs]).cpu().tolist()
        first_frames = [frame for frame, _ in outputs]
        return [(frame, self._row(values)) for frame, values in zip(first_frames, probabilities, strict=True)]

    def _probabilities(self, logits: Tensor) -> Tensor:
        """[1, outputs] -> float32 [1, classes]."""
        merged = logits.double().softmax(dim=1) @ self.merge
        return (merged / merged.sum(dim=1, keepdim=True)).float()

    def _row(self, values: list[float]) -> Row:
        best = max(range(len(values)), key=values.__getitem__)
        row = self.classes[best], values[best], values, "\n".join(self.classes)
        return dict(zip(CLASSIFICATIONS.names, row, strict=True))


class VideoSession:
    """One row at the first frame of each window of one stream, and no row elsewhere.

    delay:  a frame's rows are known when the window that begins at it is whole, and all before it are known.
    """

    def __init__(self, task: VideoClassification) -> None:
        self._task = task
        self._pass = WindowPass(task.network, task.preset, task.windows)
        self._returned = 0  # frames whose rows were returned
        self.delay = task.windows.span - 1

    def push(self, reference: Clip, decoded: Clip) -> Rows:
        outputs = self._pass.push(decoded.frames)
        return self._rows(outputs, min(self._pass.pushed, self._pass.begins))

    def finish(self) -> Rows:
        return self._rows(self._pass.finish(), self._pass.pushed)

    def _rows(self, outputs: Outputs, known: int) -> Rows:
        """Of the frames from those returned before to the first `known`."""
        rows: list[list[Row]] = [[] for _ in range(known - self._returned)]
        for frame, row in self._task.rows(outputs):
            rows[frame - self._returned].append(row)
        self._returned = known
        return rows
