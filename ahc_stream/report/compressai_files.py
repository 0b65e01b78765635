"""A run's curves as result files of CompressAI's tools, one per codec, which `compressai.utils.plot` draws.

The form is that of `published`. Keys are CompressAI's where it has one for the same thing
(`metrics.Metric.compressai`), and the columns of `operating_points` elsewhere:

    bpp                           payload bits per pixel, as `operating_points` has it
    bitrate                       kbit/s, of video; what `compressai.utils.video.plot` draws over
    encoding_time, decoding_time  wall seconds per frame
    quality                       the codec's own knob
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ahc_stream import metrics
from ahc_stream.core.json_text import json_text
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.dot import Dot, curve_names
from ahc_stream.report.published import RATE, RESULTS
from ahc_stream.store.atomic import write_bytes

COLUMNS = {"bpp_container": "bpp_container", "bpp_estimated": "bpp_estimated", "kbit_s": "bitrate"}
"""Column of `operating_points` -> key, of the rates but the first."""
TIMES = {"encode_fps": "encoding_time", "decode_fps": "decoding_time"}
"""Frames per second -> key of its inverse."""
TAKEN = {*COLUMNS.values(), *TIMES.values(), "quality"}
"""Keys that a metric of a user's cannot have as they are."""
LONGEST_STEM = 100
"""Characters; options may be paths of any length."""


class WrittenCurve(NamedTuple):
    """left_out: keys that the file lacks, since the curve has no finite value of them at some of its points."""

    path: Path
    left_out: tuple[str, ...]


def write_compressai(analysis: Analysis, folder: Path) -> list[WrittenCurve]:
    """Writes a file per codec and options, called after them, under `folder`; the original is no curve. Raises
    StorageError."""
    written = []
    taken: set[str] = set()
    for curve, name in curve_names(analysis.dots).items():
        dots = sorted((dot for dot in analysis.dots if dot.curve == curve), key=lambda dot: dot.bpp)
        columns = dict(_columns(analysis, dots))
        whole = {key: values for key, values in columns.items() if all(map(_is_finite, values))}
        path = folder / f"{_stem(name, taken)}.json"
        content = {"name": name, "description": _description(analysis, dots[0]), RESULTS: whole}
        write_bytes(path, json_text(content, indent=2).encode(), durable=False)
        left_out = (key for key in columns if key not in whole and any(map(_is_finite, columns[key])))
        written.append(WrittenCurve(path, tuple(left_out)))
    return written


def _columns(analysis: Analysis, dots: Iterable[Dot]) -> Iterator[tuple[str, list[float | None]]]:
    """Key -> its value at each point; None where a point has none."""
    rows = [dot.row for dot in dots]
    yield RATE, [row[RATE] for row in rows]
    for quantity in analysis.quantities:
        metric = metrics.known(quantity.name) if quantity.is_metric else None
        key = metric.compressai[0] if metric and metric.compressai else quantity.name
        yield f"metric_{key}" if key in TAKEN else key, [row.get(quantity.name) for row in rows]
    for name, key in COLUMNS.items():
        yield key, [row.get(name) for row in rows]
    for name, key in TIMES.items():
        yield key, [1 / row[name] if row.get(name) else None for row in rows]
    yield "quality", [row["quality"] for row in rows]


def _description(analysis: Analysis, dot: Dot) -> str:
    manifest: Mapping[str, Any] = analysis.run.manifest
    settings = f"{dot.point['options']}; " if dot.point["options"] else ""
    means = "bits over pixels of all frames, and means over frames" if analysis.video else "means over images"
    return f"ahc-stream, {manifest['dataset']['name']}: {settings}{means}"


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _stem(name: str, taken: set[str]) -> str:
    """The name of a file that no other curve has, also where a file system knows no capitals."""
    stem = base = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:LONGEST_STEM] or "curve"
    number = 1
    while stem.lower() in taken:
        number += 1
        stem = f"{base}-{number}"
    taken.add(stem.lower())
    return stem
