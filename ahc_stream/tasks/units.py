"""The units of a tally: what a bootstrap draws and paired tests pair, an image or a whole sequence."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.labels import KEY

KEYS = [name for name, _ in KEY]


def of(tally: pa.Table) -> pa.Table:
    """The KEY columns of each unit once, in the order of first appearance."""
    codes, _ = _joint_codes(tally, tally)
    _, first = np.unique(codes, return_index=True)  # Arrow's own group_by keeps no order beyond a thousand rows
    return tally.select(KEYS).take(np.sort(first)).combine_chunks()


def numbers(tally: pa.Table) -> np.ndarray:
    """int64 [rows]: the place of each row's unit in `of(tally)`."""
    return places(tally, of(tally))


def places(table: pa.Table, units: pa.Table) -> np.ndarray:
    """int64 [rows]: where the KEY of each row of `table` stands in `units`, which has each once; -1 where it does not."""
    rows, known = _joint_codes(table, units)
    order = np.argsort(known)
    at = np.searchsorted(known, rows, sorter=order)
    place = np.take(np.append(order, -1), at)
    return np.where(np.take(np.append(known, -1), place) == rows, place, -1)


def _joint_codes(table: pa.Table, units: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """int64 of each row of both tables, equal where their KEY columns are."""
    codes, sizes = zip(*(_codes(table[name], units[name]) for name in KEYS), strict=True)
    rows, known = (np.ravel_multi_index(np.stack(part), sizes) for part in zip(*codes, strict=True))
    return rows, known


def _codes(column: pa.ChunkedArray, among: pa.ChunkedArray) -> tuple[tuple[np.ndarray, np.ndarray], int]:
    """The two columns as numbers, equal where their values are, and how many numbers there are; 0 is none of `among`."""
    distinct = pc.unique(among)
    numbers = (
        pc.fill_null(pc.index_in(values, distinct), -1).to_numpy().astype(np.int64) + 1 for values in (column, among)
    )
    return tuple(numbers), len(distinct) + 1


def weights_of(tally: pa.Table, weights: np.ndarray | None) -> np.ndarray:
    """float64 [rows]: the weight of each row's unit; 1 where there are none."""
    return np.ones(tally.num_rows) if weights is None else np.asarray(weights, np.float64)[numbers(tally)]
