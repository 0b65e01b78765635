"""What an autoregressive model says about the positions of a latent, as its passes see it.

A `Context` holds the networks, a `LatentState` the latents of a batch while they become known. Positions that are not
known yet hold zeros, on both sides. Encoder and decoder must get the same numbers to the last bit, so no arithmetic
lets the batch, the order of the positions or the threads into its sums. There are two:

float64   `context_fixed`: products with one order of summation, for all positions of a step and all images at once.
float32   `context_compressai`: CompressAI's own calls on CompressAI's own shapes, one position of one image at a time.
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from ahc_stream.codecs.learned.wavefront import Positions


class LatentState(Protocol):
    """The latents of B images of h x w positions and M channels, while they become known.

    above:       what the rows above say, [B, n, ...], for n positions whose rows above are known.
    parameters:  scales and means, float32 [B, n, M], of n positions whose context is known; takes their `above`.
    put:         makes n positions known: float32 [B, n, M].
    values:      what is known: float32 [B, M, h, w].
    """

    def above(self, positions: Positions) -> Tensor: ...

    def parameters(self, positions: Positions, above: Tensor) -> tuple[Tensor, Tensor]: ...

    def put(self, positions: Positions, values: Tensor) -> None: ...

    @property
    def values(self) -> Tensor: ...


class Context(Protocol):
    """The networks of an autoregressive model.

    begin:  the state of images of which nothing is known, under what the hyperprior says, float32 [B, 2M, h, w].
    """

    def begin(self, hyper: Tensor) -> LatentState: ...
