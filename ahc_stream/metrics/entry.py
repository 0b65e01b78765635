"""One row of the table of metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ahc_stream.kernels.quality import Statistics, Wanted

Measurer = Callable[[Tensor, Tensor, bool], Tensor]
"""reference, distorted [N, 3, H, W], checked by `measure`; whether they are consecutive -> float64 [N], same device."""


@dataclass(frozen=True)
class Fused:
    """A formula over statistics that one pass over the pixels computes for all such metrics that are asked for.

    wanted:      the statistics it is made of.
    value:       statistics -> float64 [N].
    prepare:     what is done to both tensors of frames before; None for nothing.
    """

    wanted: Wanted
    value: Callable[[Statistics], Tensor]
    prepare: Callable[[Tensor], Tensor] | None = None


@dataclass(frozen=True)
class Own:
    """An implementation of its own, apart from the fused pass: a transform, a network, another program.

    make:     called once per process and device. Raises MissingExtra or MissingData for what it needs and is not here.
    weights:  names in the table of weights.
    """

    make: Callable[[torch.device], Measurer]
    weights: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metric:
    """A full-reference image metric, one value per frame.

    definition:  one sentence: channels, window, sigma, range, downsampling, source, and where it is undefined (NaN).
    """

    name: str
    unit: str
    definition: str
    higher_is_better: bool
    recipe: Fused | Own
