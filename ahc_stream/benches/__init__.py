"""Benchmarks of one device, that a wheel brings: `ahc-stream bench`. Correctness first, peers in the same run.

Each is a file with PARTS, functions of a `Size` that give rows; each part stands alone, so that one that fails costs
its own rows. Benchmarks that need data and more libraries lie in the repository's folder `benchmarks`.
"""

from __future__ import annotations

from ahc_stream.benches.row import Row
from ahc_stream.benches.running import BENCHES, LostPart, bench
from ahc_stream.benches.size import Size, size_for
from ahc_stream.benches.table import row_table
from ahc_stream.benches.timing import Disagreement, median_seconds, require

__all__ = [
    "BENCHES", "Disagreement", "LostPart", "Row", "Size", "bench", "median_seconds", "require", "row_table", "size_for",
]  # fmt: skip
