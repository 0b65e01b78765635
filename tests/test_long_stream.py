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

FRAMES = 10_000
SETTLED = FRAMES // 4
"""Frames after which libraries are loaded, pools are filled, and memory should stay as it is."""
GROWTH_MIB = 48
"""Of 10,000 frames of 96 x 96: 276 MB as decoded frames alone, so that holding them would show."""


def write_long_video(path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (16, 96, 96, 3), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25, options={"qscale": "20"})
        stream.width = stream.height = 96
        stream.pix_fmt = "yuv420p"
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(np.roll(noise[number % 16] // 4, number, axis=1), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.timeout(600)
def test_a_run_over_ten_thousand_frames_holds_a_flat_memory(tmp_path: Path) -> None:
    write_long_video(tmp_path / "long.mp4")
    codecs = ("h264@40:preset=ultrafast", "jpeg@20", "identity")
    asked = Experiment(
        str(tmp_path / "long.mp4"), codecs, tmp_path / "out", tasks=(), metrics=("psnr",), device="cpu", flush_seconds=1
    )
    process, settled, most, frames = psutil.Process(), 0, 0, 0
    for rows in run(asked):
        frames += rows.frames
        held = process.memory_info().rss
        if frames < SETTLED * len(codecs):
            settled = held
        most = max(most, held)
    assert frames == FRAMES * len(codecs)
    assert most - settled < GROWTH_MIB << 20, f"{(most - settled) >> 20} MiB more than after {SETTLED} frames"
    streams = runs.open(tmp_path / "out").streams
    assert streams["frames"].to_pylist() == [FRAMES] * len(codecs)
