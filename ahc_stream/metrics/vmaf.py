"""VMAF through the libvmaf filter of imageio-ffmpeg's program: work of the CPU, in a process of its own.

Reference and distorted frames go in by turns as one raw video, whose chroma libvmaf does not read; two `select`s part
them again. Scores come back in its log, with six decimals.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ahc_stream.core.errors import AhcStreamError
from ahc_stream.core.programs import ffmpeg_with
from ahc_stream.metrics.entry import Measurer

MODEL = "vmaf_v0.6.1"
MIN_SIDE = 32
"""Of its four scales the last has 4 pixels then; at 16 libvmaf crashes."""
_WEIGHTS, _SUM = (2126, 7152, 722), 10_000
"""R, G and B in the luma of BT.709, in ten-thousandths."""
_LOG = "log.json"


def make(device: torch.device) -> Measurer:
    """The measurer of `METRICS["vmaf"]`. Raises MissingExtra where no program with libvmaf is at hand."""
    _program()
    return measure


def measure(reference: Tensor, distorted: Tensor, consecutive: bool) -> Tensor:
    """See `METRICS["vmaf"]`. Floats are rounded to 8 bits, and a frame with a NaN pixel has no score."""
    if min(reference.shape[2:]) < MIN_SIDE:
        return torch.full((len(reference),), torch.nan, dtype=torch.float64, device=reference.device)
    luma = torch.stack([_luma(reference), _luma(distorted)], dim=1).cpu().numpy()
    values = torch.tensor(_scores(luma, consecutive), dtype=torch.float64, device=reference.device)
    unknown = (reference.isnan() | distorted.isnan()).flatten(1).any(1)
    return torch.where(unknown, torch.nan, values)


def _luma(frames: Tensor) -> Tensor:
    """[N, 3, H, W] in 0..255 -> uint8 [N, H, W], limited range, rounded: in integers, the same on every device."""
    grey = frames if frames.dtype == torch.uint8 else frames.nan_to_num().clamp(0, 255).round()
    red, green, blue = grey.to(torch.int32).unbind(1)
    luma = _WEIGHTS[0] * red + _WEIGHTS[1] * green + _WEIGHTS[2] * blue
    return (16 + (219 * luma + 255 * _SUM // 2).div(255 * _SUM, rounding_mode="floor")).to(torch.uint8)


def _scores(luma: np.ndarray, consecutive: bool) -> list[float]:
    """uint8 [N, 2, H, W], reference and distorted -> the N scores."""
    with tempfile.TemporaryDirectory() as folder:
        words, log = Path(folder) / "words", Path(folder) / _LOG
        status = _run(luma, consecutive, words)
        frames = json.loads(log.read_text())["frames"] if status == 0 and log.is_file() else []
        said = words.read_text(errors="replace").strip()[-500:]
    if len(frames) != len(luma):
        got = f"exit status {status}, {len(frames)} scores and the words {said!r}"
        raise AhcStreamError(f"libvmaf to score {len(luma)} frames", got, "leave the metric vmaf out")
    return [frame["metrics"]["vmaf"] for frame in sorted(frames, key=lambda frame: frame["frameNum"])]


def _run(luma: np.ndarray, consecutive: bool, words: Path) -> int:
    """Feeds the program in the folder of `words`, which takes what it says; its exit status."""
    height, width = luma.shape[2:]
    command = [
        *(_program(), "-hide_banner", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p"),
        *("-s", f"{width}x{height}", "-r", "25", "-i", "pipe:0", "-filter_complex", _graph(consecutive)),
        *("-fps_mode", "passthrough", "-f", "null", "-"),
    ]
    with words.open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=said, stderr=said, cwd=words.parent)
        assert process.stdin is not None, "it was asked for"
        try:
            with process, process.stdin as pipe:
                pipe.writelines(_raw(luma))
        except BrokenPipeError:
            pass  # it ended early: its exit status and its words say why
        return process.wait()


def _graph(consecutive: bool) -> str:
    still = "" if consecutive else r"\\:motion.motion_force_zero=true"
    threads = torch.get_num_threads()
    return (
        r"split[a][b];[a]select=not(mod(n\,2)),setpts=N[reference];[b]select=mod(n\,2),setpts=N[distorted];"
        f"[distorted][reference]libvmaf=model=version={MODEL}{still}:n_threads={threads}:log_fmt=json:log_path={_LOG}"
    )


def _raw(luma: np.ndarray) -> Iterator[bytes]:
    """The frames by turns as 4:2:0, with grey chroma."""
    height, width = luma.shape[2:]
    chroma = bytes([128]) * (2 * -(-height // 2) * -(-width // 2))
    for pair in luma:
        for plane in pair:
            yield plane.tobytes()
            yield chroma


def _program() -> str:
    return ffmpeg_with("libvmaf", "-filters")
