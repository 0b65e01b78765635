"""Convolutions compiled with sanitizers: pictures and channels that fill no tile and no vector."""

from __future__ import annotations

from pathlib import Path

from tests.kernels import sanitized


def test_no_convolution_reads_or_writes_outside_of_its_memory(tmp_path: Path) -> None:
    assert "80 layers" in sanitized.run("convolution_sanitized.cpp", "address,undefined", tmp_path)
