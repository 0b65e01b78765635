"""The cumulative distributions that a coder works with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ahc_stream.core.errors import CodecError

if TYPE_CHECKING:
    from compressai.entropy_models import EntropyModel

TOTAL = 1 << 16  # frequencies of one table sum to this
FEWEST_BINS = 2  # a symbol's and the escape


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
        tensors = (model.quantized_cdf, model.cdf_length.reshape(-1), model.offset.reshape(-1))
        tables = cls(*(tensor.detach().to("cpu", torch.int32).contiguous() for tensor in tensors))
        todo = "write the checkpoint again after update()"
        if not len(tables.lengths) == len(tables.offsets) == len(tables.cdfs):
            counts = f"{len(tables.cdfs)} rows, {len(tables.lengths)} lengths, {len(tables.offsets)} offsets"
            raise CodecError("CDF tables with a length and an offset for each row", counts, todo)
        for number, row in enumerate(tables.rows):
            if not _is_distribution(row):
                raise CodecError("CDF tables that rise from 0 to 65536", f"row {number}: {row[:4]} ...", todo)
        return tables

    @cached_property
    def rows(self) -> list[list[int]]:
        """Each row as a list, its unused end left out: what `compressai.ans` takes."""
        return [row[:length] for row, length in zip(self.cdfs.tolist(), self.sizes, strict=True)]

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
    return len(row) > FEWEST_BINS and row[0] == 0 and row[-1] == TOTAL and rises
