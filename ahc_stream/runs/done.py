"""What is done: what a start need not open, code or measure again."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ahc_stream.core.clip import Item
from ahc_stream.core.point import OperatingPoint
from ahc_stream.runs.cut import WHOLE, Cut
from ahc_stream.runs.keys import FRAME_BITS, Integers, at, codes, numbers
from ahc_stream.runs.manifest import as_row
from ahc_stream.runs.standing import AT, ITEM, doubtful, finished, latest_streams

Key = tuple[Any, ...]


class CommittedWork:
    """Answers by item, stream and operating point, of all rows that were committed when a start began.

    A stream is done where the latest row of `streams` is complete and every frame that it tells of is there. So rows
    that a repair has dropped are measured again.

    streams, frames: all committed rows (of frames the keys and `start` suffice).
    cut:             which frames the run has.
    """

    def __init__(self, streams: pa.Table, frames: pa.Table, cut: Cut = WHOLE) -> None:
        frames = frames.filter(pa.array(~doubtful(frames, streams, cut)))
        streams = latest_streams(streams)

        item_of_stream, item_of_frame = codes([streams, frames], ITEM)
        point_of_stream, point_of_frame = codes([streams, frames], AT)
        self._item_codes = _code_of_values([streams, frames], [item_of_stream, item_of_frame], ITEM)
        self._point_codes = _code_of_values([streams, frames], [point_of_stream, point_of_frame], AT)

        code_of_stream = self._joined(item_of_stream, point_of_stream)
        code_of_frame = self._joined(item_of_frame, point_of_frame)
        self._frames = np.unique(at(code_of_frame, numbers(frames["frame"])))

        first, count = at(code_of_stream, numbers(streams["frame"])), numbers(streams["frames"])
        is_done = streams["complete"].to_numpy() & (self._counted(first, cut.step * count) == count)
        self._streams = np.sort(first[is_done])
        done_streams = streams.filter(pa.array(is_done))
        self._finished = frozenset(finished(code_of_stream[is_done], done_streams, cut).tolist())

    def only(self, dataset: str, names: Iterable[str]) -> CommittedWork:
        """The same of these items alone, small enough to be sent to who works on them."""
        known = {(dataset, name): self._item_codes.get((dataset, name)) for name in names}
        part = copy.copy(self)
        part._item_codes = {name: code for name, code in known.items() if code is not None}
        width = len(self._point_codes)
        spans = [(code * width, (code + 1) * width) for code in sorted(part._item_codes.values())]
        part._frames = _within(self._frames, [(_key(low, 0), _key(high, 0)) for low, high in spans])
        part._streams = _within(self._streams, [(_key(low, 0), _key(high, 0)) for low, high in spans])
        part._finished = frozenset(code for low, high in spans for code in range(low, high) if code in self._finished)
        return part

    def item(self, item: Item, points: Iterable[OperatingPoint]) -> bool:
        """Whether the item need not be opened: all of its streams, or stills, are done at every one of `points`."""
        names = item.names or (item.name,)
        codes_of_item = (self._code(item.dataset, name, point) for point in points for name in names)
        return all(code in self._finished for code in codes_of_item)

    def stream(self, dataset: str, item: str, first: int, point: OperatingPoint) -> bool:
        """Whether the stream that begins with the frame `first` need not be coded."""
        code = self._code(dataset, item, point)
        return code is not None and _is_in(_key(code, first), self._streams)

    def frames(self, dataset: str, item: str, first: int, point: OperatingPoint) -> set[int]:
        """The numbers of the item's frames from `first` on that need not be measured."""
        code = self._code(dataset, item, point)
        if code is None:
            return set()
        low, high = np.searchsorted(self._frames, [_key(code, first), _key(code + 1, 0)])
        numbers_of_frames = self._frames[low:high] - _key(code, 0)
        return set(numbers_of_frames.tolist())

    def _joined(self, item: Integers, point: Integers) -> Integers:
        """int64 [rows]: item and operating point as one code."""
        return item * len(self._point_codes) + point

    def _code(self, dataset: str, item: str, point: OperatingPoint) -> int | None:
        """The code of an item at an operating point; None where no row has it."""
        item_code = self._item_codes.get((dataset, item))
        point_code = self._point_codes.get(tuple(as_row(point).values()))
        if item_code is None or point_code is None:
            return None
        return item_code * len(self._point_codes) + point_code

    def _counted(self, first: Integers, span: Integers) -> Integers:
        """int64 [streams]: how many of the frames [first, first + span) are there."""
        return np.searchsorted(self._frames, first + span) - np.searchsorted(self._frames, first)


def _code_of_values(
    tables: Sequence[pa.Table], codes_of_tables: Sequence[Integers], names: Sequence[str]
) -> dict[Key, int]:
    """The distinct values of the columns `names` -> their code."""
    known: dict[Key, int] = {}
    for table, code in zip(tables, codes_of_tables, strict=True):
        distinct, first_row = np.unique(code, return_index=True)
        rows = table.select(names).take(pa.array(first_row))
        columns = [rows[name].to_pylist() for name in names]
        values = zip(*columns, strict=True)
        known |= dict(zip(values, distinct.tolist(), strict=True))
    return known


def _key(code: int, frame: int) -> int:
    """What `keys.at` makes of a single row."""
    return (code << FRAME_BITS) + frame


def _within(ordered: Integers, spans: Sequence[tuple[int, int]]) -> Integers:
    """int64: the values in any of the spans [low, high), which are in order and apart."""
    pieces = [ordered[slice(*np.searchsorted(ordered, span))] for span in spans]
    return np.concatenate([ordered[:0], *pieces])


def _is_in(value: int, ordered: Integers) -> bool:
    index = int(np.searchsorted(ordered, value))
    return index < len(ordered) and bool(ordered[index] == value)
