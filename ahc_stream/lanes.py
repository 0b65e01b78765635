"""A line of stages, each run by k threads, joined by bounded channels. Standard library only; it knows no pixels.

    source -> [stage: lanes x step] -channel-> [stage] -channel-> ... -> iterate

Three promises. Backpressure: a channel holds at most `depth` items, so memory is bounded by `most_alive`. First error
wins: it wakes every waiting lane, all threads are joined, and it is raised where the line is iterated, with a note that
names stage and item. Early close, by leaving the loop or by `close`, does the same without an error.

Order is not kept. With `lanes=1` everywhere it is, and that line is the reference for the parallel one.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Fence = Callable[[], None]


@dataclass(frozen=True)
class Stage:
    """One step of the line.

    make:   called once in each lane's thread; returns the step, which turns one item into any number of items.
    lanes:  threads that run it. depth: items that may wait behind it.
    """

    name: str
    make: Callable[[], Callable[[Any], Iterable[Any]]]
    lanes: int = 1
    depth: int = 2

    def __post_init__(self) -> None:
        assert self.lanes >= 1 and self.depth >= 1


@dataclass
class Load:
    """Where the lanes of one stage spent their time, in seconds summed over lanes, and how many items they took.

    setup: making the step. busy: in the step. starved: waiting for input, or done before the others.
    blocked: waiting for room behind.
    """

    setup: float = 0.0
    busy: float = 0.0
    starved: float = 0.0
    blocked: float = 0.0
    items: int = 0

    @property
    def busy_share(self) -> float:
        """Share of the time since setup that went into the step."""
        total = self.busy + self.starved + self.blocked
        return self.busy / total if total else 0.0

    def __add__(self, other: Load) -> Load:
        return Load(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def bottleneck(loads: Mapping[str, Load]) -> str:
    """The stage that is least starved and least blocked: the one whose lanes are busy for the largest share."""
    return max(loads, key=lambda name: loads[name].busy_share)


def most_alive(stages: Sequence[Stage]) -> int:
    """The most items that can be alive at once: per lane one in hand and one on its way out, and all channels full."""
    return sum(2 * stage.lanes + stage.depth for stage in stages)


@contextmanager
def host_lane() -> Iterator[Fence]:
    """The surroundings of a lane that computes on the host alone: nothing to wait for."""
    yield lambda: None


class Line(Generic[T]):
    """The running line. Iterate over it once; leave the loop at any time.

    source:  items for the first stage; drawn by its lanes in turn, never two at a time.
    lane:    entered in each lane's thread around all its work; yields the fence that is called before an item is
             handed on and before the input is let go.
    label:   names an item in an error's note.
    """

    def __init__(
        self,
        source: Iterable[Any],
        stages: Sequence[Stage],
        lane: Callable[[], AbstractContextManager[Fence]] = host_lane,
        label: Callable[[Any], str] = str,
    ) -> None:
        assert stages, "a line has at least one stage"
        self._stages, self._lane, self._label = tuple(stages), lane, label
        self._inboxes = [_Feed(source), *(_Channel(stage.depth, stage.lanes) for stage in stages)]
        self._meters = {stage.name: [_Meter() for _ in range(stage.lanes)] for stage in stages}
        self._sink_meter = _Meter()
        self._threads: list[threading.Thread] = []
        self._failing = threading.Lock()
        self._error: BaseException | None = None
        self._ended: float | None = None

    @property
    def loads(self) -> dict[str, Load]:
        """A snapshot: load per stage in the order of the line, then "sink", the one who iterates."""
        meters = self._meters | {"sink": [self._sink_meter]}
        now = self._ended or time.perf_counter()
        return {name: sum((meter.load_at(now) for meter in each), Load()) for name, each in meters.items()}

    def __iter__(self) -> Iterator[T]:
        self._start()
        meter, results = self._sink_meter, self._inboxes[-1]
        meter.book("setup")
        try:
            while True:
                result = results.get()
                meter.book("starved", items=1)
                yield result
                meter.book("busy")
        except _Over:
            pass
        finally:
            self.close()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Stop: wakes every waiting lane and joins all threads. What a lane is in the middle of, it finishes."""
        for inbox in self._inboxes:
            inbox.stop()
        for thread in self._threads:
            thread.join()
        self._ended = self._ended or time.perf_counter()

    def _start(self) -> None:
        assert not self._threads, "a line is iterated once"
        for index, stage in enumerate(self._stages):
            for lane, meter in enumerate(self._meters[stage.name]):
                ends = (self._inboxes[index], self._inboxes[index + 1])
                name = f"{stage.name}-{lane}"
                # daemon: a second Ctrl-C must be able to leave while a lane is inside a long encode
                self._threads.append(
                    threading.Thread(target=self._work, args=(stage, *ends, meter), name=name, daemon=True)
                )
        for thread in self._threads:
            thread.start()

    def _work(self, stage: Stage, inbox: _Feed | _Channel, outbox: _Channel, meter: _Meter) -> None:
        try:
            with self._lane() as fence:
                step = stage.make()
                meter.book("setup")
                with suppress(_Over):
                    while True:
                        self._advance(step, inbox, outbox, fence, meter, stage.name)
        except BaseException as error:  # noqa: BLE001  carried to the thread that iterates, and raised there
            self._fail(error, f"in stage {stage.name!r}")
        finally:
            meter.over = True
            outbox.finish()

    def _advance(
        self, step: Callable, inbox: _Feed | _Channel, outbox: _Channel, fence: Fence, meter: _Meter, stage: str
    ) -> None:
        """One item through the step. A function of its own, so that no name keeps the item alive while waiting."""
        item = inbox.get()
        meter.book("starved", items=1)
        try:
            for out in step(item):
                fence()
                meter.book("busy")
                outbox.put(out)
                meter.book("blocked")
                del out
            fence()
        except _Over:
            raise
        except BaseException as error:
            error.add_note(f"while stage {stage!r} had {self._label(item)}")
            raise
        meter.book("busy")

    def _fail(self, error: BaseException, note: str) -> None:
        error.add_note(note)
        with self._failing:
            self._error = self._error or error
        for inbox in self._inboxes:
            inbox.stop()


