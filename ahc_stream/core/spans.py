"""Where time goes, by name: spans of work, recorded while somebody profiles, and free of cost otherwise.

Any part of the program says `with span("metric", "ssim"):` around its work. Within `with recorded() as timeline:` these
are kept, and `timeline.totals()` and `timeline.trace()` tell of them. In a process that a profiler of NVIDIA's looks at
(`marked_for_nvidia`), each is an NVTX range, too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    import torch

T = TypeVar("T")
Kind = Literal["stage", "encode", "decode", "metric", "task"]
_timeline: Timeline | None = None
_ranges: tuple[Callable[[str], object], Callable[[], object]] | None = None
"""What begins an NVTX range, and what ends it."""
_END = object()


@dataclass(frozen=True)
class Span:
    """Work of one thread: seconds of `time.perf_counter`."""

    kind: Kind
    name: str
    thread: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Wall time."""
        return self.end - self.start


@dataclass(frozen=True)
class Total:
    """All spans of one name: how many, and their seconds summed over threads."""

    kind: Kind
    name: str
    calls: int
    seconds: float


@dataclass
class Timeline:
    """What was recorded, in the order in which it ended."""

    spans: list[Span] = field(default_factory=list)

    def totals(self) -> list[Total]:
        """One for each kind and name: kinds as they first ended, within a kind the longest first."""
        names = dict.fromkeys((span.kind, span.name) for span in self.spans)
        kinds = list(dict.fromkeys(kind for kind, _ in names))
        totals = [self._total(kind, name) for kind, name in names]
        return sorted(totals, key=lambda total: (kinds.index(total.kind), -total.seconds))

    def _total(self, kind: Kind, name: str) -> Total:
        alike = [span.seconds for span in self.spans if (span.kind, span.name) == (kind, name)]
        return Total(kind, name, len(alike), sum(alike))

    def trace(self) -> dict[str, Any]:
        """The spans in the Trace Event Format, as JSON values: for Perfetto and chrome://tracing. Times in us."""
        begun = min((span.start for span in self.spans), default=0.0)
        numbers = {name: number for number, name in enumerate(sorted({span.thread for span in self.spans}))}
        names = [
            {"ph": "M", "name": "thread_name", "pid": 1, "tid": number, "args": {"name": name}}
            for name, number in numbers.items()
        ]
        events = [
            {
                "ph": "X",
                "cat": span.kind,
                "name": span.name,
                "pid": 1,
                "tid": numbers[span.thread],
                "ts": 1e6 * (span.start - begun),
                "dur": 1e6 * span.seconds,
            }
            for span in self.spans
        ]
        return {"displayTimeUnit": "ms", "traceEvents": [*names, *events]}


@contextmanager
def recorded() -> Iterator[Timeline]:
    """Records the spans of all threads until it is left. One at a time in a process."""
    global _timeline
    assert _timeline is None, "one profile at a time"
    _timeline = timeline = Timeline()
    try:
        yield timeline
    finally:
        _timeline = None


@contextmanager
def marked_for_nvidia(device: torch.device) -> Iterator[None]:
    """Within it, spans of all threads are NVTX ranges where the device is a GPU: "codec: encode" and the like. Where
    no profiler is attached, one costs two calls into a library."""
    global _ranges
    if device.type != "cuda":
        yield
        return
    import torch

    _ranges = torch.cuda.nvtx.range_push, torch.cuda.nvtx.range_pop
    try:
        yield
    finally:
        _ranges = None


@contextmanager
def span(kind: Kind, name: str) -> Iterator[None]:
    """A piece of work of the calling thread."""
    timeline, ranges, start = _timeline, _ranges, time.perf_counter()
    if ranges:
        ranges[0](f"{kind}: {name}")
    try:
        yield
    finally:
        if ranges:
            ranges[1]()
        if timeline is not None:
            timeline.spans.append(Span(kind, name, threading.current_thread().name, start, time.perf_counter()))


def spanned(name: str, step: Callable[[Any], Iterable[T]]) -> Callable[[Any], Iterator[T]]:
    """A stage's step whose own work, without what becomes of its results, is a span."""

    def timed(item: Any) -> Iterator[T]:
        results = iter(step(item))
        while True:
            with span("stage", name):
                result: Any = next(results, _END)
            if result is _END:
                return
            yield result

    return timed
