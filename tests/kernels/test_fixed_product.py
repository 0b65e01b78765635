"""A product's bits come from its operands alone: rows, order, threads and instruction sets do not show in them."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from ahc_stream.kernels._native import FixedWeights, fixed_product_variants
from ahc_stream.kernels.fixed_product import FixedProduct

SHAPES = [(1, 1), (7, 24), (63, 25), (500, 47), (1920, 384)]
"""K, N: awkward against panels of 24 columns, and one of cheng2020's."""


def operands(rows: int, depth: int, columns: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(rows + depth + columns)
    x = torch.randn(rows, depth, generator=random, dtype=torch.float64)
    start = torch.randn(rows, columns, generator=random, dtype=torch.float64)
    return x, torch.randn(depth, columns, generator=random), start


def product(x: torch.Tensor, weights: torch.Tensor, start: torch.Tensor, threads: int = 1, variant: int = 0):
    out = start.clone()
    FixedWeights(weights).add_product(x, out, threads, variant)
    return out


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_product(shape):
    x, weights, start = operands(19, *shape)
    assert torch.allclose(product(x, weights, start), start + x @ weights.double(), rtol=0, atol=1e-11)


def test_every_sum_is_a_chain_of_fused_steps_in_order():
    """Held to exact fractions: each step is rounded once, as an fma rounds."""
    x, weights, start = operands(3, 40, 2)
    out = product(x, weights, start)
    for row in range(3):
        for column in range(2):
            total = float(start[row, column])
            for k in range(40):
                exact = Fraction(float(x[row, k])) * Fraction(float(weights[k, column])) + Fraction(total)
                total = float(exact)  # the nearest float64, ties to even
            assert total == float(out[row, column])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("variant", range(len(fixed_product_variants())))
def test_every_instruction_set_gives_the_same_bits(shape, variant):
    for rows in (1, 2, 3, 8, 9):
        x, weights, start = operands(rows, *shape)
        assert torch.equal(product(x, weights, start, variant=variant), product(x, weights, start))


@pytest.mark.parametrize("rows", range(1, 18))
def test_a_row_does_not_see_the_others(rows):
    x, weights, start = operands(rows, 500, 47)
    alone = torch.cat([product(x[i : i + 1], weights, start[i : i + 1]) for i in range(rows)])
    assert torch.equal(product(x, weights, start), alone)
    order = torch.randperm(rows, generator=torch.Generator().manual_seed(rows))
    assert torch.equal(product(x[order], weights, start[order]), alone[order])


def test_threads_give_the_same_bits():
    x, weights, start = operands(150, 1920, 384)
    assert torch.equal(product(x, weights, start, threads=1), product(x, weights, start, threads=5))


def test_a_product_in_two_parts_is_the_whole_one():
    x, weights, start = operands(9, 500, 47)
    first = product(x[:, :333].contiguous(), weights[:333].contiguous(), start)
    assert torch.equal(product(x[:, 333:].contiguous(), weights[333:].contiguous(), first), product(x, weights, start))


def test_shapes_that_do_not_fit_are_refused():
    x, weights, start = operands(4, 7, 24)
    with pytest.raises(ValueError, match=r"weights of \[K, N\]"):
        product(x[:, :6].contiguous(), weights, start)
    with pytest.raises(ValueError, match="no such variant"):
        product(x, weights, start, variant=99)


def test_no_rows_are_no_rows():
    x, weights, start = operands(0, 7, 24)
    assert product(x, weights, start).shape == (0, 24)


def test_the_face_broadcasts_its_start_and_leaves_it_alone():
    x, weights, start = operands(5, 63, 25)
    bias = start[0].clone()
    out = FixedProduct(weights)(x.T.contiguous().T, bias)
    assert torch.equal(out, product(x, weights, bias.expand(5, -1).contiguous())) and torch.equal(bias, start[0])
