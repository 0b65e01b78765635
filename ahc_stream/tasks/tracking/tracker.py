"""Boxes of one class, frame by frame, into tracks: ultralytics' trackers on boxes alone, without a model or a pixel.

ByteTrack: Y. Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", 2022. BoT-SORT:
N. Aharon et al., 2022, here without camera motion and appearance, so with its motion model alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

TRACKERS = {"bytetrack": ("byte_tracker", "BYTETracker"), "botsort": ("bot_sort", "BOTSORT")}
"""Option -> file and class in ultralytics.trackers."""


_COLUMNS = 8
"""Of what a tracker returns for a box: x1, y1, x2, y2, the track's number, and four that are not needed here."""

Numbers = NDArray[np.int64]


class Tracks(NamedTuple):
    """Boxes in the order of frames, those of one track with one number.

    frame:     int64 [N].
    track_id:  int64 [N], from 1.
    box:       float64 [N, 4]: x1, y1, x2, y2 in pixels, where the tracker's motion model puts the object.
    """

    frame: Numbers
    track_id: Numbers
    box: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Boxes:
    """One frame's boxes as a tracker reads them: float32 xywh [N, 4] (centre and sides), conf [N], cls [N]."""

    xywh: NDArray[np.float32]
    conf: NDArray[np.float32]

    @property
    def cls(self) -> NDArray[np.float32]:
        return np.zeros_like(self.conf)

    def __len__(self) -> int:
        return len(self.conf)

    def __getitem__(self, rows: Any) -> _Boxes:
        return _Boxes(self.xywh[rows], self.conf[rows])


def track(frame: Numbers, box: NDArray[np.float64], score: NDArray[np.float64], options: Mapping[str, str]) -> Tracks:
    """The tracks through boxes [N, 4] of the frames int64 [N], in the order of frames.

    The tracker sees every frame number from the first to the last, also those without a box, so that an object which is
    gone for long is let go. `options` are those of the task `tracking`. Raises MissingExtra.
    """
    tracker, order = _make(options), np.argsort(frame, kind="stable")
    frame, box = frame[order], box[order]
    scores = score[order].astype(np.float32)
    corner, far_corner = box[:, :2], box[:, 2:]
    boxes = np.concatenate([(corner + far_corner) / 2, far_corner - corner], axis=1).astype(np.float32)

    numbers = np.arange(frame[0], frame[-1] + 1) if len(frame) else np.empty(0, np.int64)
    starts = np.searchsorted(frame, np.append(numbers, np.iinfo(np.int64).max))
    tracked = [np.empty((0, _COLUMNS))]
    for start, stop in pairwise(starts):
        rows = tracker.update(_Boxes(boxes[start:stop], scores[start:stop]))
        tracked.append(rows.reshape(-1, _COLUMNS).astype(np.float64))
    found = np.concatenate(tracked)
    per_frame = [len(rows) for rows in tracked[1:]]
    return Tracks(np.repeat(numbers, per_frame), found[:, 4].astype(np.int64), found[:, :4])


def _make(options: Mapping[str, str]) -> Any:
    from ahc_stream.tasks.networks import ultralytics_import

    file, name = TRACKERS[options["tracker"]]
    arguments = SimpleNamespace(
        track_high_thresh=float(options["high"]),
        track_low_thresh=float(options["low"]),
        new_track_thresh=float(options["new"]),
        track_buffer=int(options["buffer"]),
        match_thresh=float(options["match"]),
        fuse_score=True,
        gmc_method="none",
        proximity_thresh=0.5,  # of appearance, which is not used
        appearance_thresh=0.8,
        with_reid=False,
    )
    return getattr(ultralytics_import.load(f"trackers.{file}", "tracking"), name)(arguments)
