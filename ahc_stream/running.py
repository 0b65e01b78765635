"""A running experiment: rows as they come, and the folder that they are written to."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from ahc_stream import runs, sources, tallies
from ahc_stream.core import device_memory, threads
from ahc_stream.core.errors import InvalidValue, TooManyFailures
from ahc_stream.core.failure import Failure
from ahc_stream.core.gpu_load import GpuLoad, sampled
from ahc_stream.core.note import ItemNote, summary
from ahc_stream.describe import request
from ahc_stream.engines.outcome import Outcome, Rows, WrittenRows
from ahc_stream.engines.piece_line import PieceLine
from ahc_stream.engines.pieces import whole
from ahc_stream.experiment import LINE, Experiment
from ahc_stream.lanes import Load
from ahc_stream.line.measure import Measurement
from ahc_stream.line.work import EarlierWork, NoEarlierWork
from ahc_stream.plan import plan
from ahc_stream.remaining import Remaining
from ahc_stream.report import html_line
from ahc_stream.results import Results
from ahc_stream.store.folders import Folder, check_folder

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ahc_stream.engines.ray_actors import Actors

log = logging.getLogger(__name__)


class Engine(Protocol):
    """What a run asks of an engine: what it gives, one thing at a time, where the time went so far, and what else
    there is to say of it."""

    def __iter__(self) -> Generator[Rows | Failure | ItemNote, None, None]: ...

    @property
    def loads(self) -> dict[str, Load]: ...

    @property
    def facts(self) -> dict[str, Any]: ...


def _nowhere(what: object) -> None:
    """Where failures and notes are kept that no folder takes."""


class Run:
    """A running experiment: iterate over it once for its rows, as they are finished and in any order.

    Rows and failures are in the tables under `experiment.out` by the time the loop ends, however it ends. What is asked
    of its results, a table in a notebook among it, runs it to its end first; see `Results`.
    Raises what `plan` and `runs.begin` raise, MissingExtra where there is no such engine, TooManyFailures, and whatever
    is no fault of one item.

    failures:  of this start.
    sources:   streams by what decoded their originals.
    notes:     what the folder has to say: corrected labels, other versions; known once the loop has begun.
    remarks:   what sources noticed about items, or assumed, so far; `remark_lines` sums them up.
    memory_notes:  what was done in smaller batches for want of a GPU's memory; known once the loop has ended.

    actors: workers on Ray that a command has asked for before it imported this module (`ray_actors.begun_early`).
    """

    def __init__(self, experiment: Experiment, actors: Actors | None = None) -> None:
        if experiment.out is not None:
            check_folder(experiment.out)
        if experiment.engine != LINE:
            from ahc_stream.engines.ray_cluster import imported

            imported()  # before any work: it may be missing
        self.plan = plan(experiment)
        self._actors = actors
        self.failures: list[Failure] = []
        self.sources: Counter[str] = Counter()
        self.notes: tuple[str, ...] = ()
        self.remarks: dict[ItemNote, None] = {}
        self.memory_notes: tuple[str, ...] = ()
        self._engine: Engine | None = None
        self._remaining: Remaining | None = None
        self._gpu: GpuLoad | None = None
        self._is_under_way = False
        self._has_ended = False

    @property
    def loads(self) -> dict[str, Load]:
        """Busy, starved and blocked seconds of each stage so far."""
        return self._engine.loads if self._engine else {}

    @property
    def facts(self) -> dict[str, Any]:
        """Of workers on a cluster: "workers", each with its frames per second and bottleneck, "pieces_left" and
        "seconds_left"; empty in one process."""
        return self._engine.facts if self._engine else {}

    @property
    def share(self) -> float | None:
        """Of this start's work that is done, 0 to 1; None before the first rows, and where headers tell too little."""
        return self._remaining.share(self.loads["measure"].busy) if self._remaining else None

    @property
    def remark_lines(self) -> tuple[str, ...]:
        """A line for each kind of remark, with the items that it is about."""
        return (*self.plan.remarks, *self.memory_notes, *summary(self.remarks))

    def __iter__(self) -> Iterator[Rows]:
        self._is_under_way = True
        try:
            with threads.limited(self.plan.experiment.threads):
                yield from self._measured()
            self._has_ended = True
        finally:
            self._is_under_way = False

    def _measured(self) -> Iterator[Rows]:
        experiment = self.plan.experiment
        if experiment.out is None:
            line = self._engine = PieceLine(self.plan, whole(self.plan), NoEarlierWork())
            yield from self._rows(self._counted(line, NoEarlierWork()))
            return
        asked = request(self.plan)
        with runs.begin(experiment.out, asked, experiment.flush_seconds) as start:
            self.notes = tuple(start.notes)
            has_rows = False
            try:
                for rows in self._written(start, asked):
                    has_rows = True
                    yield rows
            finally:
                loads = {stage: asdict(load) for stage, load in self.loads.items()}
                self.memory_notes = device_memory.take_notes()
                start.finish(loads, (*self.plan.remarks, *self.memory_notes), self._gpu_load())
        if has_rows:
            tallies.keep(experiment.out)

    def _written(self, start: runs.Start, asked: runs.Request) -> Iterator[Rows]:
        """What the engine gives, and in the folder by then: workers write their rows there themselves."""
        if self.plan.experiment.engine != LINE:
            from ahc_stream.engines.ray_engine import RayEngine

            self._engine = RayEngine(self.plan, start, asked.items, self._actors)
            yield from self._rows(iter(self._engine))
            return
        line = self._engine = PieceLine(self.plan, whole(self.plan), start.done)
        for rows in self._rows(self._counted(line, start.done), start.fail, start.note):
            start.add(rows.tables)
            yield rows

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

    def report(self) -> Folder:
        """As `Results.report`, of the run at its end."""
        return self.results.report()

    def _rows(
        self,
        outcomes: Generator[Rows | Failure | ItemNote, None, None],
        keep_failure: Callable[[Failure], None] = _nowhere,
        keep_note: Callable[[ItemNote], None] = _nowhere,
    ) -> Iterator[Rows]:
        with closing(outcomes):  # whatever stops it, no lane and no worker goes on
            for outcome in outcomes:
                if isinstance(outcome, Failure):
                    keep_failure(outcome)
                    self._count(outcome)
                elif isinstance(outcome, ItemNote):
                    log.info("%s", outcome)
                    self.remarks[outcome] = None
                    keep_note(outcome)
                else:
                    self.sources.update(_told(outcome))
                    yield outcome

    def _gpu_load(self) -> dict[str, float | int | str | None] | None:
        """Of this process' GPU, for the manifest."""
        return None if self._gpu is None else self._gpu.facts()

    def _counted(self, line: PieceLine, earlier: EarlierWork) -> Generator[Outcome, None, None]:
        """What comes out of the line; `share` counts it. Headers are read once the lanes have work."""
        with sampled(self.plan.device) as self._gpu, closing(iter(line)) as outcomes:
            for outcome in outcomes:
                self._remaining = self._remaining or self._all_work(earlier)
                if isinstance(outcome, Measurement):
                    self._remaining.add(outcome)
                elif isinstance(outcome, Failure):
                    self._remaining.lose(outcome)
                yield outcome

    def _all_work(self, earlier: EarlierWork) -> Remaining:
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


def _told(rows: Rows) -> Mapping[str, int]:
    """Streams that have ended by what decoded them, as the log is told, too."""
    if isinstance(rows, WrittenRows):
        return rows.sources
    log.debug("%s: rows of %d frames", rows.at, rows.frames)
    if "streams" not in rows.tables:
        return {}
    log.info("%s is finished", rows.at)
    return Counter(rows.tables["streams"]["source"].to_pylist())
