"""Suppression, held to ultralytics' own on random output, and to cases small enough to see."""

from __future__ import annotations

import pytest
import torch

from ahc_stream.tasks.detection import nms


def output_of(*boxes: tuple[float, ...], classes: int = 2) -> torch.Tensor:
    """One image; each box: centre x, y, width, height, then the score of each class."""
    return torch.tensor(boxes, dtype=torch.float32).reshape(1, -1, 4 + classes).transpose(1, 2)


def random_output(images: int, classes: int, boxes: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    centres = torch.rand(images, 2, boxes, generator=generator) * 300
    sizes = torch.rand(images, 2, boxes, generator=generator) * 150 + 5
    return torch.cat([centres, sizes, torch.rand(images, classes, boxes, generator=generator) ** 4], dim=1)


@pytest.mark.parametrize("all_labels", [True, False])
@pytest.mark.parametrize(
    ("score", "iou", "most"), [(0.001, 0.7, 300), (0.25, 0.45, 1000), (0.9, 0.7, 5), (0.9999, 0.5, 300)]
)
def test_selection_is_ultralytics_own(all_labels, score, iou, most):
    import torchvision  # noqa: F401  ultralytics takes its suppression where it is imported, its own loop elsewhere
    from ultralytics.utils.nms import non_max_suppression

    output = random_output(images=3, classes=7, boxes=600)
    expected = non_max_suppression(output.clone(), score, iou, multi_label=all_labels, max_det=most, max_time_img=100)
    for ours, theirs in zip(nms.select(output, score, iou, most, all_labels), expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_the_better_of_two_overlapping_boxes_stays():
    (kept,) = nms.select(output_of((50, 50, 40, 40, 0.5, 0), (51, 50, 40, 40, 0.9, 0)), 0.1, 0.7, 300, True)
    torch.testing.assert_close(kept, torch.tensor([[31, 30, 71, 70, 0.9, 0]]))


def test_boxes_of_different_classes_do_not_suppress_one_another():
    (kept,) = nms.select(output_of((50, 50, 40, 40, 0.5, 0), (50, 50, 40, 40, 0, 0.9)), 0.1, 0.7, 300, True)
    assert kept[:, 5].tolist() == [1, 0]


def test_all_labels_counts_a_box_once_for_each_class_above_the_score():
    output = output_of((50, 50, 40, 40, 0.5, 0.4))
    assert nms.select(output, 0.1, 0.7, 300, True)[0][:, 5].tolist() == [0, 1]
    assert nms.select(output, 0.1, 0.7, 300, False)[0][:, 5].tolist() == [0]


def test_a_class_without_a_number_hides_no_other_that_counts():
    output = output_of((50, 50, 40, 40, float("nan"), 0.9), (20, 20, 9, 9, 0.3, 0))
    assert nms.select(output, 0.1, 0.7, 300, True)[0][:, 5].tolist() == [1, 0]
    assert nms.select(output, 0.1, 0.7, 300, False)[0][:, 5].tolist() == [0]  # a box's best class is then unknown


def test_an_image_without_boxes_keeps_its_place():
    output = torch.cat([output_of((5, 5, 4, 4, 0.0, 0.0)), output_of((5, 5, 4, 4, 0.5, 0.0))])
    assert [kept.shape for kept in nms.select(output, 0.1, 0.7, 300, True)] == [(0, 6), (1, 6)]


def test_candidates_beyond_the_most_are_the_worst(monkeypatch):
    output = random_output(images=1, classes=2, boxes=400)
    whole = nms.select(output, 0.001, 1.0, 50, True)
    monkeypatch.setattr(nms, "_MOST_CANDIDATES", 60)
    torch.testing.assert_close(nms.select(output, 0.001, 1.0, 50, True), whole)


def test_end_to_end_output_is_only_thresholded():
    rows = torch.tensor([[[0, 0, 9, 9, 0.9, 1], [0, 0, 9, 9, 0.8, 1], [0, 0, 9, 9, 0.1, 0]]])
    assert nms.select_final(rows, 0.25, 300)[0][:, 4].tolist() == pytest.approx([0.9, 0.8])
    assert len(nms.select_final(rows, 0.25, 1)[0]) == 1
