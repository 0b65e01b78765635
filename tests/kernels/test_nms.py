"""Suppression that stops early, held to torchvision's, box by box."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchvision import ops

from ahc_stream.kernels._native import keep_boxes
from ahc_stream.kernels.nms import nms

NOT_FINITE = (float("nan"), float("inf"), -float("inf"))


def scattered(random: torch.Generator, count: int, extent: float) -> Tensor:
    """Boxes of up to 90 pixels a side."""
    corner, size = torch.rand(count, 2, generator=random) * extent, torch.rand(count, 2, generator=random) * 90
    return torch.cat([corner, corner + size], dim=1)


def on_a_grid(random: torch.Generator, count: int, extent: float) -> Tensor:
    """Whole corners of few values: equal boxes, boxes without area, and overlaps of exactly a half."""
    return torch.randint(0, 9, (count, 4), generator=random).float()


def nested(random: torch.Generator, count: int, extent: float) -> Tensor:
    """Boxes around one centre."""
    half = torch.rand(count, 1, generator=random) * extent
    return torch.cat([extent - half, extent + half], dim=1).repeat_interleave(2, dim=1)


def of_many_classes(random: torch.Generator, count: int, extent: float) -> Tensor:
    """Shifted by class as the detectors' are, so that float32 has few bits left for a box."""
    return scattered(random, count, extent) + torch.randint(0, 80, (count, 1), generator=random) * 7680.0


def with_not_finite(random: torch.Generator, count: int, extent: float) -> Tensor:
    """Some corners are no numbers."""
    boxes = scattered(random, count, extent)
    where = torch.rand(boxes.shape, generator=random) < 0.1
    boxes[where] = torch.tensor(NOT_FINITE)[torch.randint(0, 3, (int(where.sum()),), generator=random)]
    return boxes


KINDS = (scattered, on_a_grid, nested, of_many_classes, with_not_finite)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    count=st.integers(0, 400),
    extent=st.sampled_from([30.0, 300.0, 3000.0]),
    steps=st.sampled_from([1, 4, 1000]),
    iou=st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0]),
    most=st.sampled_from([0, 1, 15, 16, 17, 300, 1000]),
    seed=st.integers(0, 2**32),
)
def test_the_boxes_and_their_order_are_torchvisions(kind, count, extent, steps, iou, most, seed):
    random = torch.Generator().manual_seed(seed)
    boxes = kind(random, count, extent)
    scores = torch.randint(0, steps, (count,), generator=random) / steps  # of few steps many are equal
    assert torch.equal(nms(boxes, scores, iou, most), ops.nms(boxes, scores, iou)[:most])


@pytest.mark.parametrize("value", NOT_FINITE)
def test_scores_that_are_no_numbers_rank_as_torchvision_ranks_them(value: float):
    random = torch.Generator().manual_seed(5)
    boxes, scores = scattered(random, 200, 300.0), torch.rand(200, generator=random)
    scores[::7] = value
    assert torch.equal(nms(boxes, scores, 0.5, 200), ops.nms(boxes, scores, 0.5))


@pytest.mark.parametrize("most", [300, 30_000])
def test_thirty_thousand_candidates_of_many_classes(most: int):
    random = torch.Generator().manual_seed(7)
    boxes, scores = of_many_classes(random, 30_000, 500.0), torch.rand(30_000, generator=random)
    assert torch.equal(nms(boxes, scores, 0.7, most), ops.nms(boxes, scores, 0.7)[:most])


def test_strided_boxes_are_taken_as_they_are():
    random = torch.Generator().manual_seed(9)
    rows = torch.cat([scattered(random, 100, 200.0), torch.rand(100, 2, generator=random)], dim=1)
    expected = ops.nms(rows[:, :4].contiguous(), rows[:, 4].contiguous(), 0.5)
    assert torch.equal(nms(rows[:, :4], rows[:, 4], 0.5, 100), expected)


def test_what_does_not_fit_is_refused():
    boxes, order, kept = torch.zeros(2, 4), torch.arange(2), torch.empty(2, dtype=torch.int64)
    for arguments in (
        (boxes, torch.arange(3), 0.5, kept),
        (torch.zeros(2, 5), order, 0.5, kept),
        (boxes, torch.tensor([0, 2]), 0.5, kept),
        (boxes, torch.tensor([0, -1]), 0.5, kept),
        (boxes, order, -0.1, kept),
        (boxes, order, float("nan"), kept),
    ):
        with pytest.raises(ValueError, match=r"order|boxes|overlap"):
            keep_boxes(*arguments)
    for wrong in ((boxes.double(), order, 0.5, kept), (boxes, order.int(), 0.5, kept), (boxes, order, 0.5, kept.int())):
        with pytest.raises(TypeError):
            keep_boxes(*wrong)
