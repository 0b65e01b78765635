"""Programs in C++ that are compiled with a sanitizer and run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
KERNELS = HERE.parent.parent / "kernels"
WARNINGS = ["-Wall", "-Wextra", "-Werror"]


def run(source: str, sanitizer: str, folder: Path, *arguments: str, options: Sequence[str] = ()) -> str:
    """What the program of a file beside this one prints. Skips the test where no compiler is."""
    compiler = shutil.which(os.environ.get("CXX", "g++"))
    if compiler is None:
        pytest.skip("no C++ compiler here (g++, or the one CXX names)")  # wheels are tested on machines without one
    program = str(folder / "sanitized")
    level = "-O1" if sanitizer == "thread" else "-O0"  # compiled and run in the least time together
    flags = ["-std=c++20", level, "-g1", f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", "-pthread"]
    command = [compiler, *flags, *options, *WARNINGS, f"-I{KERNELS}", str(HERE / source), "-o", program]
    subprocess.run(command, check=True)
    ended = subprocess.run([program, *arguments], check=False, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
