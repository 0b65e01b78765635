"""Triton kernels held to their twins on the CPU: compiled where there is a GPU; elsewhere interpreted, in one process.

The metrics' kernels have a file of their own (`tests/metrics/test_quality_cuda.py`).
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor

from ahc_stream.kernels.fixed_product import FixedProduct
from ahc_stream.kernels.warp import definition, warped
from tests.core.ycbcr import upsampled
from tests.interpreted import DEVICE, check_interpreted, kernels, stands_in
from tests.kernels.test_fixed_product import operands
from tests.kernels.test_warp import drawn, tolerance
from tests.promised_gpu import GPU

COLOURS = list(product(("bt601", "bt709", "bt2020"), (False, True), (False, True)))


@pytest.mark.timeout(900)  # a minute alone, interpreted; what else the machine does makes it many
@stands_in
def test_the_kernels_pass_under_the_interpreter() -> None:
    check_interpreted(__file__, 4 + 1 + len(COLOURS) + 1 + 2)


def on_the_gpu(x: Tensor, weights: Tensor, start: Tensor) -> Tensor:
    from ahc_stream.kernels.fixed_product_cuda import fixed_product

    return fixed_product(x.to(DEVICE), weights.double().to(DEVICE), start.to(DEVICE)).cpu()


@kernels
@pytest.mark.parametrize("shape", [(1, 1), (7, 24), (63, 25), (50, 70)])
def test_a_product_has_the_bits_of_the_cpu_whatever_the_rows_place_and_batch(shape):
    x, weights, start = operands(9, *shape)
    # 24 bits times 24 bits fit in 53: a product and a sum round as one fma does, which is what the interpreter has
    x = x if GPU else x.float().double()
    expected = FixedProduct(weights)(x, start)
    assert torch.equal(on_the_gpu(x, weights, start), expected)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(9))[:6]
    assert torch.equal(on_the_gpu(x[order], weights, start[order]), expected[order])


@kernels
def test_a_product_takes_a_start_that_is_one_row_and_rows_that_are_strided():
    x, weights, start = operands(5, 20, 25)
    x, one = x.float().double(), start[:1].expand(5, -1)
    assert torch.equal(on_the_gpu(x.T.contiguous().T, weights, one), FixedProduct(weights)(x, one))
    assert on_the_gpu(x[:0], weights, start[:0]).shape == (0, 25)
    with pytest.raises(ValueError, match=r"weights of \[K, N\]"):
        on_the_gpu(x[:, :6], weights, start)


@kernels
@pytest.mark.parametrize(("matrix", "full_range", "centred"), COLOURS)
def test_a_decoders_samples_become_the_rgb_of_the_cpu_bit_for_bit(matrix, full_range, centred):
    """Noise of all levels: also luma and chroma that no colour has, where libswscale's sums wrap around."""
    from ahc_stream.kernels.colour import to_rgb as to_rgb_on_the_cpu
    from ahc_stream.kernels.colour_cuda import to_rgb

    for height, width in ((32, 48), (16, 2), (2, 2)):
        random = np.random.default_rng(height)
        sizes = (height, width), (height // 2, width // 2), (height // 2, width // 2)
        planes = [random.integers(0, 256, size, dtype=np.uint8) for size in sizes]
        expected = np.empty((3, height, width), np.uint8)
        to_rgb_on_the_cpu(*planes, matrix, full_range, centred, expected)
        samples = np.stack([upsampled(plane.astype(float), height, width, "center") for plane in planes], axis=-1)
        batch = torch.from_numpy(samples).float().expand(2, -1, -1, -1).to(DEVICE)
        for rgb in to_rgb(batch, matrix, full_range, centred).cpu().numpy():
            assert np.array_equal(rgb, expected)


@kernels
def test_samples_of_another_shape_or_type_are_refused():
    from ahc_stream.kernels.colour_cuda import to_rgb

    for samples in (torch.zeros(1, 3, 4, 3), torch.zeros(1, 4, 4), torch.zeros(1, 4, 4, 3, dtype=torch.uint8)):
        with pytest.raises(ValueError, match="even sides"):
            to_rgb(samples, "bt709", False, False)


@kernels
@pytest.mark.parametrize(("height", "width"), [(16, 16), (32, 48)])
def test_a_warp_is_the_definition_and_the_cpus_up_to_rounding(height, width):
    from ahc_stream.kernels.warp_cuda import warped as warped_by_triton

    picture, motion = drawn(2, height, width, DEVICE)
    ours = warped_by_triton(picture, motion).cpu()
    picture, motion = picture.cpu(), motion.cpu()
    bound = tolerance(height, width, 2)
    torch.testing.assert_close(ours.double(), definition(picture, motion), rtol=0, atol=bound)
    torch.testing.assert_close(ours, warped(picture, motion), rtol=0, atol=2 * bound)
