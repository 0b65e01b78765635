"""Made runs for the report's tests: as a run writes them, with numbers that the tests know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from ahc_stream import runs, tables, tasks
from ahc_stream.core.labels import CLASSES
from ahc_stream.core.point import OperatingPoint
from ahc_stream.runs.manifest import as_row
from ahc_stream.tasks.classification.score import CLASSIFICATIONS

NAMES = ("cat", "dog", "fox", "owl")
METRICS = ("psnr", "mse")


@dataclass(frozen=True)
class At:
    """One made operating point: right answers for the share `accuracy` of the items, mean PSNR and bpp."""

    codec: str
    quality: float | None
    bpp: float
    psnr: float
    accuracy: float
    options: str = ""

    @property
    def operating_point(self) -> OperatingPoint:
        options = (option.partition("=") for option in self.options.split(":") if option)
        return OperatingPoint(self.codec, self.quality, tuple((name, value) for name, _, value in options))


ORIGINAL = At("identity", None, 24.0, float("inf"), 0.9)
CURVES = (
    *(
        At("jpeg", q, b, p, a, "subsampling=420")
        for q, b, p, a in ((5, 0.2, 24, 0.3), (20, 0.5, 29, 0.6), (40, 0.8, 32, 0.85), (80, 1.6, 37, 0.9))
    ),
    *(
        At("webp", q, b, p, a)
        for q, b, p, a in ((5, 0.1, 25, 0.4), (20, 0.3, 29, 0.7), (40, 0.5, 32, 0.9), (80, 1.1, 37, 0.9))
    ),
)
"""The lower an item's number, the longer it is told right, so that what one point gets right a better one does too."""


def write_run(
    out: Path,
    points: Sequence[At] = (ORIGINAL, *CURVES),
    items: int = 40,
    labels: bool = True,
    task: bool = True,
    video: bool = False,
    seed: int = 0,
    fingerprint: str = "made",
    edit: Callable[[str, list[dict]], list[dict]] = lambda table, rows: rows,
) -> Path:
    """Writes a run of `items` images 64 x 48 (or videos of one frame) of four classes.

    edit: given a table's name and the rows of a point, those that are written.
    """
    random = np.random.default_rng(seed)
    truth, order = random.integers(0, len(NAMES), items), random.permutation(items)
    hardness = random.normal(0, 1, items)
    asked = request(points, items, task, fingerprint)
    if labels and task:
        known = [_key(item) | {"class_name": NAMES[truth[item]]} for item in range(items)]
        asked = replace(asked, labels={"classification": pa.Table.from_pylist(known, schema=CLASSES)})
    with runs.begin(out, asked) as start:
        for at in points:
            made = {name: edit(name, MAKERS[name](at, truth, order, hardness, video)) for name in asked.schemas}
            start.add({name: pa.Table.from_pylist(rows, schema=asked.schemas[name]) for name, rows in made.items()})
        start.finish(loads(items))
    return out


def request(points: Sequence[At], items: int, task: bool, fingerprint: str = "made") -> runs.Request:
    """What a run of the made dataset asks of its folder."""
    schemas = {"frames": tables.frames_schema(METRICS), "streams": tables.STREAMS}
    schemas |= {"predictions_classification": tables.predictions_schema(CLASSIFICATIONS)} if task else {}
    texts = [str(tasks.parse("classification"))] if task else []
    experiment = {
        "dataset": "made",
        "codecs": list(dict.fromkeys(at.codec for at in points)),
        "tasks": texts,
        "metrics": list(METRICS),
        "metric_profile": "standard",
        "source": "auto",
        "clean": True,
        "out": "runs/made",
    }
    return runs.Request(
        dataset="made",
        items={_key(item)["item"]: {"ends": f"{fingerprint} {item}"} for item in range(items)},
        points=tuple(at.operating_point for at in points),
        schemas=schemas,
        experiment=experiment,
        tasks=texts,
        metrics={name: f"what {name} is" for name in METRICS},
        licence="none",
        weights={"net": {"file": "net.pth", "sha256": "ab" * 32, "licence": "BSD-3-Clause"}},
        provenance={
            "commit": "0" * 40,
            "versions": {"python": "3.11.7"},
            "hardware": {"cpu": "made", "cores": 2, "memory_gib": 8, "gpu": None, "cuda": None},
        },
        most_alive={"clips": 12, "clip_frames": 16, "frames": 0},
    )


def loads(items: int) -> dict[str, dict[str, float]]:
    """Where the time of a made run went."""
    load = {"setup": 0.5, "busy": 1.0, "starved": 7.0, "blocked": 2.0, "items": items}
    return {"open": load, "codec": load | {"busy": 9.0, "starved": 0.5, "blocked": 0.5}}


def _key(item: int) -> dict:
    return {"dataset": "made", "item": f"item {item:02d}", "frame": 0}


def _point(at: At) -> dict:
    return as_row(at.operating_point)


def _frames(at: At, truth: np.ndarray, order: np.ndarray, hardness: np.ndarray, video: bool) -> list[dict]:
    sizes = {"width": 64, "height": 48, "container_bits": 10_000, "estimated_bits": None, "frame_type": "I"}
    rows = []
    for item, hard in enumerate(hardness):
        psnr = at.psnr - hard
        values = {"psnr": psnr, "mse": 255**2 / 10 ** (psnr / 10)}
        bits = {"payload_bits": int(at.bpp * 64 * 48 * (1 + 0.1 * hard))}
        rows.append(_key(item) | _point(at) | sizes | bits | values)
    return rows


def _streams(at: At, truth: np.ndarray, order: np.ndarray, hardness: np.ndarray, video: bool) -> list[dict]:
    facts = {
        "frames": 1, "complete": True, "final": True, "consecutive": video, "duration_seconds": 0.04 if video else None,
        "encode_seconds": 0.1, "decode_seconds": 0.05, "encode_ms": 100.0, "encode_ms_p95": 100.0, "decode_ms": 50.0,
        "decode_ms_p95": 50.0, "delay_frames": 0, "device": "cpu", "lanes": 1, "source": "made",
    }  # fmt: skip
    return [_key(item) | _point(at) | facts for item in range(len(truth))]


def _predictions(at: At, truth: np.ndarray, order: np.ndarray, hardness: np.ndarray, video: bool) -> list[dict]:
    rows = []
    for item, (true, place) in enumerate(zip(truth, order, strict=True)):
        right = place < round(at.accuracy * len(truth))
        predicted = true if right else (true + 1) % len(NAMES)
        probabilities = np.full(len(NAMES), 0.1)
        probabilities[predicted] = 0.7
        prediction = {
            "class_name": NAMES[predicted],
            "probability": 0.7,
            "probabilities": probabilities.tolist(),
            "classes": "\n".join(NAMES),
        }
        rows.append(_key(item) | _point(at) | prediction)
    return rows


MAKERS = {"frames": _frames, "streams": _streams, "predictions_classification": _predictions}
