"""The coder: integers and CDF indexes to bytes, and back. CompressAI's strings, by CompressAI's own C++ code.

A `Coder` takes one message per row of a batch, so that one call can carry every frame of a clip. Another coder is
another class with the same three methods; the codecs never look inside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

from ahc_stream.core.errors import CodecError, EntropyDesync

if TYPE_CHECKING:
    from compressai.entropy_models import EntropyModel

TOTAL = 1 << 16  # frequencies of one table sum to this
LARGEST_SYMBOL = 1 << 26
"""Symbols lie within this of zero. CompressAI's encoder does not return for escaped values of 2^27 and beyond."""


@dataclass(frozen=True, eq=False)
class Tables:
    """The cumulative distributions of one entropy model: k tables, on the CPU.

    cdfs:     int32 [k, m], each row rising from 0 to 65536 over its first `length` entries. The last bin escapes.
    lengths:  int32 [k], entries used of each row.
    offsets:  int32 [k], the symbol that a row's first bin stands for.
    """

    cdfs: Tensor
    lengths: Tensor
    offsets: Tensor

    @classmethod
    def of(cls, model: EntropyModel) -> Tables:
        """The tables stored in a model, as they are. Raises CodecError for what no range coder can use."""
        parts = (model.quantized_cdf, model.cdf_length.reshape(-1), model.offset.reshape(-1))
        tables = cls(*(part.detach().to("cpu", torch.int32).contiguous() for part in parts))
        bad = next((i for i, row in enumerate(tables.rows) if not _is_distribution(row)), None)
        if bad is not None or not len(tables.lengths) == len(tables.offsets) == len(tables.rows):
            got = "as many rows, lengths and offsets" if bad is None else f"row {bad}: {tables.rows[bad][:4]} ..."
            raise CodecError("CDF tables that rise from 0 to 65536", got, "write the checkpoint again after update()")
        return tables

    @cached_property
    def rows(self) -> list[list[int]]:
        """Each row as a list, its unused end left out: what `compressai.ans` takes."""
        return [row[:length] for row, length in zip(self.cdfs.tolist(), self.lengths.tolist(), strict=False)]

    @cached_property
    def sizes(self) -> list[int]:
        """`lengths` as a list."""
        return self.lengths.tolist()

    @cached_property
    def first(self) -> list[int]:
        """`offsets` as a list."""
        return self.offsets.tolist()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the rows, lengths and offsets, in hexadecimal."""
        return hashlib.sha256(repr((self.rows, self.sizes, self.first)).encode()).hexdigest()


def _is_distribution(row: list[int]) -> bool:
    rises = all(low < high for low, high in pairwise(row))
    return len(row) >= 3 and row[0] == 0 and row[-1] == TOTAL and rises  # two bins: a symbol's and the escape


class DamagedString(EntropyDesync):
    """A string that its coder sees to be another than was written. `place` is the string's number in its batch."""

    def __init__(self, expected: str, got: str, todo: str, place: int = 0) -> None:
        super().__init__(expected, got, todo)
        self.place = place

    def __reduce__(self) -> tuple[type[DamagedString], tuple[str, str, str, int]]:
        return type(self), (self.expected, self.got, self.todo, self.place)


class StreamDecoder(Protocol):
    """Strings read step by step, for models whose next indexes depend on the last symbols."""

    def decode(self, indexes: Tensor) -> Tensor:
        """The next n symbols of each string: CDF indexes int32 [B, n] -> symbols int32 [B, n], both on the CPU."""
        ...

    def finish(self) -> None:
        """Raises DamagedString where the coder can see that a string was not read to its end."""
        ...


class Coder(Protocol):
    """Codes B messages of n symbols each. Tensors are int32 on the CPU; `indexes` names a row of `tables` per symbol.

    encode:   symbols and indexes [B, n] -> B strings.
    decode:   B strings and their indexes [B, n] -> symbols [B, n]. Raises CodecError for a string that cannot be one;
              a damaged or foreign one gives other symbols, which is what checksums are for.
    decoder:  reads B strings of at most `count` symbols step by step.
    """

    def encode(self, symbols: Tensor, indexes: Tensor, tables: Tables) -> list[bytes]: ...

    def decode(self, strings: Sequence[bytes], indexes: Tensor, tables: Tables) -> Tensor: ...

    def decoder(self, strings: Sequence[bytes], count: int, tables: Tables) -> StreamDecoder: ...


