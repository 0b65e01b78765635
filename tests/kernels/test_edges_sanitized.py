"""The steps of edge maps compiled with sanitizers: maps of one pixel a side, very wide ones, and random ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernels import sanitized


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_no_step_reads_or_writes_outside_of_its_map(sanitizer: str, tmp_path: Path) -> None:
    assert "16 sizes" in sanitized.run("edges_sanitized.cpp", sanitizer, tmp_path)
