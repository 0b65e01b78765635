"""What is done: what a start need not open, code or measure again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ahc_stream.core.clip import Item
from ahc_stream.core.point import OperatingPoint
from ahc_stream.runs.keys import at, codes, numbers
from ahc_stream.runs.manifest import as_row
from ahc_stream.runs.standing import AT, ITEM, doubtful, latest_streams

Key = tuple[Any, ...]


class Done:
    """Answers by item, stream and operating point, of all rows that were committed when a start began.

    A stream is done where the latest row of `streams` is complete and every frame that it tells of is there. So rows that
    a repair has dropped are measured again.

    streams, frames: all committed rows (of frames the keys and `start` suffice).
    """

    def __init__(self, streams: pa.Table, frames: pa.Table) -> None:
        frames = frames.filter(pa.array(~doubtful(frames, streams)))
        streams = latest_streams(streams)
        items, points = codes([streams, frames], ITEM), codes([streams, frames], AT)
        self._items = _places([streams, frames], items, ITEM)
        self._points = _places([streams, frames], points, AT)
        of_stream, of_frame = (item * len(self._points) + point for item, point in zip(items, points, strict=True))
        self._frames = np.unique(at(of_frame, numbers(frames["frame"])))
        count = numbers(streams["frames"])
        whole = self._counted(at(of_stream, numbers(streams["frame"])), count) == count
        ended = streams["complete"].to_numpy() & whole
        self._streams = np.sort(at(of_stream, numbers(streams["frame"]))[ended])
        final = ended & streams["final"].to_numpy()
        self._finished = _finished(of_stream[ended], count[ended], of_stream[final], _end(streams)[final])

    def item(self, item: Item, points: Iterable[OperatingPoint]) -> bool:
        """Whether the item need not be opened: all of its streams, or stills, are done at every one of `points`."""
        names = item.names or (item.name,)
        return all(self._key(item.dataset, name, point) in self._finished for point in points for name in names)

    def stream(self, dataset: str, item: str, first: int, point: OperatingPoint) -> bool:
        """Whether the stream that begins with the frame `first` need not be coded."""
        code = self._key(dataset, item, point)
        return code is not None and _is_in(at(code, first), self._streams)

    def frames(self, dataset: str, item: str, first: int, point: OperatingPoint) -> set[int]:
        """The numbers of the item's frames from `first` on that need not be measured."""
        code = self._key(dataset, item, point)
        if code is None:
            return set()
        low, high = np.searchsorted(self._frames, [at(code, first), at(code + 1, 0)])
        return set((self._frames[low:high] - at(code, 0)).tolist())

    def _key(self, dataset: str, item: str, point: OperatingPoint) -> int | None:
        place, at_point = self._items.get((dataset, item)), self._points.get(tuple(as_row(point).values()))
        return None if place is None or at_point is None else place * len(self._points) + at_point

    def _counted(self, first: np.ndarray, count: np.ndarray) -> np.ndarray:
        """int64 [streams]: how many of the frames [first, first + count) are there."""
        return np.searchsorted(self._frames, first + count) - np.searchsorted(self._frames, first)


def _places(parts: Sequence[pa.Table], codes: Sequence[np.ndarray], names: Sequence[str]) -> dict[Key, int]:
    """The distinct values of the columns `names` -> their code."""
    known: dict[Key, int] = {}
    for part, code in zip(parts, codes, strict=True):
        distinct, first = np.unique(code, return_index=True)
        rows = part.select(names).take(pa.array(first))
        values = zip(*(rows[name].to_pylist() for name in names), strict=True)
        known |= dict(zip(values, distinct.tolist(), strict=True))
    return known


def _finished(code: np.ndarray, count: np.ndarray, final: np.ndarray, end: np.ndarray) -> frozenset[int]:
    """The codes whose streams, of `count` frames each, cover all frames up to the end of the final one.

    code, count: of every done stream. final, end: code, and number of frames of the item, of every final one.
    """
    if not len(final):
        return frozenset()
    covered = np.bincount(code, count, minlength=int(final.max()) + 1)
    return frozenset(final[covered[final] == end].tolist())


def _end(streams: pa.Table) -> np.ndarray:
    return numbers(streams["frame"]) + numbers(streams["frames"])


def _is_in(value: int, ordered: np.ndarray) -> bool:
    place = np.searchsorted(ordered, value)
    return bool(place < len(ordered) and ordered[place] == value)
