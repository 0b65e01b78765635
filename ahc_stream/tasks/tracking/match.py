"""One sequence's tracks and labels as the dictionary that TrackEval's metrics evaluate, without a file in between.

As TrackEval prepares MOT17: in each frame tracked boxes and all labels are matched one to one for the largest sum of
IoUs of at least 0.5; boxes that are matched to what is to be ignored are dropped, and then what is to be ignored is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ahc_stream.tasks.tracking.tracker import Tracks

LEAST_OVERLAP = 0.5


def evaluated(truth: Tracks, ignore: np.ndarray, tracks: Tracks, numbers: np.ndarray) -> dict[str, Any]:
    """TrackEval's `data` of one sequence: numbers counted from 0 without gaps, per frame the IoU of labels and tracks.

    ignore:   bool [labels].
    numbers:  int64, the frames that count, in order. Labels and tracks of others are left out.
    """
    frames = [_of_frame(truth, ignore, tracks, number) for number in numbers]
    gt, gt_count = _renumbered([gt for gt, _, _ in frames])
    ours, our_count = _renumbered([ours for _, ours, _ in frames])
    return {
        "num_timesteps": len(numbers),
        "num_gt_dets": sum(map(len, gt)),
        "num_gt_ids": gt_count,
        "gt_ids": gt,
        "num_tracker_dets": sum(map(len, ours)),
        "num_tracker_ids": our_count,
        "tracker_ids": ours,
        "similarity_scores": [overlaps for _, _, overlaps in frames],
    }


def _of_frame(
    truth: Tracks, ignore: np.ndarray, tracks: Tracks, number: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Track numbers of the labels and of the tracks that count, and their overlaps."""
    labels, ours = (slice(*np.searchsorted(each.frame, [number, number + 1])) for each in (truth, tracks))
    overlaps, keep = _overlaps(truth.box[labels], tracks.box[ours]), ~ignore[labels]
    drop = _matched_to_ignored(overlaps, keep)
    return (
        truth.track_id[labels][keep],
        np.delete(tracks.track_id[ours], drop),
        np.delete(overlaps, drop, axis=1)[keep],
    )


def _matched_to_ignored(overlaps: np.ndarray, keep: np.ndarray) -> np.ndarray:
    from scipy.optimize import linear_sum_assignment

    gains = np.where(overlaps < LEAST_OVERLAP - np.finfo(float).eps, 0, overlaps)
    rows, columns = linear_sum_assignment(-gains)
    return columns[(gains[rows, columns] > np.finfo(float).eps) & ~keep[rows]]


def _overlaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """float64 [N, M]: IoU of boxes [N, 4] and [M, 4]; 0 where a box is empty."""
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    common = np.maximum(sides, 0).prod(axis=2)
    areas = [np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(axis=1) for boxes in (a, b)]
    union = areas[0][:, None] + areas[1][None, :] - common
    return np.divide(common, union, out=np.zeros_like(common), where=common > 0)


def _renumbered(numbers: list[np.ndarray]) -> tuple[list[np.ndarray], int]:
    """Track numbers frame by frame -> the same from 0 without gaps, and how many there are."""
    joined = np.concatenate([np.empty(0, np.int64), *numbers])
    distinct, place = np.unique(joined, return_inverse=True)
    return np.split(place, np.cumsum([len(part) for part in numbers])[:-1]), len(distinct)
