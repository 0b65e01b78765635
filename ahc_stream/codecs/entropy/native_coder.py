"""The coder of the compiled extension: CompressAI's strings, without its copies, over several threads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ahc_stream.codecs.entropy.coder import DamagedString
from ahc_stream.codecs.entropy.tables import Tables
from ahc_stream.core.errors import CodecError
from ahc_stream.core.threads import budget

if TYPE_CHECKING:
    from ahc_stream.kernels.entropy_coder import RansTables


class NativeCoder:
    """See `Coder`. Unlike CompressAI's it takes every int32 symbol, messages of any length and damaged strings.

    Decoding whole strings raises DamagedString for all that do not end where their encoder began, which most damaged
    or foreign strings do not; the rest is what checksums are for.
    """

    def __init__(self, threads: int | None = None) -> None:
        """`threads`: the most that one call uses, None for the budget of the process. The bytes do not depend on it,
        and a call with little to do uses fewer."""
        self._most = threads
        self._native: WeakKeyDictionary[Tables, RansTables] = WeakKeyDictionary()

    def encode(self, symbols: Tensor, indexes: Tensor, tables: Tables) -> list[bytes]:
        """See `Coder`. Raises CodecError for an index that names no table."""
        from ahc_stream.kernels.entropy_coder import rans_encode

        bounds = _bounds(*symbols.shape)
        try:
            strings: list[bytes] = rans_encode(
                self._tables(tables), _flat(symbols), _flat(indexes), bounds, self._threads
            )
        except ValueError as error:
            todo = "report this: the indexes come from the codec itself"
            raise CodecError(f"indexes below {len(tables.lengths)}", str(error), todo) from error
        return strings

    def decode(self, strings: Sequence[bytes], indexes: Tensor, tables: Tables) -> Tensor:
        """See `Coder`."""
        reader = self.reader(strings, indexes.shape[1], tables)
        symbols = reader.decode(indexes)
        reader.finish()
        return symbols

    def reader(self, strings: Sequence[bytes], count: int, tables: Tables) -> NativeReader:
        """See `Coder`; `count` is not needed here."""
        return NativeReader(strings, self._tables(tables), self._threads)

    @property
    def _threads(self) -> int:
        return self._most or budget()

    def _tables(self, tables: Tables) -> RansTables:
        from ahc_stream.kernels.entropy_coder import RansTables

        if tables not in self._native:
            self._native[tables] = RansTables(tables.cdfs.numpy(), tables.lengths.numpy(), tables.offsets.numpy())
        return self._native[tables]


class NativeReader:
    """B strings read step by step; see `StringReader`. Each step is one call for the whole batch."""

    def __init__(self, strings: Sequence[bytes], tables: RansTables, threads: int) -> None:
        from ahc_stream.kernels.entropy_coder import RansDecoder

        self._threads = threads
        with _naming_the_string():
            self._decoder = RansDecoder(tables, list(strings))

    def decode(self, indexes: Tensor) -> Tensor:
        """The next n symbols of each string: CDF indexes int32 [B, n] -> symbols int32 [B, n], both on the CPU.

        Raises DamagedString for a string that ends too early, and says which and where.
        """
        symbols = torch.empty(indexes.shape, dtype=torch.int32)
        with _naming_the_string():
            self._decoder.decode(_flat(indexes), _bounds(*indexes.shape), _flat(symbols), self._threads)
        return symbols

    def finish(self) -> None:
        """Raises DamagedString unless every string was read to its end and led back to where its encoder began."""
        with _naming_the_string():
            self._decoder.finish()


@contextmanager
def _naming_the_string() -> Iterator[None]:
    """Turns the extension's ValueError, which begins with the string's number, into a DamagedString."""
    try:
        yield
    except ValueError as error:
        todo = "decode with the weights, the device kind and the arithmetic that the header names, or fetch it again"
        match = re.match(r"string (\d+)", str(error))
        index = int(match[1]) if match else 0
        raise DamagedString("a string written with these tables and indexes", str(error), todo, index) from error


def _flat(tensor: Tensor) -> NDArray[np.int32]:
    """All of an int32 tensor on the CPU as one row: the tensor's own memory, where that is contiguous."""
    return tensor.detach().contiguous().reshape(-1).numpy()  # reshape alone may give a row with gaps


def _bounds(strings: int, symbols: int) -> NDArray[np.int64]:
    """Where each string's symbols begin and end: int64 [strings + 1]."""
    return np.arange(strings + 1, dtype=np.int64) * symbols
