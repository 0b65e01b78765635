"""VMAF through the libvmaf filter of imageio-ffmpeg's program: work of the CPU, in a process of its own.

Reference and distorted frames go in by turns as one raw video, whose chroma libvmaf does not read; two `select`s part
them again. Scores come back in its log, with six decimals.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import nan
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ahc_stream.core.errors import AhcStreamError
from ahc_stream.core.programs import ffmpeg_with
from ahc_stream.metrics.entry import Temporal

MODEL = "vmaf_v0.6.1"
MIN_SIDE = 32
"""Of its four scales the last has 4 pixels then; at 16 libvmaf crashes."""
WINDOW = 16
"""Frames that are scored by one start of the program: its start costs about as much as one frame of 1080p."""
_WEIGHTS, _SUM = (2126, 7152, 722), 10_000
"""R, G and B in the luma of BT.709, in ten-thousandths."""
_LOG = "log.json"


def require() -> None:
    """Raises MissingExtra where no program with libvmaf is at hand."""
    ffmpeg_with("libvmaf", "-filters")


class Vmaf:
    """The metric `vmaf` of one stream, which goes through libvmaf in windows of so many of its frames.

    libvmaf's motion of a frame is the lesser of its differences to the frame before and to the one behind; everything
    else looks at the frame alone. So a window with a neighbour on either side has the scores of the whole stream. The
    program runs within a call and ends with it.

    delay:  the most frames that are pushed and have no score yet: a window is scored when the frame behind it is here.
    """

    def __init__(self, device: torch.device, consecutive: bool) -> None:
        self.delay = WINDOW if consecutive else 0
        self._device, self._consecutive = device, consecutive
        self._before: list[NDArray[np.uint8]] = []  # the frame before those that wait, or none
        self._waiting: list[NDArray[np.uint8]] = []  # luma of the frames without a score, uint8 [2, H, W] each
        self._unknown: list[bool] = []  # of these frames, which have a NaN pixel

    def push(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """See `METRICS["vmaf"]`. Floats are rounded to 8 bits, and a frame with a NaN pixel has no score."""
        if min(reference.shape[2:]) < MIN_SIDE:
            return torch.full((len(reference),), torch.nan, dtype=torch.float64, device=self._device)
        self._waiting.extend(torch.stack([_luma(reference), _luma(distorted)], dim=1).cpu().numpy())
        self._unknown.extend((reference.isnan() | distorted.isnan()).flatten(1).any(1).tolist())
        if not self._consecutive:
            return self._tensor(self._scored(len(self._waiting)))
        scores: list[float] = []
        while len(self._waiting) > WINDOW:
            scores += self._scored(WINDOW)
        return self._tensor(scores)

    def finish(self) -> Tensor:
        """The scores of the frames that wait."""
        return self._tensor(self._scored(len(self._waiting)) if self._waiting else [])

    def _scored(self, count: int) -> list[float]:
        """The scores of the first `count` frames that wait, which wait no more."""
        first = len(self._before)
        window = [*self._before, *self._waiting[: count + 1]]
        scores = _scores(window, self._consecutive)[first : first + count]
        known = [nan if unknown else score for unknown, score in zip(self._unknown[:count], scores, strict=True)]
        self._before = self._waiting[count - 1 : count] if self._consecutive else []
        self._waiting, self._unknown = self._waiting[count:], self._unknown[count:]
        return known

    def _tensor(self, scores: list[float]) -> Tensor:
        return torch.tensor(scores, dtype=torch.float64, device=self._device)


VMAF = Temporal(Vmaf, require)


def _luma(frames: Tensor) -> Tensor:
    """[N, 3, H, W] in 0..255 -> uint8 [N, H, W], limited range, rounded: in integers, the same on every device."""
    grey = frames if frames.dtype == torch.uint8 else frames.nan_to_num().clamp(0, 255).round()
    red, green, blue = grey.to(torch.int32).unbind(1)
    luma = _WEIGHTS[0] * red + _WEIGHTS[1] * green + _WEIGHTS[2] * blue
    return (16 + (219 * luma + 255 * _SUM // 2).div(255 * _SUM, rounding_mode="floor")).to(torch.uint8)


def _scores(luma: Sequence[NDArray[np.uint8]], consecutive: bool) -> list[float]:
    """N times uint8 [2, H, W], reference and distorted -> the N scores."""
    with tempfile.TemporaryDirectory() as folder:
        messages, log = Path(folder) / "messages", Path(folder) / _LOG
        status = _run(luma, consecutive, messages)
        frames = json.loads(log.read_text())["frames"] if status == 0 and log.is_file() else []
        printed = messages.read_text(errors="replace").strip()[-500:]
    if len(frames) != len(luma):
        got = f"exit status {status}, {len(frames)} scores and the message {printed!r}"
        raise AhcStreamError(f"libvmaf to score {len(luma)} frames", got, "leave the metric vmaf out")
    return [frame["metrics"]["vmaf"] for frame in sorted(frames, key=lambda frame: frame["frameNum"])]


def _run(luma: Sequence[NDArray[np.uint8]], consecutive: bool, messages: Path) -> int:
    """Feeds the program, in the folder of the file `messages`, which takes what it prints; its exit status."""
    height, width = luma[0].shape[1:]
    command = [
        *(ffmpeg_with("libvmaf", "-filters"), "-hide_banner", "-loglevel", "error"),
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", "25", "-i", "pipe:0"),
        *("-filter_complex", _graph(consecutive), "-fps_mode", "passthrough", "-f", "null", "-"),
    ]
    with (
        messages.open("wb") as output,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output, cwd=messages.parent) as process,
    ):
        assert process.stdin is not None, "it was asked for"
        try:
            with suppress(BrokenPipeError), process.stdin as pipe:  # ended early: status and message say why
                pipe.writelines(_raw(luma))
            return process.wait()
        finally:
            process.kill()  # where feeding it was broken off; nothing happens to a program that has ended


def _graph(consecutive: bool) -> str:
    still = "" if consecutive else r"\\:motion.motion_force_zero=true"
    threads = torch.get_num_threads()
    return (
        r"split[a][b];[a]select=not(mod(n\,2)),setpts=N[reference];[b]select=mod(n\,2),setpts=N[distorted];"
        f"[distorted][reference]libvmaf=model=version={MODEL}{still}:n_threads={threads}:log_fmt=json:log_path={_LOG}"
    )


def _raw(luma: Sequence[NDArray[np.uint8]]) -> Iterator[bytes]:
    """The frames by turns as 4:2:0, with grey chroma."""
    height, width = luma[0].shape[1:]
    chroma = bytes([128]) * (2 * -(-height // 2) * -(-width // 2))
    for pair in luma:
        for plane in pair:
            yield plane.tobytes()
            yield chroma
