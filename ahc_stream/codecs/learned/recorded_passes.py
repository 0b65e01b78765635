"""The passes of `context_passes` with each step as one launch: a CUDA graph over buffers that stay where they are.

A graph has one shape, but the steps of a wave differ in length. So every step is as long as the longest, and what is
too much of it works on a spare position, in a row of its own below the latent, which no real position ever sees.
The graph reads its positions from a table on the device by a counter that it moves on itself: between two steps the
host only hands over symbols, and when it encodes, nothing at all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.codecs.learned.context_model import FixedContext, FixedWalk
from ahc_stream.codecs.learned.context_passes import Passed, Read
from ahc_stream.codecs.learned.priors import Gaussian, to_host
from ahc_stream.codecs.learned.wave import ORDERS
from ahc_stream.core.cuda import recorded

SHAPES = 4
"""Recordings kept: of as many shapes of latents, orders and directions. Each holds its buffers on the device."""


class RecordedPasses:
    """See `Passes`. One object serves one lane."""

    def __init__(self, context: FixedContext, gaussian: Gaussian, device: torch.device) -> None:
        self._context, self._gaussian, self._device = context, gaussian, device
        self._kept: OrderedDict[tuple, Writing | Reading] = OrderedDict()

    def write(self, latent: Tensor, hyper: Tensor) -> Passed:
        """See `Passes`."""
        return self._recording(Writing, hyper, "wave").run(latent, hyper)

    def read(self, read: Read, hyper: Tensor, order: str) -> tuple[Tensor, Tensor]:
        """See `Passes`."""
        return self._recording(Reading, hyper, order).run(read, hyper)

    def _recording(self, kind: type, hyper: Tensor, order: str) -> Writing | Reading:
        key = kind, order, *hyper.shape
        if key not in self._kept:
            while len(self._kept) >= SHAPES:
                self._kept.popitem(last=False)
            self._kept[key] = kind(Table.of(self._context, hyper.shape, order, self._device), self._gaussian)
        self._kept.move_to_end(key)
        return self._kept[key]


@dataclass(frozen=True, eq=False)
class Table:
    """A walk with a spare row, the positions of its steps, and how far it is.

    walk:       over B latents of h + 1 rows.
    positions:  int64 [steps + 1, n], filled up with the spare position h w; the last row holds nothing else.
    lengths:    how many positions of each step are real.
    place:      int64 [1], the step that comes next.
    """

    walk: FixedWalk
    positions: Tensor
    lengths: tuple[int, ...]
    place: Tensor
    shape: tuple[int, int, int, int]

    @classmethod
    def of(cls, context: FixedContext, hyper: torch.Size, order: str, device: torch.device) -> Table:
        """For what the hyperprior says, of shape [B, 2M, h, w]."""
        batch, _, height, width = hyper
        steps = [step for stretch in ORDERS[order](height, width) for step in stretch]
        lengths = tuple(len(step) for step in steps)
        positions = torch.full((len(steps) + 1, max(lengths)), height * width)
        for row, step in zip(positions, steps, strict=False):
            row[: len(step)] = step
        spare = torch.zeros(batch, hyper[1], height + 1, width, device=device)
        place = torch.zeros(1, dtype=torch.int64, device=device)
        return cls(context.walk(spare), positions.to(device), lengths, place, (batch, context.channels, height, width))

    def restart(self, hyper: Tensor) -> None:
        """Nothing is known, and the first step comes next."""
        self.walk.restart(F.pad(hyper, (0, 0, 0, 1)))
        self.place.zero_()

    def next(self) -> Tensor:
        """The positions of the step that comes next, int64 [n]."""
        return self.positions.index_select(0, self.place)[0]

    def parameters(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Scales and means, float32 [B, n, M]."""
        return self.walk.parameters(positions, self.walk.above(positions))

    def buffer(self, positions: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Zeros [B, positions, M]."""
        return torch.zeros(self.shape[0], positions, self.shape[1], dtype=dtype, device=self.place.device)

    @property
    def values(self) -> Tensor:
        """What is known, without the spare row: float32 [B, M, h, w]."""
        return self.walk.values[:, :, : self.shape[2]].contiguous()


class Writing:
    """Quantises a latent: every step without the host."""

    def __init__(self, table: Table, _: Gaussian) -> None:
        self._table = table
        spare = table.shape[2] * table.shape[3] + 1
        self._wanted, self._whole, self._scales, self._means = (table.buffer(spare) for _ in range(4))
        self._step = recorded(self._work, table.place.device)

    def _work(self) -> None:
        table = self._table
        positions = table.next()
        scales, means = table.parameters(positions)
        whole = torch.round(self._wanted[:, positions] - means)
        table.walk.put(positions, whole + means)
        for buffer, part in ((self._whole, whole), (self._scales, scales), (self._means, means)):
            buffer[:, positions] = part
        table.place.add_(1)

    def run(self, latent: Tensor, hyper: Tensor) -> Passed:
        """See `Passes.write`."""
        self._table.restart(hyper)
        self._wanted[:, :-1] = latent.flatten(2).transpose(1, 2)
        for _ in self._table.lengths:
            self._step()
        return Passed(*(part[:, :-1].clone() for part in (self._whole, self._scales, self._means)), self._table.values)


class Reading:
    """Reads a latent: a step first makes known what the symbols of the step before stand for."""

    def __init__(self, table: Table, gaussian: Gaussian) -> None:
        self._table, self._gaussian = table, gaussian
        longest = table.positions.shape[1]
        self._symbols, self._indexes = (table.buffer(longest, torch.int32) for _ in range(2))
        self._means, self._before = table.buffer(longest), table.positions[-1].clone()
        self._step: Callable[[], None] = recorded(self._work, table.place.device)

    def _work(self) -> None:
        table = self._table
        table.walk.put(self._before, self._gaussian.values(self._symbols, self._means))
        positions = table.next()
        scales, means = table.parameters(positions)
        self._indexes.copy_(self._gaussian.indexes(scales))
        self._means.copy_(means)
        self._before.copy_(positions)
        table.place.add_(1)

    def run(self, read: Read, hyper: Tensor) -> tuple[Tensor, Tensor]:
        """See `Passes.read`."""
        self._table.restart(hyper)
        self._before.copy_(self._table.positions[-1])
        symbols = []
        for length in self._table.lengths:
            self._step()
            symbols.append(read(to_host(self._indexes[:, :length].flatten(1))))
            self._symbols[:, :length] = symbols[-1].view(len(hyper), length, -1).to(self._symbols.device)
        self._step()  # the last symbols; its own positions are all spare
        return torch.cat(symbols, dim=1), self._table.values
