"""Matrix products in float64 whose bits depend on their operands alone: not on the batch, its order, or the threads.

What decides how a range coder reads its string must be the same number on both sides to the last bit. A BLAS picks
its kernel by the number of rows, so the same row has other last bits in another batch. Here every sum is taken in the
order of k, from `start` on, each step one fma:

    on the CPU   fixed_product.cpp, whatever the machine's vectors
    on a GPU     fixed_product_cuda.py

So the two give the same bits. A stream is decoded on the kind of device where it was written all the same: what is
around the products (convolutions, activations) has other bits on each, and its header names the kind.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ._native import FixedWeights


class FixedProduct:
    """x -> start + x @ weights. Holds no state but the weights: threads may share one."""

    def __init__(self, weights: Tensor) -> None:
        """weights: float32 [K, N], where the products will be."""
        on_cpu = weights.device.type == "cpu"
        self._weights = (
            FixedWeights(weights.detach().contiguous()) if on_cpu else weights.detach().double().contiguous()
        )

    def __call__(self, rows: Tensor, start: Tensor) -> Tensor:
        """rows float64 [R, K] and start float64, [R, N] or what expands to it -> a new float64 [R, N].

        On the CPU it uses up to `torch.get_num_threads()` threads, and fewer where there is little to do. Raises
        ValueError for shapes that do not fit.
        """
        if isinstance(self._weights, Tensor):
            from .fixed_product_cuda import fixed_product

            return fixed_product(rows, self._weights, start.expand(len(rows), start.shape[-1]))
        out = start.expand(len(rows), start.shape[-1]).clone(memory_format=torch.contiguous_format)
        self._weights.add_product(rows.contiguous(), out, torch.get_num_threads())
        return out
