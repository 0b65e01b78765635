"""What YOLO models of boxes have in common: letterbox, network and suppression, all on the clip's device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from ahc_stream.core.batches import batch_size, fixed_batches
from ahc_stream.core.clip import Clip
from ahc_stream.tasks.detection import yolo
from ahc_stream.tasks.detection.letterbox import Letterbox
from ahc_stream.tasks.detection.nms import select, select_final
from ahc_stream.tasks.detection.score import DETECTIONS
from ahc_stream.tasks.networks.backends import Network

_BATCH_PIXELS = 32 * 640 * 640
"""Input pixels that may go through the network at once: bounds the memory, whatever the frames' size and number."""

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class FoundInFrame:
    """What a head says of one frame.

    boxes:   [K, 6 + further], best first: x1, y1, x2, y2 in pixels of the frame, clipped to it, score, class, and what
             the head says of each box beside them.
    others:  what it says of the frame as a whole, such as prototypes of masks.
    """

    boxes: Tensor
    others: Sequence[Tensor]


@dataclass(frozen=True, eq=False)
class Finder:
    """A model and the options of its task, which are explained in the table of tasks.

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

    @classmethod
    def make(cls, kind: yolo.YoloKind, options: Mapping[str, str], device: torch.device) -> Self:
        """By the options of a task, with the model on `device`. Raises what `yolo.load_chosen` raises; the network
        raises MissingExtra with its first frame where its backend is not installed."""
        model = yolo.load_chosen(kind, options, device)
        network = yolo.network(model, options["backend"]) if "backend" in options else model
        max_det = int(options["max_det"])
        model.model[-1].max_det = max_det  # an end-to-end head chooses its best boxes itself
        return cls(
            model,
            network,
            size=int(options["size"]),
            letterbox=options["letterbox"],
            score_above=float(options["score"]),
            iou=float(options["iou"]),
            all_labels=options["labels"] == "all",
            max_det=max_det,
        )

    def fit(self, clip: Clip) -> Letterbox:
        """Where the clip's frames lie in the network's input."""
        return Letterbox.fit(clip.height, clip.width, self.size, int(max(self.model.stride)), self.letterbox)

    def found(self, clip: Clip) -> Iterator[FoundInFrame]:
        """Of each frame what is found in it; frames and boxes stay on the device."""
        letterbox = self.fit(clip)
        size = batch_size(clip.device, _BATCH_PIXELS, letterbox.outer_height * letterbox.outer_width)
        for count, (frames,) in fixed_batches(size, clip.frames):
            output, *others = _tensors(self.network(letterbox.apply(frames).float().div_(255)))
            for number, boxes in enumerate(self._boxes(output[:count], letterbox)):
                yield FoundInFrame(boxes, [other[number] for other in others])

    def _boxes(self, output: Tensor, letterbox: Letterbox) -> list[Tensor]:
        """The network's output for N frames -> N times [K, 6 + further]."""
        is_final = getattr(self.model, "end2end", False)
        kept = select_final(output, self.score_above, self.max_det) if is_final else self._suppressed(output)
        return [self._in_frame(boxes, letterbox) for boxes in kept]

    def _suppressed(self, output: Tensor) -> list[Tensor]:
        """Of each frame the boxes that stay."""
        classes = len(self.model.names)
        return select(output, self.score_above, self.iou, self.max_det, self.all_labels, classes)

    def _in_frame(self, boxes: Tensor, letterbox: Letterbox) -> Tensor:
        """[K, 6 + further] in the network's input -> the same with corners in pixels of the frame."""
        return torch.cat([letterbox.undo(boxes[:, :4]), boxes[:, 4:]], dim=1)

    def row(self, values: Sequence[float]) -> dict[str, Any]:
        """The columns DETECTIONS of one box: x1, y1, x2, y2, score, class."""
        *corners_and_score, label = values
        of_box = (*corners_and_score, int(label), self.model.names[int(label)])
        return dict(zip(DETECTIONS.names, of_box, strict=True))


def rows_of(of_frames: Sequence[Tensor], row: Callable[[list[float]], Row]) -> list[list[Row]]:
    """A list of rows per frame, of [K, columns] each. Those of the whole clip come to the host in one transfer."""
    host = torch.cat(list(of_frames)).double().cpu()
    per_frame = torch.split(host, [len(objects) for objects in of_frames])
    return [[row(values) for values in objects.tolist()] for objects in per_frame]


def _tensors(raw: Any) -> tuple[Tensor, ...]:
    """What a head says: of the boxes first, then of the frames. ultralytics' heads add what their loss needs."""
    first = raw if isinstance(raw, Tensor) else raw[0]
    return (first,) if isinstance(first, Tensor) else tuple(first)
