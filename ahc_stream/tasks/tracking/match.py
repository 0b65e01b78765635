"""One sequence's tracks and labels as the dictionary that TrackEval's metrics evaluate, without a file in between.

As TrackEval prepares MOT17: in each frame tracked boxes and all labels are matched one to one for the largest sum of
IoUs of at least 0.5; boxes that are matched to what is to be ignored are dropped, and then what is to be ignored is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ahc_stream.tasks.tracking.tracker import Numbers, Tracks

LEAST_OVERLAP = 0.5

Boxes = NDArray[np.float64]
Overlaps = NDArray[np.float64]
Flags = NDArray[np.bool_]


class _Frame(NamedTuple):
    """Track numbers of the labels and of the tracks that count in one frame, and their IoU [labels, tracks]."""

    truth: Numbers
    tracks: Numbers
    overlaps: Overlaps


def evaluated(truth: Tracks, ignore: Flags, tracks: Tracks, numbers: Numbers) -> dict[str, Any]:
    """TrackEval's `data` of one sequence: numbers counted from 0 without gaps, per frame the IoU of labels and tracks.

    ignore:   bool [labels].
    numbers:  int64, the frames that count, in order. Labels and tracks of others are left out.
    """
    frames = [_of_frame(truth, ignore, tracks, number) for number in numbers]
    truth_ids, truth_count = _renumbered([frame.truth for frame in frames])
    track_ids, track_count = _renumbered([frame.tracks for frame in frames])
    return {
        "num_timesteps": len(numbers),
        "num_gt_dets": sum(map(len, truth_ids)),
        "num_gt_ids": truth_count,
        "gt_ids": truth_ids,
        "num_tracker_dets": sum(map(len, track_ids)),
        "num_tracker_ids": track_count,
        "tracker_ids": track_ids,
        "similarity_scores": [frame.overlaps for frame in frames],
    }


def _of_frame(truth: Tracks, ignore: Flags, tracks: Tracks, number: int) -> _Frame:
    labels, boxes = (slice(*np.searchsorted(rows.frame, [number, number + 1])) for rows in (truth, tracks))
    overlaps, keep = _overlaps(truth.box[labels], tracks.box[boxes]), ~ignore[labels]
    drop = _matched_to_ignored(overlaps, keep)
    return _Frame(
        truth.track_id[labels][keep],
        np.delete(tracks.track_id[boxes], drop),
        np.delete(overlaps, drop, axis=1)[keep],
    )


def _matched_to_ignored(overlaps: Overlaps, keep: Flags) -> Numbers:
    """The tracks that are matched to labels which are not to be kept."""
    from scipy.optimize import linear_sum_assignment

    rounding = np.finfo(float).eps
    gains = np.where(overlaps < LEAST_OVERLAP - rounding, 0, overlaps)
    rows, columns = linear_sum_assignment(-gains)
    is_match = gains[rows, columns] > rounding
    matched: Numbers = columns[is_match & ~keep[rows]]
    return matched


def _overlaps(a: Boxes, b: Boxes) -> Overlaps:
    """float64 [N, M]: IoU of boxes [N, 4] and [M, 4]; 0 where a box is empty."""
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    common: Overlaps = np.maximum(sides, 0).prod(axis=2)
    area_a, area_b = (np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(axis=1) for boxes in (a, b))
    union = area_a[:, None] + area_b[None, :] - common
    return np.divide(common, union, out=np.zeros_like(common), where=common > 0)


def _renumbered(numbers: list[Numbers]) -> tuple[list[Numbers], int]:
    """Track numbers frame by frame -> the same from 0 without gaps, and how many there are."""
    joined = np.concatenate([np.empty(0, np.int64), *numbers])
    distinct, number = np.unique(joined, return_inverse=True)
    ends = np.cumsum([len(of_frame) for of_frame in numbers])
    return np.split(number, ends[:-1]), len(distinct)