class CompressaiCoder:
    """`compressai.ans`, guarded where it would read or write outside of its buffers."""

    def encode(self, symbols: Tensor, indexes: Tensor, tables: Tables) -> list[bytes]:
        """See `Coder`."""
        rows = zip(symbols.tolist(), indexes.tolist(), strict=True)
        return [_encode(message, where, tables) for message, where in rows]

    def decode(self, strings: Sequence[bytes], indexes: Tensor, tables: Tables) -> Tensor:
        """See `Coder`."""
        from compressai.ans import RansDecoder

        decoder, count = RansDecoder(), indexes.shape[1]
        symbols = [
            decoder.decode_with_indexes(_guarded(string, count), where, tables.rows, tables.sizes, tables.first)
            for string, where in zip(strings, indexes.tolist(), strict=True)
        ]
        return torch.tensor(symbols, dtype=torch.int32).reshape(indexes.shape)

    def decoder(self, strings: Sequence[bytes], count: int, tables: Tables) -> StreamDecoder:
        """See `Coder`."""
        return _CompressaiStream(strings, count, tables)


class _CompressaiStream:
    def __init__(self, strings: Sequence[bytes], count: int, tables: Tables) -> None:
        from compressai.ans import RansDecoder

        self._tables = tables
        self._decoders = [RansDecoder() for _ in strings]
        for decoder, string in zip(self._decoders, strings, strict=True):
            decoder.set_stream(_guarded(string, count))

    def decode(self, indexes: Tensor) -> Tensor:
        pairs = zip(self._decoders, indexes.tolist(), strict=True)
        return torch.tensor([self._step(decoder, where) for decoder, where in pairs], dtype=torch.int32)

    def finish(self) -> None:
        """Nothing: CompressAI's coder does not say where it is. Checksums are for what it cannot see."""

    def _step(self, decoder: object, where: list[int]) -> list[int]:
        """Hands over only the rows that this step uses: `decode_stream` copies all it is given, at every call."""
        used = sorted(set(where))
        place = {row: i for i, row in enumerate(used)}
        rows, sizes, first = (
            [column[i] for i in used] for column in (self._tables.rows, self._tables.sizes, self._tables.first)
        )
        return decoder.decode_stream([place[i] for i in where], rows, sizes, first)  # type: ignore[attr-defined]


def _encode(symbols: list[int], indexes: list[int], tables: Tables) -> bytes:
    from compressai.ans import RansEncoder

    if len(symbols) < 4:  # CompressAI's buffer holds a word per symbol, and the coder's state alone takes two
        return encode_short(symbols, indexes, tables)
    return RansEncoder().encode_with_indexes(symbols, indexes, tables.rows, tables.sizes, tables.first)


def _guarded(string: bytes, count: int) -> bytes:
    """The string with zeros behind it. CompressAI's decoder never asks where its buffer ends.

    A damaged string makes it read on: two bytes per symbol, or, for an escape, up to 15 nibbles for each nibble of
    its count, which is what the two factors below leave room for. A good string is read as if nothing followed.
    """
    if len(string) < 8 or len(string) % 4:
        got = f"{len(string)} bytes"
        raise CodecError("an rANS string: four-byte words, two at least", got, "fetch the stream again")
    return string + bytes(16 * len(string) + 32 * count + 4096)


def encode_short(symbols: list[int], indexes: list[int], tables: Tables) -> bytes:
    """The same string as CompressAI's coder, for messages that overrun its buffer. Slow, but right at any length.

    rANS with a 64-bit state from 2^31 on: the last symbol goes in first, words of 32 bits leave when the state is
    about to overflow, and the state itself is written last, which makes it the first thing a decoder reads.
    """
    state, words = 1 << 31, []
    for symbol, index in zip(reversed(symbols), reversed(indexes), strict=True):
        for start, frequency, bits in reversed(_pushes(symbol - tables.first[index], tables.rows[index])):
            if state >= frequency << (63 - bits):
                words.append(state & 0xFFFFFFFF)
                state >>= 32
            state = (state // frequency << bits) + state % frequency + start
    head = [state & 0xFFFFFFFF, state >> 32]
    return b"".join(word.to_bytes(4, "little") for word in head + words[::-1])


def _pushes(value: int, row: list[int]) -> list[tuple[int, int, int]]:
    """(start, frequency, bits) in reading order: a bin of 16 bits; after the escape bin, a count and its nibbles."""
    escape = len(row) - 2
    position = value if 0 <= value < escape else escape
    pushes = [(row[position], row[position + 1] - row[position], 16)]
    if position == escape:
        raw = -2 * value - 1 if value < 0 else 2 * (value - escape)
        count = (raw.bit_length() + 3) // 4  # below 15 for every symbol within LARGEST_SYMBOL
        pushes += [(nibble, 1, 4) for nibble in (count, *(raw >> 4 * i & 15 for i in range(count)))]
    return pushes
