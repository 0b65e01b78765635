"""ffmpeg's filters over pairs of luma planes: one start of the program for all scores that are asked for.

Reference and distorted frames go in by turns as one raw video, whose chroma no score reads; two `select`s part them
again. Scores come back in the filters' own logs: libvmaf's with six decimals, xpsnr's with four.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ahc_stream.core.errors import AhcStreamError, MissingExtra
from ahc_stream.core.programs import ffmpeg_with
from ahc_stream.metrics.scores import LIBVMAF, XPSNR, FilterScore

Planes = NDArray[np.uint8]
"""uint8 [2, H, W]: the luma of a reference and of a distorted frame."""

_LOGS = {LIBVMAF: "libvmaf.json", XPSNR: "xpsnr.log"}
_RATE = 25
"""Frames a second, of no meaning but to xpsnr: below 32 it compares a frame with the one before it, above with two."""
_OF_A_FRAME = re.compile(r"^n: *\d+ +XPSNR y: *(\S+)", re.MULTILINE)


def frame_scores(
    scores: Collection[FilterScore], pairs: Sequence[Planes], consecutive: bool
) -> dict[FilterScore, list[float]]:
    """Each score of each pair. All are defined for the frames' size.

    consecutive:  the pairs are frames of one video that follow each other; else each stands alone: to VMAF without
                  motion, to XPSNR behind a frame that is the same.
    Raises MissingExtra where there is no such program, AhcStreamError with what it says where it fails.
    """
    plan = _Plan(tuple(scores), consecutive)
    with tempfile.TemporaryDirectory() as folder:
        status, printed = _run(plan, pairs, Path(folder))
        found = plan.read(Path(folder)) if status == 0 else {}
    if any(len(values) != len(pairs) for values in found.values()) or len(found) != len(plan.scores):
        counts = sorted({len(values) for values in found.values()})
        names = " and ".join(plan.filters)
        got = f"exit status {status}, {counts or 'no'} scores and the message {printed!r}"
        raise AhcStreamError(f"{names} to score {len(pairs)} frames", got, "leave these metrics out")
    return found


def require(scores: Collection[FilterScore]) -> None:
    """Tries the program on a black frame. Raises MissingExtra where none is at hand that has what the scores need."""
    for name in sorted({score.filter for score in scores}):
        ffmpeg_with(name, "-filters")
    if not _fault(frozenset(scores)):
        return
    for score in scores:
        fault = _fault(frozenset([score]))
        if fault:
            todo = "run: pip install -U imageio-ffmpeg, and unset IMAGEIO_FFMPEG_EXE"
            raise MissingExtra(f"an ffmpeg program with {score.needs}", fault, todo)


@cache
def _fault(scores: frozenset[FilterScore]) -> str:
    """What the program says where it cannot compute these scores; "" where it can."""
    black = np.zeros((2, 216, 216), np.uint8)
    try:
        frame_scores(scores, [black], consecutive=False)
    except AhcStreamError as error:
        return error.got
    return ""


class _Plan:
    """What the program is told, and where it leaves its answers.

    A frame that stands alone is fed twice where xpsnr is asked: its second appearance is the one without motion.
    """

    def __init__(self, scores: tuple[FilterScore, ...], consecutive: bool) -> None:
        self.scores, self._consecutive = scores, consecutive
        self.filters = sorted({score.filter for score in scores})
        self.copies = 2 if XPSNR in self.filters and not consecutive else 1

    def graph(self) -> str:
        """The filters' graph. Each filter has a branch of its own, since xpsnr's reference comes first."""
        branches = range(len(self.filters))
        references, distorted = ("".join(f"[{side}{branch}]" for branch in branches) for side in "rd")
        chains = [
            "split[a][b]",
            rf"[a]select=not(mod(n\,2)),setpts=N,split={len(branches)}{references}",
            rf"[b]select=mod(n\,2),setpts=N,split={len(branches)}{distorted}",
        ]
        for branch, name in enumerate(self.filters):
            chains += self._libvmaf(branch) if name == LIBVMAF else [f"[r{branch}][d{branch}]{self._xpsnr()}"]
        return ";".join(chains)

    def _libvmaf(self, branch: int) -> list[str]:
        once = r"select=mod(n\,2),setpts=N" if self.copies == 2 else "null"
        chains = [f"[{side}{branch}]{once}[{side}]" for side in "rd"]
        still = "" if self._consecutive else r"\\:motion.motion_force_zero=true"
        models = [
            score.model.replace(":", r"\\:") + rf"\\:name={score.column}{still}" for score in self.scores if score.model
        ]
        features = dict.fromkeys(f"name={score.feature}" for score in self.scores if score.feature)
        options = [f"model={'|'.join(models)}"]  # "": none, where libvmaf would take its own
        options += [f"feature={'|'.join(features)}"] if features else []
        options += [f"n_threads={torch.get_num_threads()}", "log_fmt=json", f"log_path={_LOGS[LIBVMAF]}"]
        return [*chains, f"[d][r]libvmaf={':'.join(options)}"]

    def _xpsnr(self) -> str:
        return f"xpsnr=stats_file={_LOGS[XPSNR]}"

    def read(self, folder: Path) -> dict[FilterScore, list[float]]:
        """Each score of the frames that are in its log; none of a log that was not written."""
        found: dict[FilterScore, list[float]] = {}
        for name in self.filters:
            log = folder / _LOGS[name]
            text = log.read_text() if log.is_file() else ""
            mine = [score for score in self.scores if score.filter == name]
            found |= _of_libvmaf(text, mine) if name == LIBVMAF else _of_xpsnr(text, mine, self.copies)
        return found


def _of_libvmaf(text: str, scores: Sequence[FilterScore]) -> dict[FilterScore, list[float]]:
    frames = json.loads(text)["frames"] if text else []
    frames = sorted(frames, key=lambda frame: frame["frameNum"])
    rows = [frame["metrics"] for frame in frames]
    return {score: [row[score.column] for row in rows if score.column in row] for score in scores}


def _of_xpsnr(text: str, scores: Sequence[FilterScore], copies: int) -> dict[FilterScore, list[float]]:
    values = [float(value) for value in _OF_A_FRAME.findall(text)]
    return dict.fromkeys(scores, values[copies - 1 :: copies])


def _run(plan: _Plan, pairs: Sequence[Planes], folder: Path) -> tuple[int, str]:
    """Feeds the program, which writes its logs into `folder`; its exit status, and the end of what it prints."""
    height, width = pairs[0].shape[1:]
    messages = folder / "messages"
    command = [
        *(ffmpeg_with(plan.filters[0], "-filters"), "-hide_banner", "-loglevel", "error"),
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", str(_RATE), "-i", "pipe:0"),
        *("-filter_complex", plan.graph(), "-fps_mode", "passthrough", "-f", "null", "-"),
    ]
    with (
        messages.open("wb") as output,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output, cwd=folder) as process,
    ):
        assert process.stdin is not None, "it was asked for"
        try:
            with suppress(BrokenPipeError), process.stdin as pipe:  # ended early: status and message say why
                pipe.writelines(_raw(pairs, plan.copies))
            status = process.wait()
        finally:
            process.kill()  # where feeding it was broken off; nothing happens to a program that has ended
    return status, messages.read_text(errors="replace").strip()[-500:]


def _raw(pairs: Sequence[Planes], copies: int) -> Iterator[bytes]:
    """The frames by turns as 4:2:0, with grey chroma; each pair so many times."""
    height, width = pairs[0].shape[1:]
    chroma = bytes([128]) * (2 * -(-height // 2) * -(-width // 2))
    for pair in pairs:
        for plane in [*pair] * copies:
            yield plane.tobytes()
            yield chroma
