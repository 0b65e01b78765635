"""What a range coder is: integers and the rows of CDF tables that they are under to bytes, and back.

A `Coder` takes one message per row of a batch, so that one call can carry every frame of a clip. Another coder is
another class with the same three methods; the codecs never look inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from ahc_stream.codecs.entropy.tables import Tables
from ahc_stream.core.errors import EntropyDesync

LARGEST_SYMBOL = 1 << 26
"""Symbols lie within this of zero. CompressAI's encoder does not return for escaped values of 2^27 and beyond."""


class DamagedString(EntropyDesync):
    """A string that its coder sees to be another than was written. `index` is the string's number in its batch."""

    def __init__(self, expected: str, got: str, todo: str, index: int = 0) -> None:
        super().__init__(expected, got, todo)
        self.index = index

    def __reduce__(self) -> tuple[type[DamagedString], tuple[str, str, str, int]]:
        return type(self), (self.expected, self.got, self.todo, self.index)


class StringReader(Protocol):
    """Strings read step by step, for models whose next indexes depend on the last symbols."""

    def decode(self, indexes: Tensor) -> Tensor:
        """The next n symbols of each string: CDF indexes int32 [B, n] -> symbols int32 [B, n], both on the CPU."""
        ...

    def finish(self) -> None:
        """Raises DamagedString where the coder can see that a string was not read to its end."""
        ...


class Coder(Protocol):
    """Codes B messages of n symbols each. Tensors are int32 on the CPU; `indexes` names a row of `tables` per symbol.

    encode:  symbols and indexes [B, n] -> B strings.
    decode:  B strings and their indexes [B, n] -> symbols [B, n]. Raises CodecError for a string that cannot be one;
             a damaged or foreign one gives other symbols, which is what checksums are for.
    reader:  reads B strings of at most `count` symbols step by step.
    """

    def encode(self, symbols: Tensor, indexes: Tensor, tables: Tables) -> list[bytes]: ...

    def decode(self, strings: Sequence[bytes], indexes: Tensor, tables: Tables) -> Tensor: ...

    def reader(self, strings: Sequence[bytes], count: int, tables: Tables) -> StringReader: ...
