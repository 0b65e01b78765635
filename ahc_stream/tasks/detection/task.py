"""Detection: a clip's frames through a YOLO model, letterbox to boxes, all on the clip's device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import torch
from torch import Tensor

from ahc_stream.core.batches import batch_size, fixed_batches
from ahc_stream.core.clip import Clip
from ahc_stream.tasks.detection import score as detection_score
from ahc_stream.tasks.detection import yolo
from ahc_stream.tasks.detection.letterbox import Letterbox
from ahc_stream.tasks.detection.nms import select, select_final
from ahc_stream.tasks.networks.backends import Network
from ahc_stream.tasks.networks.weight_file import weight_file

_BATCH_PIXELS = 32 * 640 * 640
"""Input pixels that may go through the network at once: bounds the memory, whatever the frames' size and number."""

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Detection:
    """The task `detection`; its options are explained in the table of tasks.

    model:    what `yolo.load` returns: a module with `stride` and `names`.
    network:  the same as its backend runs it.
    """

    model: Any
    network: Network
    size: int
    letterbox: str
    score_above: float
    iou: float
    all_labels: bool
    max_det: int
    name: str = "detection"
    schema: pa.Schema = detection_score.DETECTIONS

    def predict(self, clip: Clip) -> Sequence[Sequence[Row]]:
        """One list of rows per frame, best score first; boxes in pixels of the frame, clipped to it.

        The frames stay on the device, and the boxes of the whole clip come to the host in one transfer.
        """
        letterbox = Letterbox.fit(clip.height, clip.width, self.size, int(max(self.model.stride)), self.letterbox)
        size = batch_size(clip.device, _BATCH_PIXELS, letterbox.outer_height * letterbox.outer_width)
        of_frames: list[Tensor] = []
        for count, (frames,) in fixed_batches(size, clip.frames):
            of_frames += self._boxes(self._output(frames, letterbox)[:count], letterbox)
        host = torch.cat(of_frames).double().cpu()
        return [self._rows(boxes) for boxes in torch.split(host, [len(boxes) for boxes in of_frames])]

    def _output(self, frames: Tensor, letterbox: Letterbox) -> Tensor:
        """uint8 [N, 3, H, W] -> what `nms` takes."""
        output: Tensor | tuple[Tensor, ...] = self.network(letterbox.apply(frames).float().div_(255))
        return output[0] if isinstance(output, tuple) else output  # ultralytics' heads add what their loss needs

    def _boxes(self, output: Tensor, letterbox: Letterbox) -> list[Tensor]:
        """The network's output for N frames -> N times [K, 6]."""
        if getattr(self.model, "end2end", False):
            kept = select_final(output, self.score_above, self.max_det)
        else:
            kept = select(output, self.score_above, self.iou, self.max_det, self.all_labels)
        return [torch.cat([letterbox.undo(boxes[:, :4]), boxes[:, 4:]], dim=1) for boxes in kept]

    def _rows(self, boxes: Tensor) -> list[Row]:
        rows: list[Row] = []
        for *corners, score, label in boxes.tolist():
            values = (*corners, score, int(label), self.model.names[int(label)])
            rows.append(dict(zip(detection_score.DETECTIONS.names, values, strict=True)))
        return rows


def known_classes(options: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the classes that the model knows, for which its checkpoint is read. Raises what `make` raises."""
    model = yolo.load(weight_file(options["model"], "a detector"), torch.device("cpu"))
    return tuple(model.names.values())


def make(options: Mapping[str, str], device: torch.device) -> Detection:
    """The task with its model on `device`. Raises MissingData without the weights, else what `yolo.load` raises; its
    network raises MissingExtra with its first frame where its backend is not installed."""
    model = yolo.load(weight_file(options["model"], "a detector"), device)
    max_det = int(options["max_det"])
    model.model[-1].max_det = max_det  # an end-to-end head chooses its best boxes itself
    return Detection(
        model,
        yolo.network(model, options["backend"]),
        size=int(options["size"]),
        letterbox=options["letterbox"],
        score_above=float(options["score"]),
        iou=float(options["iou"]),
        all_labels=options["labels"] == "all",
        max_det=max_det,
    )
