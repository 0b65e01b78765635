"""CompressAI's coder, by its own C++ code, guarded where that would read or write outside of its buffers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ahc_stream.codecs.entropy.short_messages import SHORT, encode_short
from ahc_stream.codecs.entropy.tables import Tables
from ahc_stream.core.errors import CodecError

WORD = 4  # bytes that its coder reads and writes at once
LEAST_BYTES = 2 * WORD  # the coder's state alone


class CompressaiCoder:
    """See `Coder`."""

    def encode(self, symbols: Tensor, indexes: Tensor, tables: Tables) -> list[bytes]:
        """See `Coder`."""
        messages = zip(symbols.tolist(), indexes.tolist(), strict=True)
        return [_encode(message, rows, tables) for message, rows in messages]

    def decode(self, strings: Sequence[bytes], indexes: Tensor, tables: Tables) -> Tensor:
        """See `Coder`."""
        from compressai.ans import RansDecoder

        decoder, count = RansDecoder(), indexes.shape[1]
        symbols = [
            decoder.decode_with_indexes(_guarded(string, count), rows, tables.rows, tables.sizes, tables.first)
            for string, rows in zip(strings, indexes.tolist(), strict=True)
        ]
        return torch.tensor(symbols, dtype=torch.int32).reshape(indexes.shape)

    def reader(self, strings: Sequence[bytes], count: int, tables: Tables) -> CompressaiReader:
        """See `Coder`."""
        return CompressaiReader(strings, count, tables)


class CompressaiReader:
    """See `StringReader`."""

    def __init__(self, strings: Sequence[bytes], count: int, tables: Tables) -> None:
        from compressai.ans import RansDecoder

        self._tables = tables
        self._decoders = [RansDecoder() for _ in strings]
        for decoder, string in zip(self._decoders, strings, strict=True):
            decoder.set_stream(_guarded(string, count))

    def decode(self, indexes: Tensor) -> Tensor:
        """See `StringReader`."""
        steps = zip(self._decoders, indexes.tolist(), strict=True)
        return torch.tensor([self._step(decoder, rows) for decoder, rows in steps], dtype=torch.int32)

    def finish(self) -> None:
        """Nothing: CompressAI's coder does not say where it is. Checksums are for what it cannot see."""

    def _step(self, decoder: Any, rows: list[int]) -> list[int]:
        """Hands over only the rows that this step uses: `decode_stream` copies all it is given, at every call."""
        used = sorted(set(rows))
        number = {row: i for i, row in enumerate(used)}
        columns = self._tables.rows, self._tables.sizes, self._tables.first
        parts = ([column[row] for row in used] for column in columns)
        symbols: list[int] = decoder.decode_stream([number[row] for row in rows], *parts)
        return symbols


def _encode(symbols: list[int], indexes: list[int], tables: Tables) -> bytes:
    from compressai.ans import RansEncoder

    if len(symbols) < SHORT:
        return encode_short(symbols, indexes, tables)
    string: bytes = RansEncoder().encode_with_indexes(symbols, indexes, tables.rows, tables.sizes, tables.first)
    return string


def _guarded(string: bytes, count: int) -> bytes:
    """The string with zeros behind it. CompressAI's decoder never asks where its buffer ends.

    A damaged string makes it read on: two bytes per symbol, or, for an escape, up to 15 nibbles for each nibble of
    its count, which is what the two factors below leave room for. A good string is read as if nothing followed.
    """
    if len(string) < LEAST_BYTES or len(string) % WORD:
        got = f"{len(string)} bytes"
        raise CodecError("an rANS string: four-byte words, two at least", got, "fetch the stream again")
    return string + bytes(16 * len(string) + 32 * count + 4096)
