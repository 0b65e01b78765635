"""What the range coder is held to: CompressAI's own, and the rules worked out with Python's integers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from compressai.ans import RansEncoder

from ahc_stream.kernels.entropy_coder import RansDecoder, RansTables, rans_encode

TOTAL = 1 << 16
Ints = np.ndarray


@dataclass(frozen=True, eq=False)
class Rows:
    """Tables as CompressAI takes them, and ours built from the same numbers."""

    rows: list[list[int]]
    offsets: list[int]

    @cached_property
    def sizes(self) -> list[int]:
        return [len(row) for row in self.rows]

    @cached_property
    def native(self) -> RansTables:
        cdfs = np.zeros((len(self.rows), max(self.sizes)), np.int32)
        for i, row in enumerate(self.rows):
            cdfs[i, : len(row)] = row
        return RansTables(cdfs, np.array(self.sizes, np.int32), np.array(self.offsets, np.int32))


def of_model(model: object) -> Rows:
    """The tables of a CompressAI entropy model."""
    lengths = model.cdf_length.reshape(-1).tolist()
    rows = [row[:length] for row, length in zip(model.quantized_cdf.tolist(), lengths, strict=True)]
    return Rows(rows, model.offset.reshape(-1).tolist())


@cache
def gaussian_rows() -> Rows:
    """GaussianConditional's tables for its published scales: 64, log-spaced from 0.11 to 256."""
    from compressai.entropy_models import GaussianConditional
    from compressai.models.base import get_scale_table

    model = GaussianConditional(None)
    model.update_scale_table(get_scale_table())
    return of_model(model)


def gaussian_message(count: int, seed: int, highest: int = 64) -> tuple[Ints, Ints]:
    """Symbols and indexes int32 [count]: rounded Gaussians, each of the scale that its index names."""
    random = np.random.default_rng(seed)
    indexes = random.integers(0, highest, count)
    scales = np.exp(np.linspace(math.log(0.11), math.log(256), 64))[indexes]
    return np.round(random.normal(size=count) * scales).astype(np.int32), indexes.astype(np.int32)


def random_rows(random: np.random.Generator, tables: int, most_bins: int) -> Rows:
    """Tables of two bins and more, some with a bin that takes almost all of the probability."""
    rows = []
    for _ in range(tables):
        inner = int(random.integers(1, most_bins))
        steep = random.random() < 0.5
        cuts = (np.geomspace(1, TOTAL - 1, inner) if steep else random.integers(1, TOTAL, inner)).astype(int)
        rows.append([0, *np.unique(cuts).tolist(), TOTAL])
    return Rows(rows, random.integers(-most_bins, 3, tables).tolist())


def ours(tables: Rows, symbols: Ints, indexes: Ints) -> bytes:
    """One message, by our coder."""
    return rans_encode(tables.native, symbols, indexes, np.array([0, len(symbols)]))[0]


def theirs(tables: Rows, symbols: Ints, indexes: Ints) -> bytes:
    """One message, by CompressAI's coder, or by its rules where it writes outside of its buffer (below 4 symbols)."""
    if len(symbols) < 4:
        return by_the_rules(tables, symbols, indexes)
    return RansEncoder().encode_with_indexes(
        symbols.tolist(), indexes.tolist(), tables.rows, tables.sizes, tables.offsets
    )


def by_the_rules(tables: Rows, symbols: Ints, indexes: Ints) -> bytes:
    """One message, by rANS as the papers write it, in integers without a width."""
    state, words = 1 << 31, b""
    for symbol, index in zip(symbols.tolist()[::-1], indexes.tolist()[::-1], strict=True):
        for start, frequency, bits in reversed(steps(tables, symbol, index)):
            if state >= frequency << (63 - bits):
                state, words = state >> 32, (state % (1 << 32)).to_bytes(4, "little") + words
            state = (state // frequency << bits) + state % frequency + start
    return state.to_bytes(8, "little") + words


def steps(tables: Rows, symbol: int, index: int) -> list[tuple[int, int, int]]:
    """(start, frequency, bits of precision) of all that one symbol codes, in reading order."""
    row, value = tables.rows[index], wrapped(symbol - tables.offsets[index])
    escape = len(row) - 2
    if 0 <= value < escape:
        return [(row[value], row[value + 1] - row[value], 16)]
    raw = -2 * value - 1 if value < 0 else 2 * (value - escape)
    nibbles = [raw >> shift & 15 for shift in range(0, raw.bit_length(), 4)]
    return [(row[escape], TOTAL - row[escape], 16)] + [(nibble, 1, 4) for nibble in (len(nibbles), *nibbles)]


def wrapped(value: int) -> int:
    """The 32-bit two's complement number that agrees with `value` in its low 32 bits."""
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def read(tables: Rows, string: bytes, indexes: Ints) -> Ints:
    """One whole string's symbols, by our coder, its end checked."""
    return read_all(tables, [string], indexes, np.array([0, len(indexes)]))


def read_all(tables: Rows, strings: list[bytes], indexes: Ints, bounds: Ints, threads: int = 1) -> Ints:
    """The symbols of whole strings, by our coder, their ends checked."""
    decoder, symbols = RansDecoder(tables.native, strings), np.full(len(indexes), -77, np.int32)
    decoder.decode(indexes, bounds, symbols, threads)
    decoder.finish()
    return symbols
