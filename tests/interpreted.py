"""Files of tests of Triton kernels: compiled where there is a GPU; elsewhere interpreted, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.promised_gpu import GPU

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1" and not GPU
DEVICE = "cuda" if GPU else "cpu"

kernels = pytest.mark.skipif(not GPU and not INTERPRETED, reason="no GPU; the interpreted run stands in for it")
"""Of a test of kernels."""
stands_in = pytest.mark.skipif(GPU or INTERPRETED, reason="the kernels are tested as they are")
"""Of the test that runs its own file interpreted."""


def check_interpreted(file: str, passed: int) -> None:
    """Runs a file of tests under the interpreter: as many as are named pass, and none fails."""
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", file]
    # coverage leaves the kernels' files out, and would only slow the interpreter down
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    environment["TRITON_INTERPRET"] = "1"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # its output says why
    assert done.returncode == 0, done.stdout[-4000:]
    assert f"{passed} passed" in done.stdout, done.stdout[-4000:]
