"""Pose: a clip's frames through a YOLO pose model, to boxes and the keypoints of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import torch
from torch import Tensor

from ahc_stream.core.clip import Clip
from ahc_stream.tasks.detection import yolo
from ahc_stream.tasks.detection.finder import Finder, Row, rows_of
from ahc_stream.tasks.detection.letterbox import Letterbox
from ahc_stream.tasks.pose import score as pose_score

_BOX = 6
"""Columns of a box: corners, score, class; its keypoints follow."""


@dataclass(frozen=True, eq=False)
class Pose:
    """The task `pose`."""

    finder: Finder
    name: str = "pose"
    schema: pa.Schema = pose_score.POSES

    def predict(self, clip: Clip) -> Sequence[Sequence[Row]]:
        """One list of rows per frame, best score first; boxes and keypoints in pixels of the frame, clipped to it.

        What is found in the whole clip comes to the host in one transfer.
        """
        letterbox = self.finder.fit(clip)
        return rows_of([self._in_frame(found.boxes, letterbox) for found in self.finder.found(clip)], self._row)

    def _in_frame(self, objects: Tensor, letterbox: Letterbox) -> Tensor:
        """[K, 6 + keypoints x 2 or 3], keypoints in pixels of the input -> [K, 6 + keypoints x 3], of the frame; where
        a model says no confidence, it is 1."""
        count, further = self.finder.model.model[-1].kpt_shape
        points = objects[:, _BOX:].view(-1, count, further)
        places = letterbox.undo(points[:, :, :2].flatten(1)).view(-1, count, 2)
        confidence = points[:, :, 2:] if further > 2 else torch.ones_like(points[:, :, :1])
        return torch.cat([objects[:, :_BOX], torch.cat([places, confidence], dim=2).flatten(1)], dim=1)

    def _row(self, values: list[float]) -> Row:
        return {**self.finder.row(values[:_BOX]), "keypoints": values[_BOX:]}


known_classes = partial(yolo.known_classes, yolo.POSE)


def make(options: Mapping[str, str], device: torch.device) -> Pose:
    """The task with its model on `device`. Raises what `Finder.make` raises."""
    return Pose(Finder.make(yolo.POSE, options, device))
