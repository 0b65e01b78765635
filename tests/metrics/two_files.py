"""ffmpeg's filters on two files, the way its users call them: what our way of feeding them is held to."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import torch
from torch import Tensor

from ahc_stream.core.programs import ffmpeg_with
from ahc_stream.metrics.luma import luma

Pair = tuple[Tensor, Tensor]
NAMES = ("reference", "distorted")


def written(pair: Pair, folder: Path) -> Path:
    """The folder, with both as YUV4MPEG2 at 25 frames a second: their luma, and grey chroma."""
    folder.mkdir(exist_ok=True)
    for name, frames in zip(NAMES, pair, strict=True):
        height, width = frames.shape[2:]
        header = f"YUV4MPEG2 W{width} H{height} F25:1 Ip A1:1 C420jpeg\n".encode()
        chroma = b"\x80" * (2 * ((height + 1) // 2) * ((width + 1) // 2))
        planes = [b"FRAME\n" + plane.numpy().tobytes() + chroma for plane in luma(frames)]
        (folder / f"{name}.y4m").write_bytes(header + b"".join(planes))
    return folder


def libvmaf(folder: Path, options: str = "") -> list[dict[str, float]]:
    """libvmaf's log of the files of a folder, a row per frame."""
    _filtered(folder, f"[1:v][0:v]libvmaf={options}:log_fmt=json:log_path=two.json")
    frames = json.loads((folder / "two.json").read_text())["frames"]
    return [frame["metrics"] for frame in frames]


def measured(folder: Path, filter_name: str, pattern: str) -> list[float]:
    """What a filter with a `stats_file` writes for each frame, where the pattern's group finds a number."""
    _filtered(folder, f"[0:v][1:v]{filter_name}=stats_file=stats.log")
    return [float(value) for value in re.findall(pattern, (folder / "stats.log").read_text())]


def xpsnr(folder: Path) -> list[float]:
    return measured(folder, "xpsnr", r"n: +\d+ +XPSNR y: (\S+)")


def twice(frames: Tensor) -> Tensor:
    """A still as a video of two frames, of which the second has no motion."""
    return torch.cat([frames, frames])


def _filtered(folder: Path, graph: str) -> None:
    inputs = [word for name in NAMES for word in ("-i", f"{name}.y4m")]
    command = [ffmpeg_with("libvmaf", "-filters"), "-loglevel", "error", *inputs, "-lavfi", graph, "-f", "null", "-"]
    subprocess.run(command, cwd=folder, check=True)
