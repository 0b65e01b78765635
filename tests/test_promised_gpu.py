"""tests/promised_gpu.py: a test that needs a GPU never passes for want of one, and a promise is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]
ONE = "tests/core/test_cuda.py::test_a_lane_on_a_gpu_has_its_own_stream_and_its_fence_waits"


def outcome(promise: str | None) -> str:
    """What pytest says of one test with the mark."""
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", ONE]
    environment = {name: value for name, value in os.environ.items() if name != "AHC_STREAM_REQUIRE_CUDA"}
    environment |= {} if promise is None else {"AHC_STREAM_REQUIRE_CUDA": promise}
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False).stdout


@pytest.mark.skipif(torch.cuda.is_available(), reason="a machine with a GPU runs the tests that are skipped here")
@pytest.mark.parametrize(
    ("promise", "says"),
    [(None, "needs an NVIDIA GPU"), ("1", "AHC_STREAM_REQUIRE_CUDA=1 promises a GPU, and torch finds none")],
)
def test_without_a_gpu_a_test_that_needs_one_is_skipped_or_failed_where_one_was_promised(promise, says) -> None:
    text = outcome(promise)
    assert says in text and "passed" not in text
    assert ("FAILED" in text or "ERROR" in text) == (promise == "1")


def test_no_test_asks_for_a_gpu_in_another_way() -> None:
    ways = ("AHC_STREAM_REQUIRE_CUDA", 'skip("needs a CUDA', 'reason="no CUDA')
    files = {path.name: path.read_text() for path in (ROOT / "tests").rglob("*.py")}
    asking = [name for name, text in files.items() if any(way in text for way in ways)]
    assert sorted(asking) == ["promised_gpu.py", Path(__file__).name]
