"""A run on Ray: pieces to workers, and what they wrote into the folder's commits.

The driver holds no rows. A worker writes the parts of a piece under names that are nobody else's, and says which; the
driver, which is the start of this run, commits them, so that a piece counts once, whoever did it how often. What was
committed when the driver dies is done, and the next start goes on from there. Ray places workers, moves messages and
tells of deaths; what is here is which piece comes next.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping
from types import ModuleType
from typing import Any

from ahc_stream import sources
from ahc_stream.core.clip import Item
from ahc_stream.core.digests import Digests
from ahc_stream.core.errors import ClusterError, WorkerDied
from ahc_stream.core.failure import Failure
from ahc_stream.core.note import ItemNote
from ahc_stream.describe import terms
from ahc_stream.engines.crew import Crew, CrewMember, Lost
from ahc_stream.engines.outcome import WrittenRows
from ahc_stream.engines.pieces import Cutter, Piece, missing
from ahc_stream.engines.ray_actors import Actors
from ahc_stream.engines.ray_cluster import cluster, places
from ahc_stream.engines.ray_worker import Done, Order
from ahc_stream.engines.workers import Workers
from ahc_stream.lanes import Load
from ahc_stream.plan import Plan
from ahc_stream.runs import Start

MOST_ATTEMPTS = 3
"""A piece that killed as many workers is a failure."""
STAGE = "worker"
"""What a row of failures calls it."""

log = logging.getLogger(__name__)


class RayEngine:
    """Runs what is missing. Iterated once: failures and notes as they come, and rows when they are committed.

    digests:  item -> what its files are, as the start's request has it.
    actors:   of a cluster that is connected, where workers have begun; without them there are new ones.
    """

    def __init__(self, plan: Plan, start: Start, digests: Mapping[str, Digests], actors: Actors | None = None) -> None:
        self._plan, self._start, self._digests, self._actors = plan, start, digests, actors
        self._workers = Workers.of(plan.experiment)
        self._cutter = Cutter(missing(plan, start.done, self._frames_of))
        self._crew: Crew | None = None
        self._deaths = 0  # since a piece was done
        self._failed: set[tuple[Any, ...]] = set()

    @property
    def loads(self) -> dict[str, Load]:
        """Of all workers together, of the pieces that are done."""
        total: dict[str, Load] = {}
        for member in self._crew.members if self._crew else ():
            for stage, load in member.loads.items():
                total[stage] = total.get(stage, Load()) + load
        return total

    @property
    def facts(self) -> dict[str, Any]:
        """How far it is: each worker with its rate and bottleneck, what is left, and for how long."""
        members = self._crew.ready if self._crew else []
        busy = [member.order.piece for member in members if member.order]
        seconds = self._cutter.seconds_left
        return {
            "workers": [member.facts() for member in members],
            "pieces_left": self._cutter.items_left + len(busy),
            "seconds_left": None if seconds is None else round(seconds / max(len(members), 1), 1),
        }

    def __iter__(self) -> Generator[WrittenRows | Failure | ItemNote, None, None]:
        if self._cutter.is_empty:
            return
        with cluster(self._plan.experiment.address, self._workers) as ray:
            try:
                yield from self._run(ray)
            except ray.exceptions.RayError as error:
                todo = "start the same command again: what is finished is kept"
                raise ClusterError("Ray to be there until the end", str(error), todo) from error

    def _run(self, ray: ModuleType) -> Iterator[WrittenRows | Failure | ItemNote]:
        actors = self._actors or Actors(ray, self._workers)
        self._crew = crew = Crew(actors, places(ray, self._workers), self._arguments())
        try:
            while not self._cutter.is_empty or crew.busy:
                if len(crew.ready) >= self._workers.least or crew.busy:
                    self._give_orders(crew)
                else:
                    crew.tell_who_is_missing(self._workers)
                for event in crew.events():
                    if isinstance(event, Lost):
                        yield from self._lost(event)
                    elif event is not None:
                        yield from self._done(*event)
        finally:
            crew.dismiss()
            for member in crew.busy:
                if member.order:
                    self._start.discard(member.order.place)

    def _arguments(self) -> tuple[Any, ...]:
        return self._plan.experiment, terms(self._plan), self._workers.threads

    def _give_orders(self, crew: Crew) -> None:
        for member in crew.idle:
            if self._cutter.is_empty:
                return
            piece = self._cutter.take(len(crew.members))
            earlier = self._start.done.only(self._plan.dataset.items[0].dataset, piece.names)
            digests = {name: self._digests[name] for name in piece.names}
            crew.give(member, Order(piece, earlier, digests, self._start.place()))

    def _done(self, member: CrewMember, done: Done) -> Iterator[WrittenRows | Failure | ItemNote]:
        self._start.adopt(done.commit)
        self._cutter.learn(done.frames, done.seconds)
        self._deaths = 0
        yield from done.notes
        yield from (failure for failure in done.failures if self._is_new(failure))
        yield WrittenRows(done.frames, done.sources)

    def _is_new(self, failure: Failure) -> bool:
        """Whether it is told for the first time: an item that cannot be opened fails in each of its pieces."""
        key = (failure.item, failure.key, failure.point, failure.stage)
        is_new = key not in self._failed
        self._failed.add(key)
        return is_new

    def _lost(self, lost: Lost) -> Iterator[Failure]:
        """Its piece is for somebody else, and its place for a new worker."""
        assert self._crew is not None
        log.warning("%s on %s died: %s", lost.member.name, lost.member.node or "no node yet", lost.reason)
        self._check_deaths(lost.reason)
        self._crew.hire()
        if lost.order is None:
            return
        self._start.discard(lost.order.place)
        piece = lost.order.piece
        if piece.attempts + 1 < MOST_ATTEMPTS:
            self._cutter.put_back(piece)
            return
        for failure in self._failures(piece, lost.reason):
            self._start.fail(failure)
            yield failure

    def _check_deaths(self, reason: str) -> None:
        """Raises ClusterError where workers die and nothing is done."""
        assert self._crew is not None
        self._deaths += 1
        if self._deaths > MOST_ATTEMPTS * (len(self._crew.members) + 2):
            todo = "look at Ray's logs; what is finished is kept"
            raise ClusterError("workers that stay", f"{self._deaths} that died one after another: {reason}", todo)

    def _failures(self, piece: Piece, reason: str) -> Iterator[Failure]:
        todo = "look at the memory of workers and at Ray's logs, then start the run again"
        error = WorkerDied(f"a worker that ends the piece {piece}", f"{MOST_ATTEMPTS} that died: {reason}", todo)
        for name in piece.names:
            for point in piece.points:
                yield Failure(self._plan.dataset.name, name, STAGE, error, point=point)

    def _frames_of(self, item: Item) -> int | None:
        return sources.told_frames(item, sources.Limits(self._plan.experiment.max_pixels))
