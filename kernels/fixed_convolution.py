"""Convolutions on the CPU whose bits depend on their operands alone: not on threads, batch, or the machine's vectors.

oneDNN's depend on all of these. Here every sum has one order, so a picture has the same bits wherever it is computed.
They are faster too: every convolution becomes one of 3 x 3 and of stride 1, and Winograd's F(4 x 4, 3 x 3) takes a
quarter of the multiplications. A stride of two makes the four phases of the picture (even and odd rows and columns) its
channels; a transposed one, or a sub-pixel one, makes the four phases of the output. The rounding errors are some ten
times those of a plain sum, 1e-5 of what is summed.

Tensors are float32 [B, C, H, W] on the CPU, in and out with their channels last in memory.
"""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor

from ._native import FixedConvolution, FixedPointwise

_PHASES = tuple(product(range(2), repeat=2))  # row, column
_WINDOW = tuple(product((-1, 0, 1), repeat=2))  # of what a 3 x 3 convolution sees


class WinogradConvolution:
    """x -> its 3 x 3 convolution; down: of the picture's four phases; up: to the output's four."""

    def __init__(self, kernels: Tensor, bias: Tensor, down: int = 1, up: int = 1) -> None:
        """See `FixedConvolution`, which takes these in float32."""
        self._layer = FixedConvolution(kernels.contiguous(), bias.contiguous(), down, up)
        self._channels, self._down, self._up = len(bias) // up**2, down, up

    def __call__(self, pictures: Tensor) -> Tensor:
        height, width = (-(-side // self._down) * self._up for side in pictures.shape[2:])
        out = pictures.new_empty(len(pictures), height, width, self._channels)
        for picture, to in zip(_channels_last(pictures), out, strict=True):
            self._layer.convolve(picture, to, torch.get_num_threads())
        return out.permute(0, 3, 1, 2)


class Pointwise:
    """x -> each pixel's channels times one matrix; kinds as `FixedPointwise` has them."""

    def __init__(self, weights: Tensor, bias: Tensor, kind: str, stride: int = 1) -> None:
        """weights: float32 [out, in]. bias: float32 [out]."""
        self._layer = FixedPointwise(weights.contiguous(), bias.contiguous(), kind)
        self._channels, self._stride = len(bias), stride

    def __call__(self, pictures: Tensor) -> Tensor:
        rows = _channels_last(pictures)[:, :: self._stride, :: self._stride].contiguous()
        out = rows.new_empty(*rows.shape[:3], self._channels)
        self._layer.multiply(rows.flatten(0, 2), out.flatten(0, 2), torch.get_num_threads())
        return out.permute(0, 3, 1, 2)


def smaller(weight: Tensor, bias: Tensor) -> WinogradConvolution:
    """A convolution of stride 2, whose weight is [out, in, k, k] for k = 3 or 5, and its padding k // 2."""
    channels, inputs, side = weight.shape[:3]
    kernels = weight.new_zeros(channels, 2, 2, inputs, 3, 3)
    for (p, q), (d, e) in product(_PHASES, _WINDOW):
        row, column = 2 * d + p + side // 2, 2 * e + q + side // 2
        if 0 <= row < side and 0 <= column < side:
            kernels[:, p, q, :, d + 1, e + 1] = weight[:, :, row, column]
    return WinogradConvolution(kernels.flatten(1, 3), bias, down=2)


def larger(weight: Tensor, bias: Tensor) -> WinogradConvolution:
    """A transposed convolution of stride 2, weight [in, out, 5, 5], padding 2, output padding 1."""
    inputs, channels, side = weight.shape[:3]
    kernels = weight.new_zeros(2, 2, channels, inputs, 3, 3)
    for (p, q), (d, e) in product(_PHASES, _WINDOW):
        row, column = p - 2 * d + side // 2, q - 2 * e + side // 2
        if 0 <= row < side and 0 <= column < side:
            kernels[p, q, :, :, d + 1, e + 1] = weight[:, :, row, column].T
    return WinogradConvolution(kernels.flatten(0, 2), bias.repeat(4), up=2)


def shuffled(weight: Tensor, bias: Tensor) -> WinogradConvolution:
    """A convolution, weight [4 out, in, 3, 3], padding 1, and the pixel shuffle by two behind it."""
    by_phase = weight.view(-1, 4, *weight.shape[1:]).transpose(0, 1).flatten(0, 1)
    return WinogradConvolution(by_phase, bias.view(-1, 4).T.flatten(), up=2)


def _channels_last(pictures: Tensor) -> Tensor:
    """[B, C, H, W] -> [B, H, W, C], contiguous: no copy where it lies so."""
    return pictures.permute(0, 2, 3, 1).contiguous()
