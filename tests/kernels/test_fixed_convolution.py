"""Convolutions with one order of summation: torch's up to rounding, and one set of bits whoever computes them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ahc_stream.kernels._native import FixedConvolution, FixedPointwise, fixed_convolution_variants
from ahc_stream.kernels.fixed_convolution import Pointwise, WinogradConvolution, larger, shuffled, smaller

sides, channels = st.integers(1, 21), st.integers(1, 40)
"""Of pictures: within a tile of 4, and across some. Of channels: within a vector of 16, and across some."""


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def close(ours: Tensor, exact: Tensor) -> bool:
    """Within 1e-5 of the sum's size. A plain sum in float32 is within 1e-6, and a wrong tap is off by 0.1 and more."""
    return ours.shape == exact.shape and bool((ours - exact).abs().max() <= 1e-5 * max(1.0, float(exact.abs().max())))


@settings(deadline=None, max_examples=40)
@given(height=sides, width=sides, inputs=channels, outputs=channels, batch=st.integers(1, 2))
def test_a_convolution_is_torchs(height: int, width: int, inputs: int, outputs: int, batch: int) -> None:
    x, weight, bias = drawn(batch, inputs, height, width), drawn(outputs, inputs, 3, 3), drawn(outputs)
    exact = F.conv2d(x.double(), weight.double(), bias.double(), padding=1)
    assert close(WinogradConvolution(weight, bias)(x), exact)


