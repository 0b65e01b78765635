"""Rows by their keys, millions at a time: composite keys as integers, and frames within spans of frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

FRAME_BITS = 32
"""Low bits of a key that hold the frame number; the code stands above them."""


def codes(tables: Sequence[pa.Table], names: Sequence[str]) -> list[Integers]:
    """int64 [rows] for each of `tables`: two rows of any of them have the same number exactly where they are equal in
    the columns `names`; a null equals a null."""
    sizes = [table.num_rows for table in tables]
    code = np.zeros(sum(sizes), np.int64)
    for name in names:
        chunks = [chunk for table in tables for chunk in table[name].chunks]
        column = pa.chunked_array(chunks, tables[0][name].type)
        index, count = _dictionary_index(column)
        if count > 1:
            _, code = np.unique(code * count + index, return_inverse=True)  # dense again: products stay below 2^63
    boundaries = np.cumsum(sizes)[:-1]
    return np.split(code.reshape(-1), boundaries)


def _dictionary_index(column: pa.ChunkedArray) -> tuple[Integers, int]:
    """int64 [rows], the index of each value among the distinct ones; and how many of these there are."""
    chunks = column.dictionary_encode("encode").chunks  # of one call: all chunks have one dictionary
    if not chunks:
        return np.zeros(0, np.int64), 0
    index = [chunk.indices.to_numpy(zero_copy_only=False) for chunk in chunks]
    return np.concatenate(index).astype(np.int64), len(chunks[-1].dictionary)


def numbers(column: pa.ChunkedArray) -> Integers:
    """int64 [rows] of a column of integers without nulls."""
    values: Integers = column.to_numpy().astype(np.int64)
    return values


def at(code: Integers, frame: Integers) -> Integers:
    """int64 [rows]: code and frame as one key. Keys of one code lie together, in the order of frames."""
    return (code << FRAME_BITS) + frame


def within(key: Integers, first: Integers, count: Integers) -> Mask:
    """bool [keys]: whether each lies in one of the spans [first, first + count).

    Keys and firsts are as `at` makes them. Spans that begin at different keys do not overlap.
    """
    if not len(first):
        return np.zeros(len(key), np.bool_)
    order = np.argsort(first, kind="stable")
    before = np.searchsorted(first[order], key, side="right") - 1
    span = order[np.maximum(before, 0)]
    inside: Mask = (before >= 0) & (key < first[span] + count[span])
    return inside
