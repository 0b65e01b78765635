"""OBB: a clip's frames through a YOLO model of oriented boxes, to four corners of each object."""

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
from ahc_stream.tasks.obb import score as obb_score
from ahc_stream.tasks.obb.suppress import select_oriented

_BOX = 6
"""Columns of the box around an object: corners, score, class; its own four corners follow."""


class OrientedFinder(Finder):
    """Of oriented boxes: [K, 6 + 8], the box around each, score, class, and its own corners, in pixels of the frame.
    What reaches beyond the frame is not cut, so that a rectangle stays one, as in ultralytics' `predict`."""

    def _suppressed(self, output: Tensor) -> list[Tensor]:
        classes = len(self.model.names)
        return select_oriented(output, self.score_above, self.iou, self.max_det, self.all_labels, classes)

    def _in_frame(self, boxes: Tensor, letterbox: Letterbox) -> Tensor:
        """[K, 7], centre, size, score, class and angle in the network's input -> [K, 6 + 8] in pixels of the frame.

        Sides are scaled and the angle is kept, as in ultralytics: the two scales of a letterbox are all but the same.
        """
        across, down = letterbox.inner_width / letterbox.width, letterbox.inner_height / letterbox.height
        x, y = (boxes[:, 0] - letterbox.left) / across, (boxes[:, 1] - letterbox.top) / down
        corners = corners_of(x, y, boxes[:, 2] / across, boxes[:, 3] / down, boxes[:, 6])
        around = torch.cat([corners.amin(dim=1), corners.amax(dim=1)], dim=1)
        return torch.cat([around, boxes[:, 4:6], corners.flatten(1)], dim=1)


def corners_of(x: Tensor, y: Tensor, width: Tensor, height: Tensor, angle: Tensor) -> Tensor:
    """[K, 4, 2] of centre, size and angle in radians, [K] each. The angle turns the width from the x axis towards the y
    axis, which points down. The first corner is at half the width and half the height, the others follow as
    ultralytics' `xywhr2xyxyxyxy` has them."""
    cos, sin = torch.cos(angle), torch.sin(angle)
    along = torch.stack([width / 2 * cos, width / 2 * sin], dim=1)
    aside = torch.stack([-height / 2 * sin, height / 2 * cos], dim=1)
    centre = torch.stack([x, y], dim=1)
    corners = (along + aside, along - aside, -along - aside, -along + aside)
    return torch.stack([centre + corner for corner in corners], dim=1)


@dataclass(frozen=True, eq=False)
class OrientedBoxes:
    """The task `obb`."""

    finder: OrientedFinder
    name: str = "obb"
    schema: pa.Schema = obb_score.ORIENTED_DETECTIONS

    def predict(self, clip: Clip) -> Sequence[Sequence[Row]]:
        """One list of rows per frame, best score first. What is found in the whole clip comes to the host in one
        transfer."""
        return rows_of([found.boxes for found in self.finder.found(clip)], self._row)

    def _row(self, values: list[float]) -> Row:
        return {**self.finder.row(values[:_BOX]), "corners": values[_BOX:]}


known_classes = partial(yolo.known_classes, yolo.OBB)


def make(options: Mapping[str, str], device: torch.device) -> OrientedBoxes:
    """The task with its model on `device`. Raises what `Finder.make` raises."""
    return OrientedBoxes(OrientedFinder.make(yolo.OBB, options, device))
