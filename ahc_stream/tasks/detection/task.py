"""Detection: a clip's frames through a YOLO model, letterbox to boxes, all on the clip's device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import torch

from ahc_stream.core.clip import Clip
from ahc_stream.tasks.detection import score as detection_score
from ahc_stream.tasks.detection import yolo
from ahc_stream.tasks.detection.finder import Finder, Row
from ahc_stream.tasks.networks.weight_file import weight_file


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
        of_frames = [found.boxes for found in self.finder.found(clip)]
        host = torch.cat(of_frames).double().cpu()
        per_frame = torch.split(host, [len(boxes) for boxes in of_frames])
        return [[self.finder.row(values) for values in boxes.tolist()] for boxes in per_frame]


def known_classes(options: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the classes that the model knows, for which its checkpoint is read. Raises what `make` raises."""
    model = yolo.load(weight_file(options["model"], "a detector"), torch.device("cpu"))
    return tuple(model.names.values())


def make(options: Mapping[str, str], device: torch.device) -> Detection:
    """The task with its model on `device`. Raises MissingData without the weights, else what `yolo.load` raises; its
    network raises MissingExtra with its first frame where its backend is not installed."""
    model = yolo.load(weight_file(options["model"], "a detector"), device)
    return Detection(Finder.of(options, model, yolo.network(model, options["backend"])))
