"""One row of the table of metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ahc_stream.kernels.quality import Statistics, Wanted

Measurer = Callable[[Tensor, Tensor], Tensor]
"""reference, distorted [N, 3, H, W], checked by the session -> float64 [N], same device. Each frame alone."""


class Remembering(Protocol):
    """A metric of one stream whose values depend on neighbouring frames.

    delay:  the most frames that are pushed and have no value yet.
    """

    delay: int

    def push(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """The next frames, checked by the session -> float64 [K], same device: of the frames that have no value yet,
        those of the first K, which is all that is known."""
        ...

    def finish(self) -> Tensor:
        """float64 [K], the values of all frames that have none yet. Nothing is pushed afterwards."""
        ...


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
    """An implementation of its own, apart from the fused pass: a transform, a network.

    make:     called once per process and device. Raises MissingExtra or MissingData for what it needs and is not here.
    weights:  names in the table of weights.
    """

    make: Callable[[torch.device], Measurer]
    weights: tuple[str, ...] = ()


@dataclass(frozen=True)
class Temporal:
    """An implementation of its own that looks at neighbouring frames.

    begin:    device, whether the stream's frames are consecutive -> what remembers one stream.
    require:  raises MissingExtra for what it needs and is not here.
    """

    begin: Callable[[torch.device, bool], Remembering]
    require: Callable[[], None]


@dataclass(frozen=True)
class Metric:
    """A full-reference image metric, one value per frame.

    definition:  one sentence: channels, window, sigma, range, downsampling, source, and where it is undefined (NaN).
    """

    name: str
    unit: str
    definition: str
    higher_is_better: bool
    recipe: Fused | Own | Temporal
