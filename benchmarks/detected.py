"""Made runs of detection, as `runs` writes them: as many boxes as COCO's images hold, and as uneven over classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ahc_stream import runs, tables, tasks
from ahc_stream.core.labels import BOXES
from ahc_stream.core.point import OperatingPoint
from ahc_stream.runs.manifest import as_row
from ahc_stream.tasks.detection.score import DETECTIONS

CLASSES = 80
BOXES_PER_IMAGE = 7.3
"""To find, the mean; val2017 has as many."""
STRAYS_PER_IMAGE = 120
"""Found where nothing is, with low scores: what a YOLO has at `score=0.001`."""
WIDTH, HEIGHT = 640, 480
METRICS = ("psnr", "ssim", "ms_ssim", "vif")
SCHEMAS = {
    "frames": tables.frames_schema(METRICS),
    "streams": tables.STREAMS,
    "predictions_detection": tables.predictions_schema(DETECTIONS),
}

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class At:
    """An operating point, and the share of boxes that are found there."""

    point: OperatingPoint
    bpp: float
    psnr: float
    found: float


POINTS = (
    At(OperatingPoint("identity", None, ()), 24.0, float("inf"), 0.85),
    *(
        At(OperatingPoint("jpeg", quality, (("subsampling", "420"),)), bpp, psnr, found)
        for quality, bpp, psnr, found in (
            (5.0, 0.2, 24, 0.35),
            (15.0, 0.4, 28, 0.6),
            (30.0, 0.7, 31, 0.75),
            (60.0, 1.1, 34, 0.82),
            (90.0, 2.6, 40, 0.85),
        )
    ),
)


@dataclass(frozen=True)
class Boxes:
    """image, class_id: int64 [boxes]. corners: float64 [boxes, 4], x1, y1, x2, y2."""

    image: Numbers
    class_id: Numbers
    corners: Values


def write_run(out: Path, images: int, points: Sequence[At] = POINTS, seed: int = 0) -> Path:
    """A run of `images` images under `out`, the same for the same seed."""
    random = np.random.default_rng(seed)
    truth = _boxes(random, random.poisson(BOXES_PER_IMAGE, images), side=90)
    with runs.begin(out, _request(images, points, _labels(random, truth))) as start:
        for at in points:
            start.add(
                {
                    "frames": _frames(random, at, images),
                    "streams": _streams(at, images),
                    "predictions_detection": _predictions(random, at, truth, images),
                }
            )
    return out


def _boxes(random: np.random.Generator, per_image: Numbers, side: float) -> Boxes:
    """So many boxes in each image. Classes are as uneven as COCO's: the first has a third of all boxes."""
    count = int(per_image.sum())
    share = 1 / np.arange(1, CLASSES + 1)
    share[0] = share[1:].sum() / 2
    size = side * np.exp(random.normal(0, 1, (count, 2)))
    sides = np.minimum(size, [WIDTH, HEIGHT])
    corner = random.uniform(0, 1, (count, 2)) * ([WIDTH, HEIGHT] - sides)
    classes = random.choice(CLASSES, count, p=share / share.sum())
    return Boxes(np.repeat(np.arange(len(per_image)), per_image), classes, np.hstack([corner, corner + sides]))


def _labels(random: np.random.Generator, truth: Boxes) -> pa.Table:
    sides = truth.corners[:, 2:] - truth.corners[:, :2]
    columns = {
        **_keys(truth.image),
        "track_id": np.full(len(truth.image), -1),
        **_described(truth),
        "area": sides.prod(axis=1) * random.uniform(0.4, 0.9, len(sides)),
        "ignore": random.uniform(size=len(sides)) < 0.01,
    }
    return _table(columns, BOXES)


