"""The passes of `context_passes` with each step as one launch: a CUDA graph over buffers that stay where they are.

The graph takes its positions from a table on the device by a counter that it moves on itself: between two steps the
host only hands over symbols, and when it encodes, nothing at all.

A recording costs some steps and holds its buffers, so a shape is recorded when it comes for the second time; the first
time its steps are launched one by one. Batches are filled up to a power of two: of pictures of one size, however many
come together, there are as many shapes as powers. Both give the same numbers, as every product of a picture is its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from ahc_stream.codecs.learned.coding import index_type
from ahc_stream.codecs.learned.context_fixed import FixedContext
from ahc_stream.codecs.learned.context_passes import QuantisedLatents, ReadSymbols, StepwisePasses
from ahc_stream.codecs.learned.entropy_models import Gaussian
from ahc_stream.codecs.learned.recorded_steps import StepTable
from ahc_stream.codecs.learned.second_use import FromSecondUse
from ahc_stream.codecs.learned.wavefront import WAVEFRONT
from ahc_stream.core.cuda import marked
from ahc_stream.core.host import host_twin
from ahc_stream.core.recording import recorded

SHAPES = 4
"""Recordings kept: of as many shapes of latents, orders and directions. Each holds its buffers on the device."""

KEPT_BYTES = 2 << 30
"""Of the buffers of those that are kept in one lane; the one that was made last may have more by itself."""

BYTES_PER_PIXEL = 72
"""Of a recording, per pixel of its pictures: 16 x 16 of them are a position of up to 320 channels, for which the pass
holds 27 bytes of the first layer, 8 of the latent and 16 of what it says, each per channel; and some for borders."""


class RecordedPasses:
    """See `Passes`. One object serves one lane."""

    def __init__(self, context: FixedContext, gaussian: Gaussian, device: torch.device) -> None:
        self._context, self._gaussian, self._device = context, gaussian, device
        self._step_by_step = StepwisePasses(context, gaussian)
        self._recordings: FromSecondUse[RecordedQuantiser | RecordedReader] = FromSecondUse(SHAPES)

    def quantise(self, latent: Tensor, hyper: Tensor) -> QuantisedLatents:
        """See `Passes`."""
        recording = self._recording(RecordedQuantiser, hyper, WAVEFRONT)
        return recording.run(latent, hyper) if recording else self._step_by_step.quantise(latent, hyper)

    def read(self, read_symbols: ReadSymbols, hyper: Tensor, order: str) -> tuple[Tensor, Tensor]:
        """See `Passes`."""
        recording = self._recording(RecordedReader, hyper, order)
        if recording is None:
            return self._step_by_step.read(read_symbols, hyper, order)
        return recording.run(read_symbols, hyper)

    def _recording(self, kind: type[Recording], hyper: Tensor, order: str) -> Recording | None:
        """None for a shape that has not come before."""
        filled = torch.Size((power_of_two(len(hyper)), *hyper.shape[1:]))

        def make() -> RecordedQuantiser | RecordedReader:
            return kind(StepTable.of(self._context, filled, order, self._device), self._gaussian)

        recording = self._recordings.get((kind, order, filled), make)
        self._recordings.hold(KEPT_BYTES, lambda each: each.nbytes)
        assert recording is None or isinstance(recording, kind), "a key names its kind"
        return recording


def power_of_two(count: int) -> int:
    """The least that is not smaller."""
    return 1 << (count - 1).bit_length()


class RecordedQuantiser:
    """Quantises latents of one shape: every step without the host."""

    def __init__(self, table: StepTable, gaussian: Gaussian) -> None:
        self._table, self._gaussian = table, gaussian
        _, _, height, width = table.shape
        with_spare = height * width + 1
        self._target, self._symbols, self._scales, self._means = (table.buffer(with_spare) for _ in range(4))
        self._step = recorded(self._work, table.counter.device)

    def _work(self) -> None:
        table = self._table
        positions = table.next()
        scales, means = table.parameters(positions)
        symbols = self._gaussian.symbols(self._target[:, positions], means)
        table.state.put(positions, self._gaussian.reconstruct(symbols, scales, means))
        self._symbols[:, positions], self._scales[:, positions], self._means[:, positions] = symbols, scales, means
        table.counter.add_(1)

    @property
    def nbytes(self) -> int:
        """Of all buffers."""
        own = self._target, self._symbols, self._scales, self._means
        return self._table.nbytes + sum(buffer.nbytes for buffer in own)

    def run(self, latent: Tensor, hyper: Tensor) -> QuantisedLatents:
        """See `Passes.quantise`. As many latents as the table has, or fewer."""
        self._table.restart(hyper)
        count = len(latent)
        self._target[:count, :-1] = latent.flatten(2).transpose(1, 2)
        for _ in self._table.lengths:
            self._step()
        buffers = self._symbols, self._scales, self._means
        symbols, scales, means = (buffer[:count, :-1].clone() for buffer in buffers)
        return QuantisedLatents(symbols, scales, means, self._table.values[:count])


class RecordedReader:
    """Reads latents of one shape: a step first makes known what the symbols of the step before stand for."""

    def __init__(self, table: StepTable, gaussian: Gaussian) -> None:
        self._table, self._gaussian = table, gaussian
        longest = table.positions.shape[1]
        self._symbols = table.buffer(longest, torch.int32)
        self._indexes = table.buffer(longest, index_type(gaussian.tables))
        self._symbols_here, self._indexes_here = host_twin(self._symbols), host_twin(self._indexes)
        self._scales, self._means = table.buffer(longest), table.buffer(longest)
        self._last_positions = table.positions[-1].clone()
        self._step: Callable[[], None] = recorded(self._work, table.counter.device)

    def _work(self) -> None:
        table = self._table
        values = self._gaussian.reconstruct(self._symbols, self._scales, self._means)
        table.state.put(self._last_positions, values)
        positions = table.next()
        scales, means = table.parameters(positions)
        self._indexes.copy_(self._gaussian.indexes(scales))
        self._scales.copy_(scales)
        self._means.copy_(means)
        self._last_positions.copy_(positions)
        table.counter.add_(1)

    @property
    def nbytes(self) -> int:
        """Of all buffers."""
        own = self._symbols, self._indexes, self._scales, self._means
        return self._table.nbytes + sum(buffer.nbytes for buffer in own)

    def run(self, read_symbols: ReadSymbols, hyper: Tensor) -> tuple[Tensor, Tensor]:
        """See `Passes.read`. As many latents as the table has, or fewer."""
        self._table.restart(hyper)
        self._last_positions.copy_(self._table.positions[-1])
        count, symbols = len(hyper), []
        for length in self._table.lengths:
            symbols.append(read_symbols(self._next_indexes()[:count, :length].flatten(1)))
            self._symbols_here[:count, :length] = symbols[-1].view(count, length, -1)
            self._symbols.copy_(self._symbols_here, non_blocking=True)
        self._step()  # the last symbols; its own positions are all spare
        return torch.cat(symbols, dim=1), self._table.values[:count]

    def _next_indexes(self) -> Tensor:
        """Of the next step: int32 [B, longest, M] on the CPU. The one wait of a step; when it is over, the symbols that
        went up before it are there, too, so that their buffer is free."""
        self._step()
        self._indexes_here.copy_(self._indexes, non_blocking=True)
        marked(self._indexes.device)()
        return self._indexes_here.int()


Recording = TypeVar("Recording", RecordedQuantiser, RecordedReader)
