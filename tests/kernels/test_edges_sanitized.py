"""The steps of edge maps compiled with sanitizers, on maps of one pixel a side and on very wide ones."""

from __future__ import annotations

from pathlib import Path

from tests.kernels import sanitized


def test_no_step_reads_or_writes_outside_of_its_map(tmp_path: Path) -> None:
    assert "16 sizes" in sanitized.run("edges_sanitized.cpp", "address,undefined", tmp_path)