def _predictions(random: np.random.Generator, at: At, truth: Boxes, images: int) -> pa.Table:
    """The true boxes that are found, a little beside where they are, and strays."""
    is_found = random.uniform(size=len(truth.image)) < at.found
    sides = np.tile(truth.corners[is_found, 2:] - truth.corners[is_found, :2], 2)
    moved = truth.corners[is_found] + random.normal(0, 0.06, sides.shape) * sides
    strays = _boxes(random, random.poisson(STRAYS_PER_IMAGE, images), side=60)
    boxes = Boxes(
        np.append(truth.image[is_found], strays.image),
        np.append(truth.class_id[is_found], strays.class_id),
        np.vstack([moved, strays.corners]),
    )
    scores = np.append(random.beta(4, 3, is_found.sum()), random.beta(0.4, 12, len(strays.image)))
    columns = {**_keys(boxes.image), **_at(at, len(scores)), **_described(boxes), "score": scores}
    return _table({**columns, "class_id": boxes.class_id}, SCHEMAS["predictions_detection"])


def _described(boxes: Boxes) -> dict[str, Any]:
    corners = dict(zip(("x1", "y1", "x2", "y2"), boxes.corners.T, strict=True))
    return {"class_name": [f"class {number:02d}" for number in boxes.class_id], **corners}


def _frames(random: np.random.Generator, at: At, images: int) -> pa.Table:
    hardness = random.normal(0, 1, images)
    bits = (at.bpp * WIDTH * HEIGHT * np.exp(0.2 * hardness)).astype(np.int64)
    sizes = {"frame_type": ["I"] * images, "width": [WIDTH] * images, "height": [HEIGHT] * images}
    rates = {"payload_bits": bits, "container_bits": bits + 400, "estimated_bits": [None] * images}
    psnr = at.psnr - hardness
    values = {"psnr": psnr} | {name: 1 - np.exp(-psnr / 10) for name in METRICS[1:]}
    return _table({**_keys(np.arange(images)), **_at(at, images), **sizes, **rates, **values}, SCHEMAS["frames"])


def _streams(at: At, images: int) -> pa.Table:
    facts = {
        "frames": 1, "complete": True, "final": True, "consecutive": False, "duration_seconds": None,
        "encode_seconds": 0.01, "decode_seconds": 0.005, "encode_ms": 10.0, "encode_ms_p95": 10.0, "decode_ms": 5.0,
        "decode_ms_p95": 5.0, "delay_frames": 0, "device": "cpu", "lanes": 1, "source": "images",
    }  # fmt: skip
    columns = {name: [value] * images for name, value in facts.items()}
    return _table({**_keys(np.arange(images)), **_at(at, images), **columns}, tables.STREAMS)


def _keys(image: Numbers) -> dict[str, Any]:
    return {"dataset": ["made"] * len(image), "item": [_item(n) for n in image], "frame": np.zeros(len(image))}


def _item(number: int) -> str:
    return f"{number:012d}.jpg"


def _at(at: At, rows: int) -> dict[str, Any]:
    return {name: [value] * rows for name, value in as_row(at.point).items()}


def _table(columns: dict[str, Any], schema: pa.Schema) -> pa.Table:
    arrays = [pa.array(columns[field.name]).cast(field.type) for field in schema]
    return pa.table(arrays, schema=schema)


def _request(images: int, points: Sequence[At], labels: pa.Table) -> runs.Request:
    task = str(tasks.parse("detection"))
    experiment = {
        "dataset": "made", "codecs": [at.point.codec for at in points], "tasks": [task], "metrics": list(METRICS),
        "metric_profile": "standard", "source": "auto", "clean": True, "out": "runs/made",
    }  # fmt: skip
    return runs.Request(
        dataset="made",
        items={_item(number): {"ends": f"{number:064x}"} for number in range(images)},
        points=tuple(at.point for at in points),
        schemas=SCHEMAS,
        experiment=experiment,
        tasks=[task],
        metrics={name: name for name in METRICS},
        labels={"detection": labels},
        provenance={
            "commit": "0" * 40,
            "versions": {},
            "hardware": {"cpu": "", "cores": 1, "memory_gib": 1, "gpu": None, "cuda": None},
        },
    )
