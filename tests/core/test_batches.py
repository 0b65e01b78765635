"""Batches of one shape: what a transform sees of a frame is the same whatever comes with it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ahc_stream.core.batches import MOST, batch_size, fixed_batches, in_fixed_batches


@settings(max_examples=50, deadline=None)
@given(frames=st.integers(1, 40), size=st.sampled_from([1, 2, 4, 16]))
def test_every_batch_has_the_size_and_every_frame_comes_back_once_in_order(frames: int, size: int) -> None:
    shapes = []

    def double(x: Tensor, y: Tensor) -> Tensor:
        shapes.append((x.shape, x.stride(), y.shape))
        return (x + y).flatten(1)

    x = torch.arange(6 * frames, dtype=torch.float32).view(frames, 2, 3)
    assert torch.equal(in_fixed_batches(double, size, x, -3 * x), (-2 * x).flatten(1))
    assert set(shapes) == {((size, 2, 3), (6, 3, 1), (size, 2, 3))} and len(shapes) == -(-frames // size)


def test_what_fills_a_batch_is_zero_and_counted_out() -> None:
    counts = [(count, batch.tolist()) for count, (batch,) in fixed_batches(2, torch.tensor([5, 6, 7]))]
    assert counts == [(2, [5, 6]), (1, [7, 0])]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_layout_of_the_frames_is_not_that_of_the_batches(layout: torch.memory_format) -> None:
    frames = torch.rand(3, 3, 4, 5).to(memory_format=layout)
    for _, (batch,) in fixed_batches(1, frames.expand(3, 3, 4, 5)):
        assert batch.stride() == (60, 20, 5, 1)


def test_a_gpu_takes_a_power_of_two_that_fits_and_the_cpu_one() -> None:
    gpu = torch.device("cuda")
    sizes = [batch_size(gpu, 100, pixels) for pixels in (1, 6, 7, 13, 30, 49, 51, 1000)]
    assert sizes == [MOST, 16, 8, 4, 2, 2, 1, 1]
    assert batch_size(torch.device("cpu"), 100, 1) == 1