@settings(deadline=None, max_examples=40)
@given(height=sides, width=sides, inputs=channels, outputs=channels, side=st.sampled_from((3, 5)))
def test_a_convolution_of_stride_two_is_torchs(height: int, width: int, inputs: int, outputs: int, side: int) -> None:
    x, weight, bias = drawn(1, inputs, height, width), drawn(outputs, inputs, side, side), drawn(outputs)
    exact = F.conv2d(x.double(), weight.double(), bias.double(), stride=2, padding=side // 2)
    assert close(smaller(weight, bias)(x), exact)


@settings(deadline=None, max_examples=40)
@given(height=sides, width=sides, inputs=channels, outputs=channels)
def test_a_transposed_convolution_is_torchs(height: int, width: int, inputs: int, outputs: int) -> None:
    x, weight, bias = drawn(1, inputs, height, width), drawn(inputs, outputs, 5, 5), drawn(outputs)
    exact = F.conv_transpose2d(x.double(), weight.double(), bias.double(), stride=2, padding=2, output_padding=1)
    assert close(larger(weight, bias)(x), exact)


@settings(deadline=None, max_examples=40)
@given(height=sides, width=sides, inputs=channels, outputs=channels)
def test_a_sub_pixel_convolution_is_torchs(height: int, width: int, inputs: int, outputs: int) -> None:
    x, weight, bias = drawn(1, inputs, height, width), drawn(4 * outputs, inputs, 3, 3), drawn(4 * outputs)
    exact = F.pixel_shuffle(F.conv2d(x.double(), weight.double(), bias.double(), padding=1), 2)
    assert close(shuffled(weight, bias)(x), exact)


@settings(deadline=None, max_examples=40)
@given(height=sides, width=sides, inputs=channels, outputs=channels, stride=st.sampled_from((1, 2)))
def test_a_product_of_each_pixel_is_torchs(height: int, width: int, inputs: int, outputs: int, stride: int) -> None:
    x, weight, bias = drawn(2, inputs, height, width), drawn(outputs, inputs), drawn(outputs)
    exact = F.conv2d(x.double(), weight.double()[..., None, None], bias.double(), stride)
    assert close(Pointwise(weight, bias, "sum", stride)(x), exact)


@settings(deadline=None, max_examples=40)
@given(height=sides, width=sides, count=channels, kind=st.sampled_from(("divide", "multiply")))
def test_divisive_normalization_is_compressais(height: int, width: int, count: int, kind: str) -> None:
    x, gamma, beta = drawn(1, count, height, width), drawn(count, count).abs(), drawn(count).abs() + 0.1
    root = F.conv2d(x.double() ** 2, gamma.double()[..., None, None], beta.double()).sqrt()
    assert close(Pointwise(gamma, beta, kind)(x), x / root if kind == "divide" else x * root)


LAYERS = [(1, 1), (2, 1), (1, 2)]
"""Down and up."""


def convolved(x: Tensor, down: int, up: int, outputs: int, threads: int = 1, variant: int = 0) -> Tensor:
    """x: float32 [H, W, C]."""
    layer = FixedConvolution(drawn(up**2 * outputs, down**2 * x.shape[2], 3, 3), drawn(up**2 * outputs), down, up)
    height, width = (-(-side // down) * up for side in x.shape[:2])
    out = torch.full((height, width, outputs), torch.nan)
    layer.convolve(x, out, threads, variant)
    return out


def multiplied(x: Tensor, kind: str, threads: int = 1, variant: int = 0) -> Tensor:
    """x: float32 [pixels, C]."""
    layer = FixedPointwise(drawn(x.shape[1], x.shape[1]).abs(), drawn(x.shape[1]).abs(), kind)
    out = torch.full(x.shape, torch.nan)
    layer.multiply(x, out, threads, variant)
    return out


@pytest.mark.parametrize("variant", range(1, len(fixed_convolution_variants())))
@pytest.mark.parametrize("count", [3, 16, 40])
def test_every_instruction_set_gives_the_same_bits(variant: int, count: int) -> None:
    for down, up in LAYERS:
        x = drawn(13, 27, count)
        assert torch.equal(convolved(x, down, up, 23, variant=variant), convolved(x, down, up, 23))
    for kind in ("sum", "divide", "multiply"):
        x = drawn(61, count)
        assert torch.equal(multiplied(x, kind, variant=variant), multiplied(x, kind))


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_show_in_no_bit(threads: int) -> None:
    for down, up in LAYERS:
        x = drawn(96, 96, 32)
        assert torch.equal(convolved(x, down, up, 32, threads), convolved(x, down, up, 32))
    x = drawn(9000, 40)
    assert torch.equal(multiplied(x, "divide", threads), multiplied(x, "divide"))


def test_a_picture_does_not_see_the_others_of_its_batch() -> None:
    batch, layer = drawn(3, 24, 10, 11), larger(drawn(24, 7, 5, 5), drawn(7))
    alone = torch.cat([layer(picture) for picture in batch.split(1)])
    assert torch.equal(layer(batch), alone)
    assert torch.equal(layer(batch.contiguous(memory_format=torch.channels_last)), alone)


@pytest.mark.parametrize(
    ("x", "out", "wrong"),
    [((8, 8, 4), (8, 8, 6), "channels in"), ((8, 8, 5), (8, 7, 6), "channels out"), ((8, 8, 5), (8, 8, 5), "out")],
)
def test_shapes_that_do_not_fit_are_refused(x: tuple[int, ...], out: tuple[int, ...], wrong: str) -> None:
    layer = FixedConvolution(drawn(6, 5, 3, 3), drawn(6))
    with pytest.raises(ValueError, match=wrong):
        layer.convolve(drawn(*x), torch.empty(out))


def test_arguments_that_make_no_layer_are_refused() -> None:
    with pytest.raises(ValueError, match="1 or 2"):
        FixedConvolution(drawn(9, 9, 3, 3), drawn(9), 3)
    with pytest.raises(ValueError, match="kernels of"):
        FixedConvolution(drawn(6, 5, 3, 3), drawn(6), 2)
    with pytest.raises(ValueError, match="a bias for each"):
        FixedConvolution(drawn(6, 5, 3, 3), drawn(5))
    with pytest.raises(ValueError, match="kind"):
        FixedPointwise(drawn(6, 6), drawn(6), "cube")
    with pytest.raises(ValueError, match="square"):
        FixedPointwise(drawn(6, 5), drawn(6), "divide")
    with pytest.raises(ValueError, match="no such variant"):
        convolved(drawn(4, 4, 4), 1, 1, 4, variant=9)
