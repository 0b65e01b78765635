"""A running experiment: rows as they come, and the folder that they are written to."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import torch

from ahc_stream import runs, sources, tallies
from ahc_stream.core import device_memory, threads
from ahc_stream.core.clip import Item
from ahc_stream.core.cuda import lane
from ahc_stream.core.errors import InvalidValue, TooManyFailures
from ahc_stream.core.failure import Failure
from ahc_stream.core.heap import keeping_memory
from ahc_stream.core.note import ItemNote, summary
from ahc_stream.core.numeric_policy import computing_by
from ahc_stream.core.openmp import give_up_team
from ahc_stream.core.writable import check_writable
from ahc_stream.describe import request
from ahc_stream.experiment import Experiment
from ahc_stream.lanes import End, Line, Load
from ahc_stream.line.measure import Measurement
from ahc_stream.line.work import CodedClip, EarlierWork, NoEarlierWork, Work
from ahc_stream.plan import plan
from ahc_stream.remaining import Remaining
from ahc_stream.report import html_line
from ahc_stream.results import Results

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

log = logging.getLogger(__name__)


def _nowhere(what: object) -> None:
    """Where failures and notes are kept that no folder takes."""


class Run:
    """A running experiment: iterate over it once for its rows, as they are finished and in any order.

    Rows and failures are in the tables under `experiment.out` by the time the loop ends, however it ends. What is asked
    of its results, a table in a notebook among it, runs it to its end first; see `Results`.
    Raises what `plan` and `runs.begin` raise, TooManyFailures, and whatever is no fault of one item.

    failures:  of this start.
    sources:   streams by what decoded their originals.
    notes:     what the folder has to say: corrected labels, other versions; known once the loop has begun.
    remarks:   what sources noticed about items, or assumed, so far; `remark_lines` sums them up.
    memory_notes:  what was done in smaller batches for want of a GPU's memory; known once the loop has ended.
    """

    def __init__(self, experiment: Experiment) -> None:
        if experiment.out is not None:
            check_writable(experiment.out)
        self.plan = plan(experiment)
        self.failures: list[Failure] = []
        self.sources: Counter[str] = Counter()
        self.notes: tuple[str, ...] = ()
        self.remarks: dict[ItemNote, None] = {}
        self.memory_notes: tuple[str, ...] = ()
        self._line: Line[Measurement | Failure | ItemNote] | None = None
        self._remaining: Remaining | None = None
        self._is_under_way = False
        self._has_ended = False

    @property
    def loads(self) -> dict[str, Load]:
        """Busy, starved and blocked seconds of each stage so far."""
        return self._line.loads if self._line else {}

    @property
    def share(self) -> float | None:
        """Of this start's work that is done, 0 to 1; None before the first rows, and where headers tell too little."""
        return self._remaining.share(self.loads["measure"].busy) if self._remaining else None

    @property
    def remark_lines(self) -> tuple[str, ...]:
        """A line for each kind of remark, with the items that it is about."""
        return (*self.plan.remarks, *self.memory_notes, *summary(self.remarks))

    def __iter__(self) -> Iterator[Measurement]:
        self._is_under_way = True
        try:
            yield from self._measured()
            self._has_ended = True
        finally:
            self._is_under_way = False

    def _measured(self) -> Iterator[Measurement]:
        experiment = self.plan.experiment
        threads.limit(experiment.threads)
        if experiment.out is None:
            yield from self._rows(NoEarlierWork())
            return
        with runs.begin(experiment.out, request(self.plan), experiment.flush_seconds) as start:
            self.notes = tuple(start.notes)
            has_rows = False
            try:
                for rows in self._rows(start.done, start.fail, start.note):
                    has_rows = True
                    start.add(rows.tables)
                    yield rows
            finally:
                loads = {stage: asdict(load) for stage, load in self.loads.items()}
                self.memory_notes = device_memory.take_notes()
                start.finish(loads, (*self.plan.remarks, *self.memory_notes))
        if has_rows:
            tallies.keep(experiment.out)

    @cached_property
    def results(self) -> Results:
        """What the folder holds once the run has ended; one that has not is run to its end first.

        Raises InvalidValue without a folder and within a loop over the run, and what iterating raises.
        """
        folder = self.plan.experiment.out
        if folder is None:
            todo = "name an `out`: results are computed from the rows that lie there"
            raise InvalidValue("an experiment with a folder", "out=None, which keeps no row", todo)
        if self._is_under_way:
            raise InvalidValue("a run that has ended", "a loop over it that is under way", "ask behind the loop")
        if not self._has_ended:
            for _ in self:
                pass
        return Results(folder)

    def _repr_html_(self) -> str:
        """The tables of the results; without a folder, a line that says why there are none."""
        if self.plan.experiment.out is None:
            return html_line("out=None: iterate over the run for its rows; a table needs an experiment with an `out`.")
        return self.results._repr_html_()

    def to_arrow(self) -> pa.Table:
        """As `Results.to_arrow`, of the run at its end."""
        return self.results.to_arrow()

    def to_pandas(self) -> pd.DataFrame:
        """As `Results.to_pandas`, of the run at its end."""
        return self.results.to_pandas()

    def plot(self, x: str = "bpp", y: str | None = None, ax: Axes | None = None) -> Axes:
        """As `Results.plot`, of the run at its end."""
        return self.results.plot(x, y, ax)

    def report(self) -> Path:
        """As `Results.report`, of the run at its end."""
        return self.results.report()

    def _rows(
        self,
        earlier: EarlierWork,
        keep_failure: Callable[[Failure], None] = _nowhere,
        keep_note: Callable[[ItemNote], None] = _nowhere,
    ) -> Iterator[Measurement]:
        surroundings = partial(lane, self.plan.device, torch.get_num_threads())
        give_up_team()  # of this thread, which computes no more: it would slow the lanes down
        self._line = Line(self.plan.dataset.items, self.plan.stages(earlier), surroundings, _label)
        with computing_by(self.plan.numeric_policy, self.plan.device), keeping_memory() as trim:
            for outcome in self._line:
                trim()
                self._remaining = self._remaining or self._all_work(earlier)
                if isinstance(outcome, Measurement):
                    self._remaining.add(outcome)
                    log.debug("%s: rows of %d frames", outcome.at, outcome.frames)
                    if "streams" in outcome.tables:
                        log.info("%s is finished", outcome.at)
                        self.sources.update(outcome.tables["streams"]["source"].to_pylist())
                    yield outcome
                elif isinstance(outcome, ItemNote):
                    log.info("%s", outcome)
                    self.remarks[outcome] = None
                    keep_note(outcome)
                else:
                    self._remaining.lose(outcome)
                    keep_failure(outcome)
                    self._count(outcome)

    def _all_work(self, earlier: EarlierWork) -> Remaining:
        """What headers say of it, read once the lanes have work."""
        experiment = self.plan.experiment
        limits = sources.Limits(experiment.max_pixels)
        return Remaining(self.plan.dataset.items, self.plan.points, earlier, limits, experiment.isolate)

    def _count(self, failure: Failure) -> None:
        self.failures.append(failure)
        log.warning("%s", failure)
        most = self.plan.experiment.max_failures
        if len(self.failures) > most:
            todo = "mend what the table `failures` lists, or raise --max-failures; finished rows are kept"
            raise TooManyFailures(f"at most {most} failed items", f"{len(self.failures)}, the last: {failure}", todo)


def run(experiment: Experiment) -> Run:
    """Looks everything up, as `plan` does, and returns the run; iterating over it, or asking for its results, does the
    work."""
    return Run(experiment)


def _label(message: Any) -> str:
    """What an error's note calls the item that a stage had in hand."""
    match message:
        case Item():
            return f"item {message.name!r}"
        case Work(at, clip):
            return f"the clip from {clip.keys[0]} at {at.point}"
        case CodedClip(at, trip):
            return f"the clip from {trip.reference.keys[0]} at {at.point}"
        case End(at):
            return f"the end of {at}"
        case _:
            return str(message)
