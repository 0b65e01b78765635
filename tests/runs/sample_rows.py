"""Requests and rows for tests of a run's folder: small, and as a line would give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from ahc_stream import runs, tables
from ahc_stream.core.errors import MediaError
from ahc_stream.core.failure import Failure
from ahc_stream.core.labels import CLASSES
from ahc_stream.core.point import OperatingPoint
from ahc_stream.runs import Request
from ahc_stream.runs.manifest import as_row

JPEG = OperatingPoint("jpeg", 50.0, (("subsampling", "420"),))
WEBP = OperatingPoint("webp", 80.0)
IDENTITY = OperatingPoint("identity")
SEEN = pa.schema([("number", pa.int64())])
SCHEMAS = {
    "frames": tables.frames_schema(["psnr"]),
    "streams": tables.STREAMS,
    "predictions_seen": tables.predictions_schema(SEEN),
}


def request(items: Iterable[str] = ("a", "b"), points: Sequence[OperatingPoint] = (JPEG,), **other) -> Request:
    """Of items whose digest is their name, unless `items` maps names to digests."""
    digests = items if isinstance(items, Mapping) else {item: item for item in items}
    facts = {
        "experiment": {
            "dataset": "d",
            "metric_profile": "standard",
            "source": "auto",
            "clean": True,
            "codecs": [str(p) for p in points],
        },
        "tasks": ("seen",),
        "metrics": {"psnr": "what PSNR is"},
        "provenance": {"commit": "0" * 40, "versions": {"python": "3.11.7"}, "hardware": {"cpu": "made"}},
    }
    all_digests = {
        item: digest if isinstance(digest, Mapping) else {"ends": digest} for item, digest in digests.items()
    }
    return replace(Request("d", all_digests, tuple(points), SCHEMAS, {}), **(facts | other))


def labels(classes: Mapping[str, str]) -> dict[str, pa.Table]:
    """Labels of a classification: item -> class."""
    rows = [{"dataset": "d", "item": item, "frame": 0, "class_name": name} for item, name in classes.items()]
    return {"classification": pa.Table.from_pylist(rows, schema=CLASSES)}


def frames(item: str, numbers: Iterable[int] = (0,), point: OperatingPoint = JPEG, psnr: float = 30.0) -> dict:
    """Rows of `frames`, and as many predictions of each frame as its number says, modulo 3."""
    keys = [{"dataset": "d", "item": item, "frame": number} | as_row(point) for number in numbers]
    sizes = {"frame_type": "I", "width": 4, "height": 4, "payload_bits": 8, "container_bits": 9, "estimated_bits": None}
    seen = [key | {"number": number} for key in keys for number in range(key["frame"] % 3)]
    return {
        "frames": pa.Table.from_pylist([key | sizes | {"psnr": psnr} for key in keys], schema=SCHEMAS["frames"]),
        "predictions_seen": pa.Table.from_pylist(seen, schema=SCHEMAS["predictions_seen"]),
    }


def stream(
    item: str,
    count: int = 1,
    point: OperatingPoint = JPEG,
    first: int = 0,
    complete: bool = True,
    final: bool = True,
) -> dict[str, pa.Table]:
    """One row of `streams`."""
    facts = {
        "frames": count, "complete": complete, "final": final, "consecutive": count > 1, "duration_seconds": count / 25,
        "encode_seconds": 0.1, "decode_seconds": 0.1, "encode_ms": 1.0, "encode_ms_p95": 2.0, "decode_ms": 1.0,
        "decode_ms_p95": 2.0, "delay_frames": 0, "device": "cpu", "lanes": 1, "source": "x",
    }  # fmt: skip
    row = {"dataset": "d", "item": item, "frame": first} | as_row(point) | facts
    return {"streams": pa.Table.from_pylist([row], schema=tables.STREAMS)}


def whole(item: str, count: int = 1, point: OperatingPoint = JPEG) -> dict[str, pa.Table]:
    """All rows of one stream."""
    return frames(item, range(count), point) | stream(item, count, point)


def failure(item: str, point: OperatingPoint | None = None, stage: str = "open") -> Failure:
    return Failure("d", item, stage, MediaError("a JPEG", "half of one", "fetch it again"), point=point)


@contextmanager
def killed(out: Path, asked: Request, flush_seconds: float = 0.0) -> Iterator[runs.Start]:
    """A start whose process is killed where the block ends: what was committed stays, its entry says nothing."""
    with runs.begin(out, asked, flush_seconds) as start:
        start.end = lambda ended: None
        yield start


def parts(out: Path, table: str) -> list[Path]:
    """The files of a table."""
    return sorted((out / table).glob("part-*.parquet"))
