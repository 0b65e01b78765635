"""Suppression of oriented boxes gives ultralytics' own boxes, in its order."""

from __future__ import annotations

import math

import pytest
import torch

from ahc_stream.tasks.obb import suppress
from ahc_stream.tasks.obb.suppress import select_oriented


def output(seed: int, anchors: int = 700, classes: int = 3) -> torch.Tensor:
    """What a head says of two pictures: boxes in heaps, whose scores all differ."""
    torch.manual_seed(seed)
    heaps = torch.rand(2, 2, 40).repeat_interleave(anchors // 40 + 1, 2)[:, :, :anchors] * 300
    centre = heaps + torch.randn(2, 2, anchors) * 6
    size = torch.rand(2, 2, anchors) * 40 + 4
    scores = torch.rand(2, classes, anchors) ** 3
    angle = (torch.rand(2, 1, anchors) - 0.25) * math.pi
    return torch.cat([centre, size, scores, angle], dim=1)


@pytest.mark.parametrize("all_labels", [True, False])
@pytest.mark.parametrize(("score", "iou", "most"), [(0.05, 0.7, 300), (0.3, 0.3, 20), (0.999999, 0.5, 300)])
def test_boxes_are_those_of_ultralytics(score: float, iou: float, most: int, all_labels: bool, monkeypatch) -> None:
    from ultralytics.utils.nms import non_max_suppression

    monkeypatch.setattr(suppress, "_BLOCK", 64)
    raw = output(1)
    ours = select_oriented(raw, score, iou, most, all_labels, 3)
    theirs = non_max_suppression(raw, score, iou, multi_label=all_labels, max_det=most, nc=3, rotated=True)
    assert len(ours) == len(theirs) == 2
    for boxes, expected in zip(ours, theirs, strict=True):
        assert torch.equal(boxes, expected)


def test_blocks_change_nothing_and_no_more_is_looked_at_than_is_wanted(monkeypatch) -> None:
    raw = output(2)
    whole = select_oriented(raw, 0.1, 0.5, 10_000, True, 3)
    monkeypatch.setattr(suppress, "_BLOCK", 7)
    for boxes, expected in zip(select_oriented(raw, 0.1, 0.5, 10_000, True, 3), whole, strict=True):
        assert torch.equal(boxes, expected)
    for boxes, expected in zip(select_oriented(raw, 0.1, 0.5, 25, True, 3), whole, strict=True):
        assert len(boxes) == 25 and torch.equal(boxes, expected[:25])


def test_a_box_that_goes_takes_others_with_it() -> None:
    """A heap in a row: b is too near to a, c too near to b and not to a. Greedy suppression would keep c."""
    rows = torch.tensor([[0.0, 0, 40, 10, 0.9, 0], [0, 4, 40, 10, 0.8, 0], [0, 8, 40, 10, 0.7, 0]]).T[None]
    (kept,) = select_oriented(rows, 0.1, 0.45, 10, True, 1)
    assert kept[:, 1].tolist() == [0]
