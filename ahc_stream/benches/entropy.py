"""The range coder on the host: what a device's frames wait for when everything else is fast.

Latents of 768 x 512 pictures, 192 x 32 x 48 Gaussian values, each with one of the 64 scales of CompressAI's table. Wall
time, with the threads that a run has.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ahc_stream.benches.row import Row
from ahc_stream.benches.size import Size
from ahc_stream.benches.timing import median_seconds, require
from ahc_stream.codecs.entropy.native_coder import NativeCoder
from ahc_stream.codecs.entropy.tables import Tables
from ahc_stream.core.threads import budget

LATENT = (192, 32, 48)
STRINGS = 24
SKEW = 3
"""Of the scales: about 2.1 bits a symbol."""


@dataclass(frozen=True)
class Latents:
    """A batch: values and means float32, indexes int32, all [B, 192, 32, 48]."""

    values: Tensor
    means: Tensor
    indexes: Tensor

    @classmethod
    def drawn(cls, batch: int, skew: float) -> Latents:
        """Scale number 64 u^skew for uniform u: the higher, the more scales are small."""
        from compressai.models.base import get_scale_table

        random = torch.Generator().manual_seed(0)
        indexes = (64 * torch.rand(batch, *LATENT, generator=random) ** skew).to(torch.int32)
        scales = torch.as_tensor(get_scale_table())[indexes.long()]
        means = torch.randn(batch, *LATENT, generator=random)
        return cls(means + scales * torch.randn(batch, *LATENT, generator=random), means, indexes)

    @property
    def symbols(self) -> Tensor:
        """int32 [B, n]."""
        return (self.values - self.means).round_().int().flatten(1)

    @property
    def rows(self) -> Tensor:
        """`indexes` as [B, n]."""
        return self.indexes.flatten(1)


def gaussian_tables() -> Tables:
    """CompressAI's CDFs of its 64 scales."""
    from compressai.entropy_models import GaussianConditional
    from compressai.models.base import get_scale_table

    model = GaussianConditional(None)
    model.update_scale_table(get_scale_table())
    return Tables.of(model)


def coder(size: Size) -> list[Row]:
    """Symbols per second, both ways, against the coder of `compressai.ans` on ready lists; the size plays no part."""
    from compressai.ans import RansDecoder, RansEncoder

    tables, latents = gaussian_tables(), Latents.drawn(STRINGS, SKEW)
    symbols, rows, ours = latents.symbols, latents.rows, NativeCoder()
    lists, where = symbols[0].tolist(), rows[0].tolist()
    arguments = tables.rows, tables.sizes, tables.first
    strings = ours.encode(symbols, rows, tables)
    require(RansEncoder().encode_with_indexes(lists, where, *arguments) == strings[0], "our string is CompressAI's")
    require(torch.equal(ours.decode(strings, rows, tables), symbols), "what was written is read")
    seconds = median_seconds(
        {
            "encode": lambda: ours.encode(symbols, rows, tables),
            "decode": lambda: ours.decode(strings, rows, tables),
            "their encode": lambda: RansEncoder().encode_with_indexes(lists, where, *arguments),
            "their decode": lambda: RansDecoder().decode_with_indexes(strings[0], where, *arguments),
        },
        size.rounds,
    )
    name = f"2.1 bits a symbol, {STRINGS} strings, {budget()} threads"
    return [
        Row(
            f"{way}, {name}",
            "million symbols/s",
            symbols.numel() / seconds[way] / 1e6,
            len(lists) / seconds[f"their {way}"] / 1e6,
            "compressai.ans, one thread",
            higher_is_better=True,
        )
        for way in ("encode", "decode")
    ]


PARTS = (coder,)
