"""Matrix products in float64 whose bits depend on their operands alone: not on the batch, its order, or the threads.

What decides how a range coder reads its string must be the same number on both sides to the last bit. A BLAS picks
its kernel by the number of rows, so the same row has other last bits in another batch. Here:

    on the CPU   fixed_product.cpp: every sum in the order of k, each step one fma, whatever the machine's vectors
    on a GPU     cuBLAS on tiles of TILE rows, the last filled with zeros: one shape, hence one kernel, for every batch.
                 Its order of summation is its own, so a stream is decoded where it was written (headers name the kind)
"""

from __future__ import annotations

import torch
from torch import Tensor

from ._native import FixedWeights

TILE = 64
"""Rows of each product on a GPU."""


class FixedProduct:
    """x -> start + x @ weights. Holds no state but the weights: threads may share one."""

    def __init__(self, weights: Tensor) -> None:
        """weights: float32 [K, N], where the products will be."""
        on_cpu = weights.device.type == "cpu"
        self._weights = FixedWeights(weights.detach().contiguous()) if on_cpu else weights.detach().double()

    def __call__(self, rows: Tensor, start: Tensor) -> Tensor:
        """rows float64 [R, K] and start float64, [R, N] or what expands to it -> a new float64 [R, N].

        On the CPU it uses up to `torch.get_num_threads()` threads, and fewer where there is little to do. Raises
        ValueError for shapes that do not fit.
        """
        if isinstance(self._weights, Tensor):
            return self._tiled(rows, self._weights) + start
        out = start.expand(len(rows), start.shape[-1]).clone(memory_format=torch.contiguous_format)
        self._weights.add_product(rows.contiguous(), out, torch.get_num_threads())
        return out

    @staticmethod
    def _tiled(rows: Tensor, weights: Tensor) -> Tensor:
        whole = -(-len(rows) // TILE) * TILE
        filled = torch.nn.functional.pad(rows, (0, 0, 0, whole - len(rows)))
        return torch.cat([tile @ weights for tile in torch.split(filled, TILE)])[: len(rows)]
