"""Detection: a clip's frames through a YOLO model, letterbox to boxes, all on the clip's device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import torch

from ahc_stream.core.clip import Clip
from ahc_stream.tasks.detection import score as detection_score
from ahc_stream.tasks.detection import yolo
from ahc_stream.tasks.detection.finder import Finder, Row, rows_of


@dataclass(frozen=True, eq=False)
class Detection:
    """The task `detection`."""

    finder: Finder
    name: str = "detection"
    schema: pa.Schema = detection_score.DETECTIONS

    @property
    def model(self) -> Any:
        """What `yolo.load` returns."""
        return self.finder.model

    def predict(self, clip: Clip) -> Sequence[Sequence[Row]]:
        """One list of rows per frame, best score first; boxes in pixels of the frame, clipped to it.

        The frames stay on the device, and the boxes of the whole clip come to the host in one transfer.
        """
        return rows_of([found.boxes for found in self.finder.found(clip)], self.finder.row)


known_classes = partial(yolo.known_classes, yolo.DETECTION)


def make(options: Mapping[str, str], device: torch.device) -> Detection:
    """The task with its model on `device`. Raises what `Finder.make` raises."""
    return Detection(Finder.make(yolo.DETECTION, options, device))
