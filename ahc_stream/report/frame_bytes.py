"""Bytes per frame at one operating point: the rate as people know it from files."""

from __future__ import annotations

import pyarrow as pa

from ahc_stream.report.dot import Dot
from ahc_stream.runs.points import where


def frame_bytes(frames: pa.Table, dot: Dot) -> float | None:
    """Mean payload bytes per frame at one operating point, of a run's `frames`; per image, where these are stills."""
    bits = where(frames, dot.point)["payload_bits"]
    return float(bits.to_numpy().mean()) / 8 if len(bits) else None
