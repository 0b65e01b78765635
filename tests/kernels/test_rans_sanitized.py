"""The coder compiled with sanitizers: no access outside of a buffer, no undefined arithmetic, no data race."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernels import sanitized

CASES = "2000"


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_the_coder_is_clean_under(sanitizer: str, tmp_path: Path) -> None:
    assert f"{CASES} cases" in sanitized.run("rans_sanitized.cpp", sanitizer, tmp_path, CASES)
