"""Segmentation: a clip's frames through a YOLO segmentation model, to boxes and a mask in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import torch

from ahc_stream.core.clip import Clip
from ahc_stream.core.run_lengths import packed
from ahc_stream.tasks.detection import yolo
from ahc_stream.tasks.detection.finder import Finder, FoundInFrame, Row
from ahc_stream.tasks.detection.letterbox import Letterbox
from ahc_stream.tasks.segmentation import score as segmentation_score
from ahc_stream.tasks.segmentation.coco_masks import pycocotools
from ahc_stream.tasks.segmentation.masks import masks

_BOX = 6
"""Columns of a box: corners, score, class; the coefficients of its mask follow."""


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The task `segmentation`."""

    finder: Finder
    name: str = "segmentation"
    schema: pa.Schema = segmentation_score.SEGMENTS

    def predict(self, clip: Clip) -> Sequence[Sequence[Row]]:
        """One list of rows per frame, best score first; boxes and masks in pixels of the frame.

        An object whose mask has no pixel is none, as in ultralytics' `predict`.
        """
        letterbox = self.finder.fit(clip)
        return [self._rows(found, letterbox) for found in self.finder.found(clip)]

    def _rows(self, found: FoundInFrame, letterbox: Letterbox) -> list[Row]:
        (prototypes,) = found.others
        boxes = found.boxes[:, :_BOX].double().tolist()
        of_objects = masks(prototypes, found.boxes[:, _BOX:], [box[:4] for box in boxes], letterbox)
        size = {"height": letterbox.height, "width": letterbox.width}
        return [
            {**self.finder.row(values), **size, "mask": packed(lengths)}
            for values, lengths in zip(boxes, of_objects, strict=True)
            if len(lengths) > 1  # a first run alone is all outside
        ]


def known_classes(options: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the classes that the model knows, for which its checkpoint is read. Raises what `make` raises."""
    pycocotools()  # the scorer's: said before a run, and not after it
    return yolo.known_classes(yolo.SEGMENTATION, options)


def make(options: Mapping[str, str], device: torch.device) -> Segmentation:
    """The task with its model on `device`. Raises what `Finder.make` raises."""
    return Segmentation(Finder.make(yolo.SEGMENTATION, options, device))
