"""The units of a tally: what a bootstrap draws and paired tests pair, an image or a whole sequence."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.labels import KEY

KEYS = [name for name, _ in KEY]


def of(tally: pa.Table) -> pa.Table:
    """The KEY columns of each unit once, in the order of first appearance."""
    return tally.select(KEYS).combine_chunks().group_by(KEYS, use_threads=False).aggregate([])


def numbers(tally: pa.Table) -> np.ndarray:
    """int64 [rows]: the place of each row's unit in `of(tally)`."""
    keys = [pc.dictionary_encode(tally[name]).combine_chunks() for name in KEYS]
    codes = np.stack([key.indices.to_numpy(zero_copy_only=False) for key in keys])
    _, first, inverse = np.unique(codes, axis=1, return_index=True, return_inverse=True)
    place = np.empty(len(first), np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return place[inverse.reshape(-1)]


def weights_of(tally: pa.Table, weights: np.ndarray | None) -> np.ndarray:
    """float64 [rows]: the weight of each row's unit; 1 where there are none."""
    return np.ones(tally.num_rows) if weights is None else np.asarray(weights, np.float64)[numbers(tally)]