class _Over(Exception):
    """Nothing more will come: the producers have finished, or the line was stopped."""


class _Feed:
    """The source as an inbox: lanes draw from it one at a time."""

    def __init__(self, source: Iterable[Any]) -> None:
        self._items, self._turn, self._stopped = iter(source), threading.Lock(), False

    def get(self) -> Any:
        with self._turn:
            for item in () if self._stopped else self._items:
                return item
            raise _Over

    def stop(self) -> None:
        self._stopped = True  # without the lock: a lane may be inside a slow source


class _Channel:
    """A bounded queue that ends when its last producer finishes, and at once when stopped."""

    def __init__(self, depth: int, producers: int) -> None:
        self._depth, self._producers, self._stopped = depth, producers, False
        self._items: deque[Any] = deque()
        self._changed = threading.Condition()

    def put(self, item: Any) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._depth or self._stopped)
            if self._stopped:
                raise _Over
            self._items.append(item)
            self._changed.notify_all()

    def get(self) -> Any:
        with self._changed:
            self._changed.wait_for(lambda: self._items or not self._producers or self._stopped)
            if self._stopped or not self._items:
                raise _Over
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def finish(self) -> None:
        with self._changed:
            self._producers -= 1
            self._changed.notify_all()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._items.clear()
            self._changed.notify_all()


class _Meter:
    """Books the time since its last booking to one field of a load. One thread writes, any may read."""

    def __init__(self) -> None:
        self.load, self.over, self._mark = Load(), False, time.perf_counter()

    def book(self, kind: str, items: int = 0) -> None:
        now = time.perf_counter()
        setattr(self.load, kind, getattr(self.load, kind) + now - self._mark)
        self.load.items += items
        self._mark = now

    def load_at(self, now: float) -> Load:
        """The load so far. A lane that is over has had nothing to do since: it starves while the others work."""
        return self.load + Load(starved=now - self._mark) if self.over else self.load
