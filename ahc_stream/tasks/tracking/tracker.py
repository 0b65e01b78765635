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

TRACKERS = {"bytetrack": ("byte_tracker", "BYTETracker"), "botsort": ("bot_sort", "BOTSORT")}
"""Option -> file and class in ultralytics.trackers."""


class Tracks(NamedTuple):
    """Boxes in the order of frames, those of one track with one number.

    frame:     int64 [N].
    track_id:  int64 [N], from 1.
    box:       float64 [N, 4]: x1, y1, x2, y2 in pixels, where the tracker's motion model puts the object.
    """

    frame: np.ndarray
    track_id: np.ndarray
    box: np.ndarray


@dataclass(frozen=True, eq=False)
class _Boxes:
    """One frame's boxes as a tracker reads them: float32 xywh [N, 4] (centre and sides), conf [N], cls [N]."""

    xywh: np.ndarray
    conf: np.ndarray

    @property
    def cls(self) -> np.ndarray:
        return np.zeros_like(self.conf)

    def __len__(self) -> int:
        return len(self.conf)

    def __getitem__(self, rows: np.ndarray) -> _Boxes:
        return _Boxes(self.xywh[rows], self.conf[rows])


def track(frame: np.ndarray, box: np.ndarray, score: np.ndarray, options: Mapping[str, str]) -> Tracks:
    """The tracks through boxes [N, 4] of the frames int64 [N], in the order of frames.

    The tracker sees every frame number from the first to the last, also those without a box, so that an object which is
    gone for long is let go. `options` are those of the task `tracking`. Raises MissingExtra.
    """
    tracker, order = _make(options), np.argsort(frame, kind="stable")
    frame, score = frame[order], score[order].astype(np.float32)
    corner, far = box[order, :2], box[order, 2:]
    boxes = np.concatenate([(corner + far) / 2, far - corner], axis=1).astype(np.float32)
    numbers = np.arange(frame[0], frame[-1] + 1) if len(frame) else np.empty(0, np.int64)
    starts = np.searchsorted(frame, np.append(numbers, np.iinfo(np.int64).max))
    rows = [
        tracker.update(_Boxes(boxes[start:stop], score[start:stop])).reshape(-1, 8).astype(np.float64)
        for start, stop in pairwise(starts)
    ]
    found = np.concatenate([np.empty((0, 8)), *rows])
    return Tracks(np.repeat(numbers, [len(part) for part in rows]), found[:, 4].astype(np.int64), found[:, :4])


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
