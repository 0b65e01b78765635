"""Reading: a clip's frames through PP-OCR, detection and recognition, all on the clip's device.

The reference is RapidOCR (1.4 for PP-OCRv3 and v4, 3.10 for v6) without its classifier of upside-down lines: the same
resize, normalisation, boxes, crops and decoding, down to the rounding. What differs: frames beyond 2000 pixels are
scaled for the detector only, crops keep their full resolution; a line is padded as if it were alone in its batch, so
that what it says does not depend on its neighbours; frames get a border, because plates fill theirs and a detector
wants one around a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import torch
from torch import Tensor

from ahc_stream.core.clip import Clip
from ahc_stream.tasks.networks.onnx_network import Network, load
from ahc_stream.tasks.networks.weight_file import weight_file
from ahc_stream.tasks.ocr import score as ocr_score
from ahc_stream.tasks.ocr.boxes import BoxSettings
from ahc_stream.tasks.ocr.detect import Canvas, detect
from ahc_stream.tasks.ocr.geometry import Points
from ahc_stream.tasks.ocr.lines import reading_order
from ahc_stream.tasks.ocr.recognise import Reading, Recogniser, crop, load_recogniser

GREY = 128

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class TextReading:
    """The task `ocr`; its options are explained in the table of tasks. detector: None reads a frame as one line."""

    detector: Network | None
    recogniser: Recogniser
    settings: BoxSettings
    score_above: float
    limit: int
    border: float
    grey: int | None
    name: str = "ocr"
    schema: pa.Schema = ocr_score.LINES

    def predict(self, clip: Clip) -> Sequence[Sequence[Row]]:
        """One list of rows per frame, in reading order; corners in pixels of the frame, clipped to it.

        The frames stay on the device; maps of probability and the best classes come to the host, the crops of the
        whole clip are read together.
        """
        border = self.border if self.detector else 0.0
        canvas = Canvas.fit(clip.height, clip.width, border, self.limit)
        images = canvas.pad(clip.frames, self.grey)
        boxes = self._boxes(images, canvas)
        crops = [crop(image, box) for image, of_image in zip(images, boxes, strict=True) for box in of_image]
        readings = iter(self.recogniser.read(crops))
        return [self._rows(canvas.to_frame(of_image), list(islice(readings, len(of_image)))) for of_image in boxes]

    def _boxes(self, images: Tensor, canvas: Canvas) -> list[Points]:
        """N times float32 [K, 4, 2] in the canvas, in reading order."""
        if self.detector is None:
            return [canvas.frame_box()] * len(images)
        boxes = detect(self.detector, images, canvas, self.settings)
        return [of_image[reading_order(of_image)] for of_image in boxes]

    def _rows(self, corners: Points, readings: Sequence[Reading]) -> list[Row]:
        names = ocr_score.LINES.names
        return [
            dict(zip(names, (text, score, *box.flatten().tolist()), strict=True))
            for box, (text, score) in zip(corners, readings, strict=True)
            if text.strip() and score >= self.score_above
        ]


def make(options: Mapping[str, str], device: torch.device) -> TextReading:
    """The task with its networks on `device`. Raises MissingData without the weights, MissingExtra, InvalidValue."""
    has_detector = options["detect"] == "yes"
    detector = load(weight_file(options["det"], "an ONNX network"), device) if has_detector else None
    recogniser = load_recogniser(weight_file(options["rec"], "an ONNX network"), device, options["charset"])
    return TextReading(
        detector,
        recogniser,
        BoxSettings(float(options["threshold"]), float(options["box"]), float(options["unclip"])),
        score_above=float(options["score"]),
        limit=int(options["limit"]),
        border=float(options["border"]),
        grey=GREY if options["fill"] == "grey" else None,
    )
