"""An autoregressive latent from its first position to its last: quantised as it goes, or read as it goes.

`StepwisePasses` calls the networks for each step. A step is a dozen small kernels, and a latent takes hundreds of
steps, so on a GPU the calls would cost more than the sums: there `RecordedPasses` replays the step as one CUDA graph.
Both give the same numbers to the last bit, since every product has one order of summation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ahc_stream.codecs.learned.context import Context, LatentState
from ahc_stream.codecs.learned.entropy_models import Gaussian
from ahc_stream.codecs.learned.wavefront import ORDERS, WAVEFRONT, Positions, StepGroup
from ahc_stream.core.host import to_host

ReadSymbols = Callable[[Tensor], Tensor]
"""Indexes of the next symbols of B strings, int32 [B, n] on the CPU -> those symbols, int32 [B, n] on the CPU."""


@dataclass(frozen=True, eq=False)
class QuantisedLatents:
    """B latents as they were quantised.

    symbols:        whole numbers as float32 [B, h w, M], position by position in raster order.
    scales, means:  of their Gaussians, alike.
    values:         float32 [B, M, h, w], what a decoder will have.
    """

    symbols: Tensor
    scales: Tensor
    means: Tensor
    values: Tensor


class Passes(Protocol):
    """One pass over B latents, under what the hyperprior says, float32 [B, 2M, h, w].

    quantise:  y float32 [B, M, h, w]; always wavefront by wavefront.
    read:      symbols int32 [B, n] on the CPU in the order of the strings, and y float32 [B, M, h, w].
    """

    def quantise(self, latent: Tensor, hyper: Tensor) -> QuantisedLatents: ...

    def read(self, read_symbols: ReadSymbols, hyper: Tensor, order: str) -> tuple[Tensor, Tensor]: ...


@dataclass(frozen=True, eq=False)
class StepwisePasses:
    """See `Passes`."""

    context: Context
    gaussian: Gaussian

    def quantise(self, latent: Tensor, hyper: Tensor) -> QuantisedLatents:
        """See `Passes`."""
        state = self.context.begin(hyper)
        target = latent.flatten(2).transpose(1, 2).contiguous()
        symbols, scales, means = (torch.empty_like(target) for _ in range(3))
        for step, above in _steps(state, hyper, WAVEFRONT):
            step_scales, step_means = state.parameters(step, above)
            step_symbols = self.gaussian.symbols(target[:, step], step_means)
            state.put(step, self.gaussian.reconstruct(step_symbols, step_scales, step_means))
            symbols[:, step], scales[:, step], means[:, step] = step_symbols, step_scales, step_means
        return QuantisedLatents(symbols, scales, means, state.values)

    def read(self, read_symbols: ReadSymbols, hyper: Tensor, order: str) -> tuple[Tensor, Tensor]:
        """See `Passes`."""
        state = self.context.begin(hyper)
        symbols = []
        for step, above in _steps(state, hyper, order):
            scales, means = state.parameters(step, above)
            symbols.append(read_symbols(to_host(self.gaussian.indexes(scales).flatten(1))))
            step_symbols = symbols[-1].to(means.device).view(means.shape)
            state.put(step, self.gaussian.reconstruct(step_symbols, scales, means))
        return torch.cat(symbols, dim=1), state.values


def _steps(state: LatentState, hyper: Tensor, order: str) -> Iterator[tuple[Positions, Tensor]]:
    """The steps of an order, each with what the rows above say; that is computed for a group of steps at once."""
    for group in ORDERS[order](*hyper.shape[2:]):
        steps: StepGroup = tuple(step.to(hyper.device) for step in group)
        above = state.above(torch.cat(steps))
        yield from zip(steps, torch.split(above, [len(step) for step in steps], dim=1), strict=True)
