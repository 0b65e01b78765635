"""Random coders and messages, each against CompressAI's bytes and back: 2,000, or as AHC_STREAM_FUZZ_RANS says."""

from __future__ import annotations

import os
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ahc_stream.kernels.entropy_coder import rans_encode
from tests.kernels.rans_peers import random_rows, read_all, theirs

BATCHES = int(os.environ.get("AHC_STREAM_FUZZ_RANS", "2000"))
# Hypothesis shapes the case and shrinks it; numpy fills it in from one seed, which is many times faster.
SHAPES = {
    "seed": st.integers(0, 2**32 - 1),
    "lengths": st.lists(st.integers(0, 30), max_size=6),
    "most_bins": st.integers(2, 60),
    "spread": st.sampled_from([1, 10, 100, 2**15, 2**26]),
}


@settings(max_examples=BATCHES)
@given(**SHAPES)
def test_any_batch_is_coded_as_compressai_codes_it(seed: int, lengths: list[int], most_bins: int, spread: int) -> None:
    random, bounds = np.random.default_rng(seed), np.cumsum([0, *lengths])
    tables = random_rows(random, 3, most_bins)
    indexes = random.integers(0, 3, bounds[-1]).astype(np.int32)
    symbols = random.integers(-spread, spread + 1, bounds[-1]).astype(np.int32)
    strings = rans_encode(tables.native, symbols, indexes, bounds)
    assert strings == [theirs(tables, symbols[a:b], indexes[a:b]) for a, b in pairwise(bounds)]
    assert (read_all(tables, strings, indexes, bounds) == symbols).all()
