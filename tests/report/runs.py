"""Made runs for the report's tests: as a run writes them, with numbers that the tests know."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from ahc_stream import tables, tasks
from ahc_stream.core.labels import CLASSES
from ahc_stream.line.sink import ParquetSink, write_once
from ahc_stream.tasks.classification_score import CLASSIFICATIONS

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
) -> Path:
    """Writes a run of `items` images 64 x 48 (or videos of one frame) of four classes, and its manifest."""
    random = np.random.default_rng(seed)
    truth, order = random.integers(0, len(NAMES), items), random.permutation(items)
    hardness = random.normal(0, 1, items)
    schemas = {"frames": tables.frames_schema(METRICS), "clips": tables.CLIPS}
    schemas |= {"predictions_classification": tables.predictions_schema(CLASSIFICATIONS)} if task else {}
    rows = {name: [row for at in points for row in MAKERS[name](at, truth, order, hardness, video)] for name in schemas}
    with ParquetSink(out, schemas) as sink:
        if points:
            sink.add({name: pa.Table.from_pylist(rows[name], schema=schema) for name, schema in schemas.items()})
    if labels and task:
        known = [_key(item) | {"class_name": NAMES[truth[item]]} for item in range(items)]
        write_once(pa.Table.from_pylist(known, schema=CLASSES), out, "labels_classification")
    (out / "manifest.json").write_text(json.dumps(manifest(points, items, task, fingerprint)))
    return out


def manifest(points: Sequence[At], items: int, task: bool, fingerprint: str = "made") -> dict:
    """A manifest of one finished start."""
    load = {"setup": 0.5, "busy": 1.0, "starved": 7.0, "blocked": 2.0, "items": items}
    loads = {"open": load, "trial": load | {"busy": 9.0, "starved": 0.5, "blocked": 0.5}}
    start = {
        "commit": "0" * 40,
        "versions": {"python": "3.11.7"},
        "hardware": {"cpu": "made", "cores": 2, "memory_gib": 8, "gpu": None, "cuda": None},
        "started": "2026-01-01T00:00:00+00:00",
        "finished": "2026-01-01T00:01:00+00:00",
        "failures": 0,
        "loads": loads,
        "most_alive": {"clips": 12, "clip_frames": 16},
        "peak_memory_gib": 1.5,
    }
    codecs = dict.fromkeys(at.codec for at in points)
    return {
        "experiment": {
            "dataset": "made",
            "codecs": list(codecs),
            "tasks": [str(tasks.parse("classification"))] if task else [],
            "metrics": list(METRICS),
            "out": "runs/made",
        },
        "dataset": {"name": "made", "items": items, "licence": "none", "fingerprint": fingerprint},
        "weights": {"net": {"file": "net.pth", "sha256": "ab" * 32, "licence": "BSD-3-Clause"}},
        "metrics": {name: f"what {name} is" for name in METRICS},
        "starts": [start],
    }


def _key(item: int) -> dict:
    return {"dataset": "made", "item": f"item {item:02d}", "frame": 0}


def _point(at: At) -> dict:
    return {"codec": at.codec, "quality": at.quality, "options": at.options}


def _frames(at: At, truth: np.ndarray, order: np.ndarray, hardness: np.ndarray, video: bool) -> list[dict]:
    sizes = {"width": 64, "height": 48, "container_bits": 10_000, "estimated_bits": None, "frame_type": "I"}
    return [
        _key(item) | _point(at) | sizes
        | {"payload_bits": int(at.bpp * 64 * 48 * (1 + 0.1 * hard)), "psnr": at.psnr - hard, "mse": 255**2 / 10 ** ((at.psnr - hard) / 10)}
        for item, hard in enumerate(hardness)
    ]  # fmt: skip


def _clips(at: At, truth: np.ndarray, order: np.ndarray, hardness: np.ndarray, video: bool) -> list[dict]:
    facts = {"batch": 1, "consecutive": video, "device": "cpu", "lanes": 1, "source": "made"}
    return [
        _key(item) | _point(at) | facts | {"encode_seconds": 0.1, "decode_seconds": 0.05} for item in range(len(truth))
    ]


def _predictions(at: At, truth: np.ndarray, order: np.ndarray, hardness: np.ndarray, video: bool) -> list[dict]:
    rows = []
    for item, (true, place) in enumerate(zip(truth, order, strict=True)):
        right = place < round(at.accuracy * len(truth))
        said = true if right else (true + 1) % len(NAMES)
        shares = np.full(len(NAMES), 0.1)
        shares[said] = 0.7
        told = {
            "class_name": NAMES[said],
            "probability": 0.7,
            "probabilities": shares.tolist(),
            "classes": "\n".join(NAMES),
        }
        rows.append(_key(item) | _point(at) | told)
    return rows


MAKERS = {"frames": _frames, "clips": _clips, "predictions_classification": _predictions}
