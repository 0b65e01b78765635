"""gt.txt of a MOTChallenge sequence: a box per line, comma-separated.

frame, id, left, top, width, height, flag, class, visibility           nine columns: MOT16 to MOT20
frame, id, left, top, width, height, flag, x, y, z                     ten: 2D MOT 2015, every line a pedestrian
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.errors import MediaError
from ahc_stream.core.foreign_text import TextLine, line_error, read_lines, shown
from ahc_stream.datasets.fields import BOX, FieldRange

PEDESTRIAN = 1
WITH_CLASS, WITHOUT_CLASS = 9, 10
"""Numbers of columns."""

FRAME = FieldRange("a frame number", 0, 1e9, is_whole=True)
COLUMNS = (*BOX, FieldRange("a flag", -1e9, 1e9))
CLASS = FieldRange("a class", -1, 1e6, is_whole=True)

MOST_BOXES = 10_000
"""Boxes of one frame. The fullest frames of MOT20 have some two hundred."""

GREATEST_ID = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class MotTruth:
    """Ground truth of a sequence, one row per line.

    frame:     int64 [N], as the file counts.
    track_id:  int32 [N]; below 0: nothing tracks it. Where an id of the file is greater than int32 holds, all are
               numbered anew, in their order from 1.
    box:       float64 [N, 4]: left, top, width, height in pixels.
    counts:    bool [N]: its flag is not 0.
    kind:      int64 [N]: its class.
    """

    frame: NDArray[np.int64]
    track_id: NDArray[np.int32]
    box: NDArray[np.float64]
    counts: NDArray[np.bool_]
    kind: NDArray[np.int64]


def read_truth(path: Path) -> MotTruth:
    """Raises MediaError, which names file and line, for a line that is no box, an id twice in a frame, or more than
    MOST_BOXES in one."""
    reader = _Reader(path)
    for line in read_lines(path):
        if not line.text.startswith("#"):
            reader.add(line)
    return reader.truth()


class _Reader:
    """The lines that were read so far, in columns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns = 0
        self._numbers = array("d")
        self._ids: list[int] = []
        self._lines = array("q")
        self._boxes_of: Counter[float] = Counter()

    def add(self, line: TextLine) -> None:
        fields = line.text.split(",")
        self._check_columns(line.number, len(fields))
        try:
            frame = FRAME.read(fields[0])
            self._ids.append(whole_number(fields[1]))
            values = [field_range.read(field) for field_range, field in zip(COLUMNS, fields[2:7], strict=True)]
            kind = CLASS.read(fields[7]) if self._columns == WITH_CLASS else PEDESTRIAN
        except ValueError as error:
            raise line_error(self._path, line.number, str(error), shown(line.text)) from None
        self._numbers.extend((frame, *values, kind))
        self._lines.append(line.number)
        self._boxes_of[frame] += 1
        if self._boxes_of[frame] > MOST_BOXES:
            got = f"more of frame {frame:.0f}"
            raise line_error(self._path, line.number, f"at most {MOST_BOXES} boxes of a frame", got)

    def truth(self) -> MotTruth:
        table = np.array(self._numbers).reshape(-1, len(COLUMNS) + 2)
        frame = table[:, 0].astype(np.int64)
        self._check_ids(frame)
        return MotTruth(frame, _track_ids(self._ids), table[:, 1:5], table[:, 5] != 0, table[:, 6].astype(np.int64))

    def _check_columns(self, line: int, count: int) -> None:
        """9 or 10, and in every line as many."""
        expected = (self._columns,) if self._columns else (WITH_CLASS, WITHOUT_CLASS)
        if count not in expected:
            numbers = " or ".join(map(str, expected))
            raise line_error(self._path, line, f"{numbers} comma-separated columns", str(count))
        self._columns = count

    def _check_ids(self, frame: NDArray[np.int64]) -> None:
        """An object is at one place at a time; boxes that nothing tracks may share a number below 0."""
        tracked: set[tuple[int, int]] = set()
        for number, track_id, line in zip(frame.tolist(), self._ids, self._lines, strict=True):
            if track_id >= 0 and (number, track_id) in tracked:
                sequence = self._path.parent.parent.name
                expected = f"each id once in a frame of {sequence}"
                raise line_error(self._path, line, expected, f"id {track_id} twice in frame {number}")
            tracked.add((number, track_id))


def whole_number(text: str) -> int:
    """A whole number of any size, "7" or "7.0". Raises ValueError."""
    if "_" not in text:
        try:
            return int(text)
        except ValueError:
            number = _float(text)
        if number is not None and number.is_integer():
            return int(number)
    raise ValueError("a whole number as id")


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _track_ids(ids: list[int]) -> NDArray[np.int32]:
    if all(-GREATEST_ID <= track_id <= GREATEST_ID for track_id in ids):
        return np.array(ids, np.int32)
    numbers = {track_id: number for number, track_id in enumerate(sorted({i for i in ids if i >= 0}), start=1)}
    return np.array([numbers.get(track_id, -1) for track_id in ids], np.int32)


def no_frame_of(path: Path) -> MediaError:
    """The error for ground truth that fits no image."""
    todo = "check that gt.txt and the images count frames alike, and are of one sequence"
    return MediaError(f"boxes of frames that are here in {path}", "only boxes of other frames", todo)
