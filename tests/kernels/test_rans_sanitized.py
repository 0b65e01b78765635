"""The coder compiled with sanitizers: no access outside of a buffer, no undefined arithmetic, no data race."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
KERNELS = HERE.parent.parent / "kernels"
CASES = "2000"


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_the_coder_is_clean_under(sanitizer: str, tmp_path: Path) -> None:
    compiler = shutil.which(os.environ.get("CXX", "g++"))
    if compiler is None:
        pytest.skip("no C++ compiler here (g++, or the one CXX names)")  # wheels are tested on machines without one
    program = tmp_path / "rans_sanitized"
    flags = ["-std=c++20", "-O1", "-g", f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", "-pthread"]
    warnings = ["-Wall", "-Wextra", "-Werror"]
    source = str(HERE / "rans_sanitized.cpp")
    subprocess.run([compiler, *flags, *warnings, f"-I{KERNELS}", source, "-o", str(program)], check=True)
    done = subprocess.run([str(program), CASES], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{CASES} cases" in done.stdout
