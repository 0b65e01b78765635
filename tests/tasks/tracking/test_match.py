"""What TrackEval is given of one sequence: the frames that count, without what is to be ignored and what lies on it."""

from __future__ import annotations

import numpy as np
import pytest

from ahc_stream.tasks.tracking.match import evaluated
from ahc_stream.tasks.tracking.tracker import Tracks

WHOLE, HALF, LESS, FAR = (0, 0, 2, 1), (0, 0, 1, 1), (0, 0, 0.99, 1), (50, 50, 52, 51)
"""Boxes: HALF has the IoU 0.5 with WHOLE, LESS a little less, FAR none."""


def tracks(*rows: tuple[int, int, tuple[float, ...]]) -> Tracks:
    """From (frame, number, box)."""
    frame, number, box = zip(*rows, strict=True) if rows else ((), (), ())
    return Tracks(np.array(frame, np.int64), np.array(number, np.int64), np.array(box, np.float64).reshape(-1, 4))


def data_of(truth: Tracks, ignore: list[bool], found: Tracks, frames: list[int]) -> dict:
    return evaluated(truth, np.array(ignore, np.bool_), found, np.array(frames, np.int64))


def test_numbers_count_from_zero_and_frames_that_do_not_count_are_left_out() -> None:
    truth = tracks((1, 7, WHOLE), (3, 7, WHOLE), (3, 9, FAR), (4, 5, WHOLE))
    found = tracks((0, 2, WHOLE), (1, 4, HALF), (3, 8, FAR), (3, 4, WHOLE))
    data = data_of(truth, [False] * 4, found, [1, 2, 3])
    assert [ids.tolist() for ids in data["gt_ids"]] == [[0], [], [0, 1]]
    assert [ids.tolist() for ids in data["tracker_ids"]] == [[0], [], [1, 0]]
    counts = {name: value for name, value in data.items() if name.startswith("num_")}
    assert counts == {
        "num_timesteps": 3, "num_gt_dets": 3, "num_gt_ids": 2, "num_tracker_dets": 3, "num_tracker_ids": 2,
    }  # fmt: skip
    one, none, two = data["similarity_scores"]
    assert one.tolist() == [[0.5]] and none.shape == (0, 0) and two.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(("box", "kept"), [(WHOLE, 0), (HALF, 0), (LESS, 1), (FAR, 1)])
def test_a_track_on_what_is_to_be_ignored_is_dropped_from_half_of_it_on(box: tuple[float, ...], kept: int) -> None:
    data = data_of(tracks((0, 1, WHOLE), (0, 2, FAR)), [True, False], tracks((0, 1, box)), [0])
    assert data["num_tracker_dets"] == kept and data["num_gt_dets"] == 1
    assert data["similarity_scores"][0].shape == (1, kept)


def test_the_largest_sum_of_overlaps_decides_which_track_is_on_what_is_to_be_ignored() -> None:
    """Both tracks lie on the label that counts, and only the first on what is to be ignored: that one is dropped."""
    truth = tracks((0, 1, (0, 0, 10, 1)), (0, 2, (2, 0, 12, 1)))
    found = tracks((0, 5, (0, 0, 10, 1)), (0, 6, (5, 0, 12, 1)))
    assert data_of(truth, [True, False], found, [0])["similarity_scores"][0].tolist() == [[pytest.approx(0.7)]]
    assert data_of(truth, [False, True], found, [0])["similarity_scores"][0].tolist() == [[1.0]]


def test_empty_boxes_overlap_nothing() -> None:
    flat, turned = (0, 0, 2, 0), (2, 1, 0, 0)
    data = data_of(tracks((0, 1, WHOLE), (0, 2, flat)), [False] * 2, tracks((0, 1, flat), (0, 2, turned)), [0])
    assert data["similarity_scores"][0].tolist() == [[0, 0], [0, 0]]
