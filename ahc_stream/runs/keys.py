"""Rows by their keys, millions at a time: composite keys as whole numbers, and frames within spans of frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pyarrow as pa

FRAME_BITS = 32
"""Of a whole number that holds a code and a frame number below it."""


def codes(parts: Sequence[pa.Table], names: Sequence[str]) -> list[np.ndarray]:
    """int64 [rows] for each of `parts`: two rows of any of them have the same number exactly where they are equal in
    the columns `names`; a null equals a null."""
    sizes = [part.num_rows for part in parts]
    code = np.zeros(sum(sizes), np.int64)
    for name in names:
        column = pa.chunked_array([chunk for part in parts for chunk in part[name].chunks], parts[0][name].type)
        place, count = _places(column)
        if count > 1:
            _, code = np.unique(code * count + place, return_inverse=True)  # dense again: products stay below 2^63
    return np.split(code.reshape(-1), np.cumsum(sizes)[:-1])


def _places(column: pa.ChunkedArray) -> tuple[np.ndarray, int]:
    """int64 [rows], the place of each value among the distinct ones; and how many of these there are."""
    chunks = column.dictionary_encode("encode").chunks  # of one call: all chunks have one dictionary
    places = [chunk.indices.to_numpy(zero_copy_only=False) for chunk in chunks]
    return np.concatenate([np.zeros(0, np.int64), *places]), len(chunks[-1].dictionary) if chunks else 0


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    """int64 [rows] of a column of whole numbers without nulls."""
    return column.to_numpy().astype(np.int64)


Whole = TypeVar("Whole", np.ndarray, int)


def at(code: Whole, frame: Whole) -> Whole:
    """Code and frame as one whole number; those of one code lie together, in the order of frames."""
    return (code << FRAME_BITS) + frame


def within(places: np.ndarray, first: np.ndarray, count: np.ndarray) -> np.ndarray:
    """bool [places]: whether each lies in one of the spans [first, first + count).

    Places and firsts are as `at` makes them. Spans that begin at different places do not overlap.
    """
    if not len(first):
        return np.zeros(len(places), bool)
    order = np.argsort(first, kind="stable")
    before = np.searchsorted(first[order], places, side="right") - 1
    span = order[np.maximum(before, 0)]
    return (before >= 0) & (places < first[span] + count[span])
