"""A worker: an actor of Ray's that keeps its codecs and tasks, runs the line on one piece after another, and writes
their rows where the run's folder is. This module imports no Ray: the engine makes an actor of the class."""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from ahc_stream import weights
from ahc_stream.core import threads
from ahc_stream.core.digests import Digests
from ahc_stream.core.errors import DownloadError, MissingData
from ahc_stream.core.failure import Failure
from ahc_stream.core.note import ItemNote
from ahc_stream.describe import WEIGHTS, terms
from ahc_stream.engines.piece_line import PieceLine
from ahc_stream.engines.pieces import Piece
from ahc_stream.experiment import Experiment
from ahc_stream.lanes import Load
from ahc_stream.line.kits import Kits
from ahc_stream.line.measure import Measurement
from ahc_stream.line.work import EarlierWork
from ahc_stream.plan import plan
from ahc_stream.runs.commits import Commit
from ahc_stream.runs.place import BatchPlace
from ahc_stream.tables import Rows


@dataclass(frozen=True)
class Order:
    """A piece, what of it is done, what its files are, and where its rows go."""

    piece: Piece
    earlier: EarlierWork
    digests: Mapping[str, Digests]
    place: BatchPlace


@dataclass(frozen=True)
class Done:
    """What a worker says of a piece that it has ended. Its rows lie in the folder, and `commit` names them.

    sources:  streams by what decoded their originals.
    """

    commit: Commit
    frames: int
    failures: tuple[Failure, ...]
    notes: tuple[ItemNote, ...]
    sources: Mapping[str, int]
    loads: Mapping[str, Load]
    seconds: float


class Worker:
    """One worker, in a process of its own.

    experiment:  of the run, to be looked up on this machine as everywhere.
    agreed:      what the driver found (`describe.terms`): with anything else the rows would be others.
    """

    def __init__(self, experiment: Experiment, agreed: Mapping[str, str], cpu_threads: int) -> None:
        self._threads = experiment.threads or cpu_threads
        self._experiment, self._agreed = replace(experiment, threads=self._threads), agreed
        self._kits = Kits()

    def ready(self) -> str:
        """Looks everything up, and returns the name of this machine. Raises what `plan` raises, with that name in it,
        and MissingData where data or weights are others than the driver's."""
        node = platform.node()
        _fetch([name.removeprefix(WEIGHTS) for name in self._agreed if name.startswith(WEIGHTS)])
        try:
            self._plan = plan(self._experiment)
        except MissingData as error:
            raise MissingData(f"{error.expected} on the node {node}", error.got, error.todo) from error
        here = terms(self._plan)
        for name, expected in self._agreed.items():
            if here.get(name) != expected:
                todo = "give this node the same files and versions, or leave it out of the cluster"
                raise MissingData(f"{name} = {expected} on the node {node}", here.get(name, "none"), todo)
        return node

    def _kits_of_a_line(self) -> Kits:
        """On a GPU new ones: a recorded step uses a workspace of the thread that recorded it, and each line has threads
        of its own."""
        return self._kits if self._plan.device.type == "cpu" else Kits()

    def do(self, order: Order) -> Done:
        """Runs a piece. Raises MissingData where files are others than the driver's, StorageError where the folder
        takes no more, and what stops a line."""
        start, node = time.monotonic(), platform.node()
        self._check_files(order, node)
        rows: list[Rows] = []
        failures: list[Failure] = []
        notes: list[ItemNote] = []
        with threads.limited(self._threads):
            line = PieceLine(self._plan, order.piece, order.earlier, self._kits_of_a_line())
            for outcome in line:
                match outcome:
                    case Measurement():
                        rows.append(outcome.tables)
                    case Failure():
                        failures.append(outcome)
                    case _:
                        notes.append(outcome)
        commit = order.place.write(rows, failures, notes)
        frames = commit.parts["frames"].rows if "frames" in commit.parts else 0
        seconds = time.monotonic() - start
        return Done(commit, frames, tuple(failures), tuple(notes), _sources(rows), line.loads, seconds)

    def _check_files(self, order: Order, node: str) -> None:
        here = self._plan.dataset.named(order.piece.names).digests(whole=self._experiment.verify)
        for name, expected in order.digests.items():
            if here.get(name) != expected:
                got = "other files" if name in here else "none"
                todo = "give this node the same data, or leave it out of the cluster"
                raise MissingData(f"the files of {name} that the run began with on the node {node}", got, todo)


def _fetch(names: Iterable[str]) -> None:
    """Brings weights of the tables that this node lacks, once for all of its workers (`store.fetch`). What cannot be
    fetched, `plan` misses."""
    for name in names:
        if name in weights.table() and weights.missing([name]):
            with suppress(DownloadError):
                weights.download(name)


def _sources(rows: list[Rows]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for tables in rows:
        if "streams" in tables:
            counts.update(tables["streams"]["source"].to_pylist())
    return counts
