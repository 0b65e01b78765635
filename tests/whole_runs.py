"""A small dataset of everything that a stream can be, and runs over it, in this process or in one that kills itself.

python -m tests.whole_runs FOLDER OUT JSON    one start; JSON has clip_frames, lanes, shard, codecs, tasks, kill_after
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image

from ahc_stream import runs
from ahc_stream.core.clip import Clip
from ahc_stream.core.stream import Stream
from ahc_stream.experiment import Experiment
from ahc_stream.running import run
from tests import warm
from tests.pictures import picture

METRICS = ("psnr", "ssim", "vmaf")
TIMINGS = {
    "start", "lanes", "delay_frames", "encode_seconds", "encode_ms", "encode_ms_p95", "decode_seconds", "decode_ms",
    "decode_ms_p95",
}  # fmt: skip
LONG, SHORT = "films/long.mkv", "films/short.mp4"


def make_dataset(folder: Path) -> Path:
    """Two videos, one with B frames and uneven times, and six stills of two sizes, one of which is no picture."""
    (folder / "films").mkdir(parents=True)
    times = [0, 40, 80, 120, 133, 200, 240, 290]
    write_video(folder / LONG, [times[i % 8] + 330 * (i // 8) for i in range(41)], "libx264")
    write_video(folder / SHORT, [40 * i for i in range(5)], "mpeg4")
    for number in range(6):
        size = (48, 64) if number % 2 else (40, 40)
        Image.fromarray(picture(*size, number)).save(folder / f"still{number}.png")
    (folder / "still5.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return folder


def write_video(path: Path, milliseconds: Sequence[int], encoder: str) -> None:
    """Frames of 64 x 48 at these times: a picture that drifts, and another one from the 20th frame on."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for number, tick in enumerate(milliseconds):
            frame = av.VideoFrame.from_ndarray(np.roll(picture(48, 64, number // 20), 2 * number, axis=1), "rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def cut_short(folder: Path, out: Path) -> Path:
    """A copy of the dataset whose long video breaks off."""
    shutil.copytree(folder, out)
    data = (out / LONG).read_bytes()
    (out / LONG).write_bytes(data[: 2 * len(data) // 3])
    return out


class Trail:
    """A task that remembers: the mean of the last five frames, said when the frame after the next one is known."""

    name = "trail"
    schema = pa.schema([("mean", pa.float64())])

    def session(self, stream: Stream) -> TrailSession:
        return TrailSession()


class TrailSession:
    delay = 2

    def __init__(self) -> None:
        self._means: list[float] = []
        self._given = 0

    def push(self, reference: Clip, decoded: Clip) -> list[list[dict]]:
        self._means += decoded.frames.double().mean((1, 2, 3)).tolist()
        return self._rows(len(self._means) - self.delay)

    def finish(self) -> list[list[dict]]:
        return self._rows(len(self._means))

    def _rows(self, until: int) -> list[list[dict]]:
        numbers = range(self._given, max(self._given, until))
        self._given += len(numbers)
        windows = [self._means[max(0, number - 2) : number + 3] for number in numbers]
        return [[{"mean": float(np.mean(window))}] for window in windows]


def experiment(
    folder: Path, out: Path, codecs: Iterable[str], tasks: Iterable[str] = (), **options: object
) -> Experiment:
    """Of METRICS and the task `Trail`, with what `options` change."""
    settings = {"device": "cpu", "metrics": METRICS, "max_failures": 100, "flush_seconds": 0.0} | options
    return Experiment(str(folder), tuple(codecs), out, tasks=(Trail(), *tasks), **settings)


def finish(asked: Experiment, kill_after: int | None = None) -> None:
    """Runs to its end, or until so many pieces of rows have come: then the process is killed."""
    for number, _ in enumerate(run(asked)):
        if number == kill_after:
            os.kill(os.getpid(), signal.SIGKILL)


def killed(folder: Path, out: Path, codecs: Sequence[str], tasks: Sequence[str], **start: object) -> int:
    """A start in a process of its own; its exit status, -9 where it killed itself."""
    words = json.dumps({"codecs": list(codecs), "tasks": list(tasks), **start})
    command = [*warm.command(module="tests.whole_runs"), str(folder), str(out), words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def tables_of(out: Path) -> dict[str, pd.DataFrame]:
    """Everything that readers see, in one order; timings apart, and messages, which name the dataset's folder."""
    opened = runs.open(out)
    predicted = [f"predictions_{task.split(':')[0]}" for task in opened.tasks]  # tracking reads detection's
    names = ["frames", "streams", "failures", *(name for name in predicted if name in opened.tables)]
    return {name: _sorted(opened.table(name).to_pandas()) for name in names}


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.drop(columns=list(TIMINGS | {"message"}), errors="ignore")
    return rows.sort_values(list(rows.columns), ignore_index=True) if len(rows) else rows


if __name__ == "__main__":
    words = json.loads(sys.argv[3])
    after = words.pop("kill_after")
    words["shard"] = tuple(words["shard"])
    finish(experiment(Path(sys.argv[1]), Path(sys.argv[2]), **words), after)
