"""When free memory goes back to the system."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from ahc_stream.core import heap

MIB = 1 << 20


class Process:
    """A process whose size, in bytes, and clock, in seconds, are set by hand."""

    def __init__(self, folder: Path) -> None:
        self.statm = folder / "statm"
        self.seconds = 100.0
        self.trims: list[int] = []
        self.grow_to(0)

    def grow_to(self, size: int) -> None:
        self.statm.write_text(f"7 {size // resource.getpagesize()} 9 1 0 5 0")

    def trim(self, pad: int) -> None:
        self.trims.append(pad)


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Process:
    process = Process(tmp_path)
    monkeypatch.setattr(heap, "_STATM", process.statm)
    monkeypatch.setattr(heap.time, "monotonic", lambda: process.seconds)
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda name: type("C", (), {"malloc_trim": staticmethod(process.trim)}))
    return process


def test_a_process_that_has_grown_by_more_than_128_mib_is_trimmed_every_three_seconds(process: Process) -> None:
    trimmer = heap.Trimmer()
    process.grow_to(129 * MIB)
    process.seconds += 2.9
    trimmer()
    assert process.trims == []  # too early
    process.seconds += 0.1
    trimmer()
    assert process.trims == [0]
    process.grow_to(258 * MIB)
    trimmer()
    assert process.trims == [0]  # too early again
    process.seconds += 3
    trimmer()
    assert process.trims == [0, 0]


def test_a_process_that_has_not_grown_that_far_is_left_alone(process: Process) -> None:
    trimmer = heap.Trimmer()
    process.grow_to(128 * MIB)
    process.seconds += 3
    trimmer()
    assert process.trims == []


def test_growth_is_from_what_was_left_after_the_last_time(process: Process) -> None:
    trimmer = heap.Trimmer()
    process.grow_to(200 * MIB)
    process.seconds += 3
    trimmer()
    process.grow_to(300 * MIB)
    process.seconds += 3
    trimmer()
    assert process.trims == [0]


def test_without_a_size_of_the_process_nothing_is_done(process: Process) -> None:
    process.statm.unlink()
    trimmer = heap.Trimmer()
    process.seconds += 60
    trimmer()
    assert process.trims == []
