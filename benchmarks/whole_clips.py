"""A clip through an encoder and back with PSNR and SSIM of each frame: a run of ours against the ffmpeg program.

    ours    an experiment in this process, imports apart: decode, RGB, encode, decode, RGB, metrics
    ffmpeg  imageio-ffmpeg's program: decode and encode into a file, then both files decoded into its psnr and ssim
            filters, which measure Y'CbCr and convert nothing

Both encoders have the settings of the operating point. Wall time of the whole, and CPU time of all threads and
programs.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path

import torch
from harness import Row, median_seconds, require

from ahc_stream import codecs, metrics, sources
from ahc_stream.codecs.traditional.encoders import encoder_of
from ahc_stream.core.clip import Item, joined
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.programs import ffmpeg_with
from ahc_stream.experiment import Experiment
from ahc_stream.line.measure import Measurement
from ahc_stream.running import run

POINTS = ("h264@28", "h265@28")
METRICS = ("psnr", "ssim")
ROUNDS = 3
GOAL = 0.9
"""Ours converts each frame three times between Y'CbCr and RGB, which the program does not."""
BYTES_APART, DECIBELS_APART = 0.03, 0.3
"""Ours encodes BT.709 whatever the file's matrix is, so the two encode slightly different samples."""
FILTERS = "[0:v]split[a][b];[1:v]split[c][d];[a][c]psnr[p];[b][d]ssim[s]"


def whole_clips(path: Path) -> list[Row]:
    """Rows for each operating point: wall and CPU time."""
    return [row for text in POINTS for row in _rows(path, codecs.parse(text)[0])]


def _rows(path: Path, point: OperatingPoint) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        coded = Path(folder) / "coded.mkv"
        works: dict[str, Callable[[], object]] = {
            "ours": lambda: _run(path, point),
            "ffmpeg": lambda: (_encode(path, coded, point), _measure(path, coded)),
        }
        works["ffmpeg"]()
        _require_alike(path, coded, point)
        wall = median_seconds(works, ROUNDS)
        cpu = median_seconds(works, ROUNDS, _cpu_seconds)
    name = f"{path.name} through {point.codec}@{point.quality:g} with {' and '.join(METRICS)}"
    return [
        Row(f"{name}: all of it", "s", wall["ours"], wall["ffmpeg"], "ffmpeg, two passes", goal=GOAL),
        Row(f"{name}: all of it", "s CPU", cpu["ours"], cpu["ffmpeg"], "ffmpeg, two passes", goal=GOAL),
    ]


def _run(path: Path, point: OperatingPoint) -> None:
    deque(run(_experiment(path, point)), maxlen=0)


def _experiment(path: Path, point: OperatingPoint) -> Experiment:
    return Experiment(str(path), (str(point),), tasks=(), metrics=METRICS, device="cpu")


def _encode(path: Path, coded: Path, point: OperatingPoint) -> None:
    encoder, options = encoder_of(point), dict(point.options)
    settings = {**encoder.settings(point.quality, options), "g": options["gop"], "threads": options["threads"]}
    words = [word for name, value in settings.items() for word in (f"-{name}", value)]
    source, encoded = ("-i", str(path), "-an", "-fps_mode", "passthrough"), ("-c:v", encoder.name, "-flags", "+cgop")
    _ffmpeg(*source, *encoded, *words, str(coded))


def _measure(path: Path, coded: Path) -> None:
    outputs = [word for label in ("[p]", "[s]") for word in ("-map", label)]
    _ffmpeg("-i", str(coded), "-i", str(path), "-lavfi", FILTERS, *outputs, "-f", "null", "-")


def _ffmpeg(*arguments: str) -> None:
    subprocess.run([ffmpeg_with("psnr", "-filters"), "-y", "-nostdin", "-v", "error", *arguments], check=True)


def _require_alike(path: Path, coded: Path, point: OperatingPoint) -> None:
    """The program's file has the size and the PSNR of our stream, measured in the same way."""
    measured = [rows for rows in run(_experiment(path, point)) if isinstance(rows, Measurement)]
    frames = [frame for rows in measured for frame in rows.tables["frames"].to_pylist()]
    ours = sum(frame["container_bits"] for frame in frames) / 8
    require(abs(coded.stat().st_size / ours - 1) < BYTES_APART, f"{point}: files of one size within 3 %")
    psnr = metrics.psnr(_frames(path), _frames(coded))
    mean = sum(frame["psnr"] for frame in frames) / len(frames)
    require(len(psnr) == len(frames), f"{point}: as many frames as the program has")
    require(abs(float(psnr.mean()) - mean) < DECIBELS_APART, f"{point}: one PSNR within {DECIBELS_APART} dB")


def _frames(path: Path) -> torch.Tensor:
    clips = list(sources.open_item(Item("bench", path.name, "video", (path,)), 16, torch.device("cpu")))
    return joined([clip for clip in clips if not isinstance(clip, sources.BrokenStill)]).frames


def _cpu_seconds() -> float:
    """Of this process and of the programs that it has waited for."""
    return sum(os.times()[:4])
