"""Colour conversion compiled with sanitizers: pictures of one pixel a side and somewhat more."""

from __future__ import annotations

from pathlib import Path

from tests.kernels import sanitized


def test_no_conversion_reads_or_writes_outside_of_its_planes(tmp_path: Path) -> None:
    assert "90 sizes" in sanitized.run("colour_sanitized.cpp", "address,undefined", tmp_path)
