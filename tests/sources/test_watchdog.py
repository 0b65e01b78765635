"""A decoder that stands still is noticed, one that hangs in its process is ended."""

from __future__ import annotations

import itertools
import subprocess
import threading
import time

import pytest

from ahc_stream.core.errors import MediaError
from ahc_stream.sources import decord, watchdog
from tests.sources.streams import opened, write


def test_values_pass_in_order_and_the_end_is_the_end():
    assert list(watchdog.watched(iter(range(10)), "x")) == list(range(10))


def test_an_error_comes_after_the_values_before_it():
    def values():
        yield 1
        raise ZeroDivisionError

    got = []
    with pytest.raises(ZeroDivisionError):
        got.extend(watchdog.watched(values(), "x"))
    assert got == [1]


def test_a_stall_is_an_error_that_names_the_medium():
    never = threading.Event()

    def values():
        yield 1
        never.wait(5)

    watched = watchdog.watched(values(), "holiday.mp4", stall_seconds=0.2)
    assert next(watched) == 1
    start = time.monotonic()
    with pytest.raises(MediaError, match=r"holiday\.mp4; got none for 0\.2 seconds"):
        next(watched)
    assert time.monotonic() - start < 2
    never.set()


def test_closing_early_ends_the_thread_and_never_reads_far_ahead():
    read = []
    watched = watchdog.watched((read.append(i) or i for i in itertools.count()), "endless")
    assert next(watched) == 0
    watched.close()
    time.sleep(0.5)
    assert not [thread for thread in threading.enumerate() if thread.name == "decode endless"]
    assert len(read) <= 5


def test_a_decord_process_that_hangs_is_killed(tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    child.write_text("import time\ntime.sleep(60)\n")
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(decord, "_CHILD", child)
    monkeypatch.setattr(decord.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[0])
    monkeypatch.setattr(decord, "watched", lambda values, name: watchdog.watched(values, name, 0.5))
    path = write(tmp_path / "a.mp4", pixel_format="yuv444p")
    with pytest.raises(MediaError, match=r"none for 0\.5 seconds"):
        opened(path, "decord")
    assert started[0].poll() is not None


def test_a_decord_process_that_fails_is_reported_with_its_last_words(tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    child.write_text("import sys\nsys.exit('no such codec')\n")
    monkeypatch.setattr(decord, "_CHILD", child)
    with pytest.raises(MediaError, match="no such codec"):
        opened(write(tmp_path / "a.mp4", pixel_format="yuv444p"), "decord")
