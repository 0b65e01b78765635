"""The units of a tally: what a bootstrap draws and paired tests pair, an image or a whole sequence."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ahc_stream.core.labels import KEY

KEYS = [name for name, _ in KEY]

Numbers = NDArray[np.int64]


def of(tally: pa.Table) -> pa.Table:
    """The KEY columns of each unit once, in the order of first appearance."""
    codes, _ = _joint_codes(tally, tally)
    _, first = np.unique(codes, return_index=True)  # Arrow's own group_by keeps no order beyond a thousand rows
    return tally.select(KEYS).take(np.sort(first)).combine_chunks()


def numbers(tally: pa.Table) -> Numbers:
    """int64 [rows]: the place of each row's unit in `of(tally)`."""
    return places(tally, of(tally))


def places(table: pa.Table, units: pa.Table) -> Numbers:
    """int64 [rows]: where the KEY of each row of `table` stands in `units`, which has each once; -1 where it does
    not."""
    rows, known = _joint_codes(table, units)
    order = np.argsort(known)
    at = np.searchsorted(known, rows, sorter=order)
    index = np.take(np.append(order, -1), at)
    is_same = np.take(np.append(known, -1), index) == rows
    return np.where(is_same, index, -1)


def _joint_codes(table: pa.Table, units: pa.Table) -> tuple[Numbers, Numbers]:
    """int64 of each row of both tables, equal where their KEY columns are."""
    rows, known, sizes = zip(*(_codes(table[name], units[name]) for name in KEYS), strict=True)
    return np.ravel_multi_index(rows, sizes), np.ravel_multi_index(known, sizes)


def _codes(column: pa.ChunkedArray, among: pa.ChunkedArray) -> tuple[Numbers, Numbers, int]:
    """The two columns as numbers, equal where their values are, and how many numbers there are; 0 is none of
    `among`."""
    distinct = pc.unique(among)

    def coded(values: pa.ChunkedArray) -> Numbers:
        indexes: NDArray[np.int32] = pc.fill_null(pc.index_in(values, distinct), -1).to_numpy()
        return indexes.astype(np.int64) + 1

    return coded(column), coded(among), len(distinct) + 1
