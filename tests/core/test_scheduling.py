"""No codec leaves a thread that runs before all other programs of the machine."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PRELUDE = """
import os
os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # whatever the process of the tests has
import av
from fractions import Fraction
def real_time():
    return [t for t in os.listdir("/proc/self/task") if os.sched_getscheduler(int(t)) in (os.SCHED_FIFO, os.SCHED_RR)]
def opened():
    context = av.Codec("libsvtav1", "w").create("video")
    context.width, context.height, context.pix_fmt = 64, 64, "yuv420p"
    context.framerate, context.time_base = Fraction(25), Fraction(1, 25)
    context.open()
    return context
"""

is_root = pytest.mark.skipif(
    not hasattr(os, "sched_getscheduler") or os.geteuid() != 0, reason="SVT-AV1 raises its priority as root on Linux"
)


def lines_of(program: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", PRELUDE + program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@is_root
def test_svt_av1_raises_it_and_what_is_opened_within_does_not() -> None:
    program = """
from ahc_stream.core.scheduling import ordinary_priority
with ordinary_priority():
    context = opened()
print(len(real_time()))
other = opened()
print(len(real_time()) > 0)
"""
    assert lines_of(program) == ["0", "True"]


@is_root
def test_a_round_trip_through_av1_leaves_no_thread_of_it() -> None:
    program = """
import torch
from ahc_stream import codecs, roundtrip
from ahc_stream.core.clip import Clip, FrameKey
frames = torch.zeros(3, 3, 64, 96, dtype=torch.uint8)
keys = tuple(FrameKey("d", "i", number) for number in range(3))
clip = Clip(frames, keys, torch.arange(3, dtype=torch.float64) / 25, True)
for name in ("av1@40", "h264@30", "h265@30", "vvc@40", "avif@50"):
    roundtrip(codecs.make(codecs.parse(name)[0], torch.device("cpu")), clip)
    print(name, len(real_time()))
"""
    assert lines_of(program) == [f"{name} 0" for name in ("av1@40", "h264@30", "h265@30", "vvc@40", "avif@50")]


@is_root
def test_a_priority_that_somebody_else_gave_stays() -> None:
    program = """
from ahc_stream.core.scheduling import ordinary_priority
os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
with ordinary_priority():
    pass
print(os.sched_getscheduler(0) == os.SCHED_RR)
"""
    assert lines_of(program) == ["True"]
