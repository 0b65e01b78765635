"""A running experiment: rows as they come, and what they are written beside."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

from ahc_stream import manifest
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.cuda import lane
from ahc_stream.core.errors import TooManyFailures
from ahc_stream.core.failure import Failure
from ahc_stream.core.trial import Trial
from ahc_stream.experiment import Experiment
from ahc_stream.lanes import Line, Load
from ahc_stream.line.measure import TrialRows
from ahc_stream.line.sink import write_once
from ahc_stream.plan import plan
from ahc_stream.tables import ClipKey

log = logging.getLogger(__name__)


class Run:
    """A running experiment: iterate over it once for the rows of each trial, as they are finished and in any order.

    Rows and failures are in the tables under `experiment.out` by the time the loop ends, however it ends.
    Raises what `line.sink` raises, TooManyFailures, and whatever is no fault of one item.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.plan = plan(experiment)
        self.failures: list[Failure] = []
        self.sources: Counter[str] = Counter()  # trials by what decoded their originals
        self._line: Line[TrialRows | Failure] | None = None

    @property
    def loads(self) -> dict[str, Load]:
        """Busy, starved and blocked seconds of each stage so far."""
        return self._line.loads if self._line else {}

    def __iter__(self) -> Iterator[TrialRows]:
        out = self.plan.experiment.out
        if out is None:
            yield from self._rows(frozenset(), on_failure=lambda failure: None)
            return
        manifest.begin(out, self.plan)
        with self.plan.sink(out) as sink:
            for name, labels in self.plan.dataset.labels.items():
                write_once(labels, out, f"labels_{name}")
            for rows in self._rows(sink.done, on_failure=sink.fail):
                sink.add(rows.tables)
                yield rows
        manifest.end(out, self.plan, self.loads, len(self.failures))

    def _rows(self, done: Collection[ClipKey], on_failure: Callable[[Failure], None]) -> Iterator[TrialRows]:
        stages = self.plan.stages(done)
        self._line = Line(self.plan.dataset.items, stages, partial(lane, self.plan.device), _label)
        for outcome in self._line:
            if isinstance(outcome, TrialRows):
                self.sources.update(outcome.tables["clips"]["source"].to_pylist())
                yield outcome
            else:
                on_failure(outcome)
                self._count(outcome)

    def _count(self, failure: Failure) -> None:
        self.failures.append(failure)
        log.warning("%s", failure)
        most = self.plan.experiment.max_failures
        if len(self.failures) > most:
            todo = "mend what the table `failures` lists, or raise --max-failures; finished rows are kept"
            raise TooManyFailures(f"at most {most} failed items", f"{len(self.failures)}, the last: {failure}", todo)


def run(experiment: Experiment) -> Run:
    """Looks everything up, as `plan` does, and returns the run; iterating over it does the work."""
    return Run(experiment)


def _label(thing: Any) -> str:
    """What an error's note calls the item that a stage had in hand."""
    match thing:
        case Item():
            return f"item {thing.name!r}"
        case Clip():
            return f"the clip from {thing.keys[0]}"
        case Trial():
            return f"the clip from {thing.reference.keys[0]} at {thing.point}"
        case _:
            return str(thing)
