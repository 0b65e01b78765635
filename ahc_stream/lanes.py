"""A line of stages, each run by k threads, joined by bounded channels. Standard library only; it knows no pixels.

    source -> [stage: lanes x step] -channel-> [stage] -channel-> ... -> iterate

A lane is a worker: one thread that runs a stage's step.

Four promises. Backpressure: a channel holds a bounded number of items, so memory is bounded by `most_alive`. Keys:
where a stage names a key, all items of one key go through one of its lanes, in the order in which they were put. First
error wins: it wakes every waiting lane, all threads are joined, and it is raised where the line is iterated, with a
note that names stage and item. Early close, by leaving the loop or by `close`, does the same without an error.

Items of different keys, or of none, keep no order. With `lanes=1` everywhere they do, and that line is the reference
for the parallel one.

No dead lock: a lane waits for nothing but its own items and room behind, and what is behind never waits for it. So a
full inbox of one lane holds back the lanes in front, and nothing else.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
N = TypeVar("N")
Fence = Callable[[], None]
Step = Callable[[Any], Iterable[Any]]
"""An item of a stage -> any number of items for the next one. A line does not look at them: they are of any type."""


@dataclass(frozen=True)
class Stage:
    """One step of the line.

    make:   called once in each lane's thread; returns the step.
    lanes:  threads that run it.
    depth:  items that may wait behind it; where the next stage has a key, as many again before each of its lanes.
    key:    what an item must not be parted from: items of one key go through one lane, in order. A new key goes to the
            lane with the fewest; an `End` follows the last item of a key. None, for a stage or an item: any lane.
    """

    name: str
    make: Callable[[], Step]
    lanes: int = 1
    depth: int = 2
    key: Callable[[Any], Hashable | None] | None = None

    def __post_init__(self) -> None:
        assert self.lanes >= 1 and self.depth >= 1


@dataclass(frozen=True)
class End(Generic[K, N]):
    """Follows the last item of a key, through the same lanes; a step gets it like any item, and hands it on.

    note:  what else there is to say of the end; the line does not look at it.
    """

    key: K
    note: N


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
    """The most items that can be alive at once: per lane one in hand and one on its way out, and all channels full.

    What a step keeps for itself, to look ahead, comes on top.
    """
    followers = [*stages[1:], None]
    return sum(2 * stage.lanes + _room(stage.depth, after) for stage, after in zip(stages, followers, strict=True))


def _room(depth: int, after: Stage | None) -> int:
    """Items that a channel in front of `after` holds: `depth`, and as many for each lane of a stage with a key."""
    return depth * (1 + after.lanes) if after is not None and after.key else depth


def _total(loads: Iterable[Load]) -> Load:
    return sum(loads, Load())


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
        followers = [*stages[1:], None]
        channels = [_Channel(stage.depth, stage.lanes, after) for stage, after in zip(stages, followers, strict=True)]
        self._inboxes: list[_Feed | _Channel] = [_Feed(source), *channels]
        self._outboxes = channels
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
        return {name: _total(meter.load_at(now) for meter in lanes) for name, lanes in meters.items()}

    def __iter__(self) -> Generator[T, None, None]:
        self._start()
        meter, results = self._sink_meter, self._outboxes[-1]
        meter.book("setup")
        try:
            while True:
                result = results.get(0)
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
                arguments = (stage, lane, self._inboxes[index], self._outboxes[index], meter)
                name = f"{stage.name}-{lane}"
                # daemon: a second Ctrl-C must be able to leave while a lane is inside a long encode
                thread = threading.Thread(target=self._work, args=arguments, name=name, daemon=True)
                self._threads.append(thread)
        for thread in self._threads:
            thread.start()

    def _work(self, stage: Stage, lane: int, inbox: _Feed | _Channel, outbox: _Channel, meter: _Meter) -> None:
        try:
            with self._lane() as fence:
                step = stage.make()
                meter.book("setup")
                with suppress(_Over):
                    while True:
                        self._advance(step, partial(inbox.get, lane), outbox, fence, meter, stage.name)
        except BaseException as error:  # carried to the thread that iterates, and raised there
            self._fail(error, f"in stage {stage.name!r}")
        finally:
            meter.over = True
            outbox.finish()

    def _advance(
        self, step: Step, get: Callable[[], Any], outbox: _Channel, fence: Fence, meter: _Meter, stage: str
    ) -> None:
        """One item through the step. A function of its own, so that no name keeps the item alive while waiting."""
        item = get()
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

    def get(self, lane: int) -> Any:
        with self._turn:
            for item in () if self._stopped else self._items:
                return item
            raise _Over

    def stop(self) -> None:
        self._stopped = True  # without the lock: a lane may be inside a slow source


class _Channel:
    """A bounded queue that ends when its last producer finishes, and at once when stopped.

    In front of a stage with a key it is a queue for each lane, of `depth` items each, and one more that all of them
    share, for items without a key. A lane takes whichever of its two next items was put first.
    """

    def __init__(self, depth: int, producers: int, stage: Stage | None) -> None:
        self._depth, self._producers, self._stopped = depth, producers, False
        self._key = stage.key if stage else None
        self._shared: deque[_Numbered] = deque()
        self._lane_queues: list[deque[_Numbered]] = [deque() for _ in range(stage.lanes if stage and stage.key else 1)]
        self._lane_of: dict[Hashable, int] = {}
        self._put = 0
        self._changed = threading.Condition()

    def put(self, item: Any) -> None:
        with self._changed:
            queue = self._queue_for(item)
            self._changed.wait_for(lambda: len(queue) < self._depth or self._stopped)
            if self._stopped:
                raise _Over
            queue.append((self._put, item))
            self._put += 1
            self._changed.notify_all()

    def get(self, lane: int) -> Any:
        keyed = self._lane_queues[lane if self._key else 0]
        with self._changed:
            self._changed.wait_for(lambda: keyed or self._shared or not self._producers or self._stopped)
            queues = [queue for queue in (keyed, self._shared) if queue]
            if self._stopped or not queues:
                raise _Over
            _, item = min(queues, key=lambda queue: queue[0][0]).popleft()
            self._changed.notify_all()
            return item

    def finish(self) -> None:
        with self._changed:
            self._producers -= 1
            self._changed.notify_all()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            for queue in (self._shared, *self._lane_queues):
                queue.clear()
            self._changed.notify_all()

    def _queue_for(self, item: Any) -> deque[_Numbered]:
        """The queue of the lane that has the item's key. An end takes the key away from its lane."""
        if self._key is None:
            return self._shared
        if isinstance(item, End):
            return self._lane_queues[self._lane_of.pop(item.key, 0)]
        key = self._key(item)
        if key is None:
            return self._shared
        if key not in self._lane_of:
            self._lane_of[key] = self._least_loaded_lane()
        return self._lane_queues[self._lane_of[key]]

    def _least_loaded_lane(self) -> int:
        """The lane with the fewest keys; of several, the one with the shortest queue."""
        keys = Counter(self._lane_of.values())
        return min(range(len(self._lane_queues)), key=lambda lane: (keys[lane], len(self._lane_queues[lane])))


_Numbered = tuple[int, Any]
"""An item, and how many were put before it."""


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
