"""The loops over pixels compiled with sanitizers, for each instruction set of this machine: odd sizes, every layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream.kernels._native import pixel_variants
from tests.kernels import sanitized

OPTIONS = {
    "portable": [],
    "avx2": ["-mavx2", "-mfma"],
    "avx512": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma"],
}


@pytest.mark.parametrize("variant", OPTIONS)
@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_no_loop_reads_or_writes_outside_of_its_frames(sanitizer: str, variant: str, tmp_path: Path) -> None:
    if variant not in pixel_variants():
        pytest.skip(f"this processor has no {variant}")
    options = [f"-DAHC_VARIANT={variant}", "-ffp-contract=off", *OPTIONS[variant]]
    assert "9 sizes" in sanitized.run("pixels_sanitized.cpp", sanitizer, tmp_path, options=options)
