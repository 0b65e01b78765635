"""An autoregressive latent from its first position to its last: quantised as it goes, or read as it goes.

`StepwisePasses` calls the networks for each step of the walk. A step is a dozen small kernels, and a latent takes
hundreds of steps, so on a GPU the calls would cost more than the sums: there `RecordedPasses` replays the step as one
CUDA graph. Both give the same numbers to the last bit, since every product has one order of summation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ahc_stream.codecs.learned.context_model import Context, Walk
from ahc_stream.codecs.learned.priors import Gaussian, to_host
from ahc_stream.codecs.learned.wave import ORDERS, Stretch

Read = Callable[[Tensor], Tensor]
"""Indexes of the next symbols of B strings, int32 [B, n] on the CPU -> those symbols, int32 [B, n] on the CPU."""


@dataclass(frozen=True, eq=False)
class Passed:
    """B latents as they were quantised.

    whole:          float32 [B, h w, M]: round(y - mean), position by position in raster order.
    scales, means:  of their Gaussians, alike.
    values:         float32 [B, M, h, w], what a decoder will have.
    """

    whole: Tensor
    scales: Tensor
    means: Tensor
    values: Tensor


class Passes(Protocol):
    """One pass over B latents.

    write:  y float32 [B, M, h, w] under what the hyperprior says, float32 [B, 2M, h, w]; always in waves.
    read:   symbols int32 [B, n] on the CPU in the order of the strings, and y float32 [B, M, h, w].
    """

    def write(self, latent: Tensor, hyper: Tensor) -> Passed: ...

    def read(self, read: Read, hyper: Tensor, order: str) -> tuple[Tensor, Tensor]: ...


@dataclass(frozen=True, eq=False)
class StepwisePasses:
    """See `Passes`."""

    context: Context
    gaussian: Gaussian

    def write(self, latent: Tensor, hyper: Tensor) -> Passed:
        """See `Passes`."""
        walk = self.context.walk(hyper)
        wanted = latent.flatten(2).transpose(1, 2).contiguous()
        whole, scales, means = (torch.empty_like(wanted) for _ in range(3))
        for stretch in _stretches("wave", hyper):
            for step, above in _along(stretch, walk):
                scales[:, step], means[:, step] = here = walk.parameters(step, above)
                whole[:, step] = torch.round(wanted[:, step] - here[1])
                walk.put(step, whole[:, step] + here[1])
        return Passed(whole, scales, means, walk.values)

    def read(self, read: Read, hyper: Tensor, order: str) -> tuple[Tensor, Tensor]:
        """See `Passes`."""
        walk, symbols = self.context.walk(hyper), []
        for stretch in _stretches(order, hyper):
            for step, above in _along(stretch, walk):
                scales, means = walk.parameters(step, above)
                symbols.append(read(to_host(self.gaussian.indexes(scales).flatten(1))))
                walk.put(step, self.gaussian.values(symbols[-1].to(means.device).view(means.shape), means))
        return torch.cat(symbols, dim=1), walk.values


def _stretches(order: str, hyper: Tensor) -> list[Stretch]:
    return [tuple(step.to(hyper.device) for step in stretch) for stretch in ORDERS[order](*hyper.shape[2:])]


def _along(stretch: Stretch, walk: Walk) -> zip[tuple[Tensor, Tensor]]:
    """The steps of a stretch, each with what the rows above say; that is worked out for all of them at once."""
    above = walk.above(torch.cat(stretch))
    return zip(stretch, above.split([len(step) for step in stretch], dim=1), strict=True)
