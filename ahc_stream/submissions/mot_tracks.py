"""A file of tracks as MOTChallenge's servers and TrackEval take it: a box a line, frames and pixels counted from 1.

    frame, id, left, top, width, height[, confidence[, class[, ...]]]     parted by commas or by spaces

The confidence is not looked at. Trackers write -1 or 1 as class, or as x of the world; another one is refused.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.foreign_text import TextLine, line_error, read_lines, shown
from ahc_stream.datasets.fields import BOX, FieldRange
from ahc_stream.datasets.mot_truth import PEDESTRIAN, whole_number

COLUMNS = range(6, 11)
"""How many a line may have."""
FRAME = FieldRange("a frame number", 1, 1e9, is_whole=True)
CONFIDENCE = FieldRange("a confidence", -1e9, 1e9)
CLASS = FieldRange("the class 1, a pedestrian, or -1", -1e9, PEDESTRIAN)


@dataclass(frozen=True, eq=False)
class MotTracks:
    """The boxes of a sequence, one row per line.

    frame:     int64 [N], as the file counts.
    track_id:  int64 [N], from 0 without a gap.
    box:       float64 [N, 4]: left, top, width, height in pixels.
    lines:     int64 [N]: where each stands.
    """

    frame: NDArray[np.int64]
    track_id: NDArray[np.int64]
    box: NDArray[np.float64]
    lines: NDArray[np.int64]


def read_tracks(path: Path) -> MotTracks:
    """Raises MissingData, and MediaError that names file and line: for a line that is no box of a track, and for an id
    that is there twice in a frame."""
    numbers, lines, columns = array("d"), array("q"), 0
    ids: list[int] = []
    line_of: dict[tuple[float, int], int] = {}
    known: dict[int, int] = {}
    for line in read_lines(path):
        if line.text.startswith("#"):
            continue
        fields = _fields(line)
        if len(fields) not in ((columns,) if columns else COLUMNS):
            expected = f"{columns or f'{COLUMNS.start} to {COLUMNS.stop - 1}'} columns"
            raise line_error(path, line.number, expected, f"{len(fields)}: {shown(line.text)}")
        columns = len(fields)
        try:
            frame, track_id, box = _read(fields)
        except ValueError as error:
            raise line_error(path, line.number, str(error), shown(line.text)) from None
        other = line_of.setdefault((frame, track_id), line.number)
        if other != line.number:
            got = f"id {track_id} in frame {frame:.0f} in line {other} too"
            raise line_error(path, line.number, "each id once in a frame", got)
        ids.append(known.setdefault(track_id, len(known)))
        numbers.extend((frame, *box))
        lines.append(line.number)
    table = np.array(numbers).reshape(-1, 1 + len(BOX))
    return MotTracks(table[:, 0].astype(np.int64), np.array(ids, np.int64), table[:, 1:], np.array(lines, np.int64))


def _fields(line: TextLine) -> list[str]:
    """Without the empty one behind a comma at the end of the line."""
    fields = line.text.strip().removesuffix(",").split("," if "," in line.text else None)
    return [field.strip() for field in fields]


def _read(fields: list[str]) -> tuple[float, int, list[float]]:
    """Frame, id and box. Raises ValueError, which says what was expected."""
    frame, track_id = FRAME.read(fields[0]), whole_number(fields[1])
    if track_id < 0:
        raise ValueError("the id of a track, from 0 on (boxes with -1 are detections that no tracker has seen)")
    box = [side.read(field) for side, field in zip(BOX, fields[2:6], strict=True)]
    for field_range, field in zip((CONFIDENCE, CLASS), fields[6:8], strict=False):
        field_range.read(field)
    return frame, track_id, box
