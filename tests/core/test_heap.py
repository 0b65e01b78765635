"""What malloc keeps while frames stream, and when free memory goes back to the system."""

from __future__ import annotations

import resource
import subprocess
import sys
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
        self.parameters: dict[int, int] = {}
        self.grow_to(0)

    def grow_to(self, size: int) -> None:
        self.statm.write_text(f"7 {size // resource.getpagesize()} 9 1 0 5 0")

    def later(self, seconds: float, trimmer: heap.Trimmer) -> None:
        self.seconds += seconds
        trimmer()


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Process:
    process = Process(tmp_path)
    functions = {
        "malloc_trim": staticmethod(process.trims.append),
        "mallopt": staticmethod(process.parameters.__setitem__),
    }
    monkeypatch.setattr(heap, "_STATM", process.statm)
    monkeypatch.setattr(heap.time, "monotonic", lambda: process.seconds)
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda name: type("Glibc", (), functions))
    return process


def test_a_process_that_grows_by_more_than_128_mib_over_what_it_needs_is_trimmed(process: Process) -> None:
    trimmer = heap.Trimmer()
    process.grow_to(1000 * MIB)
    process.later(3, trimmer)  # what the work needs
    process.grow_to(1128 * MIB)
    process.later(3, trimmer)
    assert process.trims == []  # not by more
    process.grow_to(1129 * MIB)
    process.later(2.9, trimmer)
    assert process.trims == []  # too early
    process.later(0.1, trimmer)
    assert process.trims == [0]


def test_what_work_needs_is_looked_at_again_after_a_trim(process: Process) -> None:
    trimmer = heap.Trimmer()
    for size in (100, 300):
        process.grow_to(size * MIB)
        process.later(3, trimmer)
    assert process.trims == [0]
    for size in (500, 628):
        process.grow_to(size * MIB)
        process.later(3, trimmer)
    assert process.trims == [0]
    process.grow_to(629 * MIB)
    process.later(3, trimmer)
    assert process.trims == [0, 0]


def test_without_a_size_of_the_process_nothing_is_trimmed(process: Process) -> None:
    process.statm.unlink()
    trimmer = heap.Trimmer()
    for _ in range(20):
        process.later(3, trimmer)
    assert process.trims == []


def test_the_last_to_leave_gives_memory_back_and_sets_what_is_usual(process: Process) -> None:
    with heap.keeping_memory():
        assert process.parameters == heap.KEEPING
        with heap.keeping_memory():
            assert process.parameters == heap.KEEPING
        assert process.parameters == heap.KEEPING and process.trims == []
    assert process.parameters == heap.KEEPING | heap.USUAL and process.trims == [0]


def test_an_error_within_it_ends_it_too(process: Process) -> None:
    with pytest.raises(KeyError), heap.keeping_memory():
        raise KeyError
    assert process.parameters[heap.MMAP_THRESHOLD] == 32 * MIB and process.trims == [0]


def test_without_glibc_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda name: object())
    with heap.keeping_memory() as trim:
        trim()


FAULTS = """
import resource, threading
import torch
from ahc_stream.core.heap import keeping_memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def blocks(count):
    for _ in range(count):
        torch.ones(25_000_000)  # 100 MB, freed at once

def counted(say):
    blocks(20)  # until there are holes enough beside the small things that settle
    before = faults()
    blocks(5)
    say.append(faults() - before)

said = []
with keeping_memory():
    counted(said)
    thread = threading.Thread(target=counted, args=(said,))
    thread.start(), thread.join()
print(*said)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc")
def test_large_blocks_are_faulted_in_once_in_any_thread() -> None:
    output = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True).stdout
    within, in_a_thread = map(int, output.split())
    pages = 5 * 100_000_000 // resource.getpagesize()
    assert within < 0.01 * pages and in_a_thread < 0.01 * pages
