"""How much of a run's work is done, while it goes on.

Work is pixels at operating points. How many there will be, headers say; what a pixel costs at a point, the rows so far:
seconds of its codec, and those of the stage `measure`, which all points share. So a slow codec whose rows come late,
for its encoder looks ahead, is not taken for one that is nearly done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pyarrow.compute as pc

from ahc_stream.core.clip import Item
from ahc_stream.core.failure import Failure
from ahc_stream.core.point import OperatingPoint
from ahc_stream.line.measure import Measurement
from ahc_stream.line.work import EarlierWork
from ahc_stream.sources import ItemSize, Limits, estimated_size

MOST_HEADERS = 32
"""Items whose headers are read, evenly spread; the others are taken for their mean."""


class Remaining:
    """The work of one start, from its beginning to its end.

    earlier:  what is passed over.
    isolate:  read no header in this process: what an item holds is then known from the first that has ended.
    """

    def __init__(
        self,
        items: Sequence[Item],
        points: Sequence[OperatingPoint],
        earlier: EarlierWork,
        limits: Limits,
        isolate: bool = False,
    ) -> None:
        self._points, self._earlier = points, earlier
        self._items = {item.name: item for item in items if item.medium != "stills"}
        self._sizes = {} if isolate else _told_sizes(items, limits)
        self._amounts = {point: _Amount() for point in points}
        self._still, self._moving = _Mean(), _Mean()
        for item in items:
            self._expect(item)

    def _expect(self, item: Item) -> None:
        size = self._sizes.get(item.name)
        kind = self._still if item.medium == "stills" else self._moving
        units = max(len(item.names), 1)
        if size is not None:
            kind.take(size.pixels, units)
        for point in self._points:
            missing = self._missing(item, point)
            if size is not None:
                self._amounts[point].expected += missing * size.pixels
            else:
                self._amounts[point].unknown[kind] += missing * units

    def _missing(self, item: Item, point: OperatingPoint) -> float:
        """The share of an item that is to be measured, 0 to 1."""
        if self._earlier.item(item, [point]):
            return 0.0
        if item.medium == "stills":
            done = sum(self._earlier.stream(item.dataset, name, 0, point) for name in item.names)
            return 1 - done / len(item.names)
        size = self._sizes.get(item.name)
        if size is None or not size.frames:
            return 1.0
        first = item.cut.start if item.cut else 0
        done = len(self._earlier.frames(item.dataset, item.name, first, point))
        return 1 - min(1.0, done / size.frames)

    def add(self, measured: Measurement) -> None:
        """Rows that have come."""
        amount, stream = self._amounts[measured.point], measured.at.stream
        frames = measured.tables["frames"]
        pixels = float(pc.sum(pc.multiply(frames["width"].cast("int64"), frames["height"])).as_py() or 0)
        amount.done += pixels
        amount.codec_seconds += measured.codec_seconds
        if not stream.consecutive:
            self._still.take(pixels, frames.num_rows)
            return
        amount.of_item[stream.item] += pixels
        if "streams" in measured.tables:
            (ending,) = measured.tables["streams"].select(["complete", "final"]).to_pylist()
            if ending["final"] or not ending["complete"]:
                self._end(stream.item, measured.point)

    def lose(self, failure: Failure) -> None:
        """What has failed gives no more rows, but for those that are on their way."""
        for point in self._points if failure.point is None else (failure.point,):
            amount = self._amounts[point]
            if failure.item not in self._items:
                amount.expected -= self._still.mean or 0.0
            elif not amount.of_item[failure.item]:
                self._end(failure.item, point)

    def _end(self, name: str, point: OperatingPoint) -> None:
        """What the item has given at this point is now all that is expected of it."""
        amount, actual = self._amounts[point], self._amounts[point].of_item[name]
        before = amount.settled.get(name)
        if before is None:
            before = self._settle(name, point, actual)
        amount.expected += actual - before
        amount.settled[name] = actual

    def _settle(self, name: str, point: OperatingPoint, actual: float) -> float:
        """What was expected of an item whose amount is now known, among `expected`."""
        size, missing = self._sizes.get(name), self._missing(self._items[name], point)
        if size is not None:
            return missing * size.pixels
        self._amounts[point].unknown[self._moving] -= missing
        self._moving.take(actual, 1)
        return 0.0

    def share(self, measure_seconds: float) -> float | None:
        """Of all work that is done, 0 to 1; None where nobody knows yet how much there is.

        measure_seconds:  that the stage `measure` has spent so far.
        """
        done = sum(amount.done for amount in self._amounts.values())
        totals = {point: amount.total() for point, amount in self._amounts.items()}
        if not done or None in totals.values():
            return None
        weights = self._weights(measure_seconds / done)
        work = sum(weights[point] * max(total or 0.0, self._amounts[point].done) for point, total in totals.items())
        return sum(weights[point] * amount.done for point, amount in self._amounts.items()) / work

    def _weights(self, measure_cost: float) -> dict[OperatingPoint, float]:
        """Seconds that a pixel costs at each point; of one without rows, the mean of the others."""
        costs = {
            point: measure_cost + amount.codec_seconds / amount.done
            for point, amount in self._amounts.items()
            if amount.done
        }
        mean = sum(costs.values()) / len(costs) or 1.0
        return {point: costs.get(point) or mean for point in self._amounts}


class _Mean:
    """Pixels of a still, or of a video or sequence, as far as it is known."""

    def __init__(self) -> None:
        self._pixels, self._count = 0.0, 0

    def take(self, pixels: float, units: int) -> None:
        self._pixels += pixels
        self._count += units

    @property
    def mean(self) -> float | None:
        return self._pixels / self._count if self._count else None


class _Amount:
    """Pixels at one operating point.

    expected:  of items that are known. unknown: stills and other items whose size is not.
    of_item:   that have come of a video or sequence. settled: what is expected of those that have ended.
    """

    def __init__(self) -> None:
        self.expected = self.done = self.codec_seconds = 0.0
        self.unknown: defaultdict[_Mean, float] = defaultdict(float)
        self.of_item: defaultdict[str, float] = defaultdict(float)
        self.settled: dict[str, float] = {}

    def total(self) -> float | None:
        """All that will have come; None while the size of what is unknown cannot be guessed."""
        total = self.expected
        for kind, units in self.unknown.items():
            if units > 0:
                if kind.mean is None:
                    return None
                total += units * kind.mean
        return total


def _told_sizes(items: Sequence[Item], limits: Limits) -> dict[str, ItemSize]:
    """By item, of at most MOST_HEADERS items."""
    step = max(1, -(-len(items) // MOST_HEADERS))
    sizes = {item.name: estimated_size(item, limits) for item in items[::step]}
    return {name: size for name, size in sizes.items() if size is not None}
