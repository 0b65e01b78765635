"""A stream that is longer than memory: what is held does not grow with it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from ahc_stream import runs
from ahc_stream.experiment import Experiment
from ahc_stream.running import run

SETTLED = 1 / 4
"""Share of the frames after which libraries are loaded, pools are filled, and memory should stay as it is."""


def write_long_video(path: Path, frames: int, height: int, width: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (16, height, width, 3), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25, options={"qscale": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.roll(noise[number % 16] // 4, number, axis=1), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("frames", "height", "width", "codecs", "most_mib"),
    [
        (10_000, 96, 96, ("h264@40:preset=ultrafast", "jpeg@20", "identity"), 48),  # 276 MB as decoded frames alone
        (8_000, 240, 320, ("identity",), 700),  # 1,843 MB, twice: the original and what came back
    ],
)
def test_a_run_over_a_long_film_holds_a_flat_memory(
    frames: int, height: int, width: int, codecs: tuple[str, ...], most_mib: int, tmp_path: Path
) -> None:
    write_long_video(tmp_path / "long.mp4", frames, height, width)
    experiment = Experiment(
        str(tmp_path / "long.mp4"), codecs, tmp_path / "out", tasks=(), metrics=("psnr",), device="cpu", flush_seconds=1
    )
    process, settled, most, measured = psutil.Process(), 0, 0, 0
    for rows in run(experiment):
        measured += rows.frames
        held = process.memory_info().rss
        if measured < SETTLED * frames * len(codecs):
            settled = max(settled, held)
        most = max(most, held)
    assert measured == frames * len(codecs)
    assert most - settled < most_mib << 20, f"{(most - settled) >> 20} MiB more than after a quarter of the frames"
    streams = runs.open(tmp_path / "out").streams
    assert streams["frames"].to_pylist() == [frames] * len(codecs)
