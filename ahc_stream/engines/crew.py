"""The workers of a run: actors of Ray's, which places them and says when one has died. Whoever died is replaced."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ahc_stream.engines.ray_actors import Actors
from ahc_stream.engines.ray_worker import Done, Order
from ahc_stream.engines.workers import Workers
from ahc_stream.lanes import Load, bottleneck

POLL_SECONDS = 5.0
"""How long the driver waits for any worker before it looks whether any node is left."""
PATIENCE_SECONDS = 60.0
"""How long nobody says anything while work cannot begin, because Ray has no place for enough workers."""

log = logging.getLogger(__name__)


@dataclass
class CrewMember:
    """One worker. node: empty until it is ready. order: what it has in hand."""

    name: str
    actor: Any
    node: str = ""
    frames: int = 0
    seconds: float = 0.0
    loads: dict[str, Load] = field(default_factory=dict)
    order: Order | None = None

    @property
    def rate(self) -> float:
        """Rows of frames per second of its pieces."""
        return self.frames / self.seconds if self.seconds else 0.0

    def count(self, done: Done) -> None:
        """What it says of a piece."""
        self.frames += done.frames
        self.seconds += done.seconds
        for stage, load in done.loads.items():
            self.loads[stage] = self.loads.get(stage, Load()) + load

    def facts(self) -> dict[str, Any]:
        """As JSON has it."""
        stage = bottleneck(self.loads) if self.loads else None
        return {"worker": self.name, "node": self.node, "frames_per_second": round(self.rate, 2), "bottleneck": stage}


@dataclass(frozen=True)
class Lost:
    """A worker died, with what it had in hand."""

    member: CrewMember
    order: Order | None
    reason: str


Event = tuple[CrewMember, Done] | Lost | None


class Crew:
    """Members by what they are waited for.

    actors:     their processes.
    arguments:  of each Worker.
    """

    def __init__(self, actors: Actors, most: int, arguments: tuple[Any, ...]) -> None:
        self._ray, self._actors, self._arguments = actors.ray, actors, arguments
        self._told = time.monotonic()
        self._waited_for: dict[Any, CrewMember] = {}
        self.members: list[CrewMember] = []
        for _ in range(most):
            self.hire()

    def hire(self) -> None:
        """One more, which gets ready as soon as Ray has placed it."""
        name, actor = self._actors.hire()
        member = CrewMember(name, actor)
        self.members.append(member)
        self._waited_for[actor.ready.options(name=f"{name} gets ready").remote(*self._arguments)] = member

    @property
    def ready(self) -> list[CrewMember]:
        """Those that have said so."""
        return [member for member in self.members if member.node]

    @property
    def idle(self) -> list[CrewMember]:
        """Those of them that have nothing in hand."""
        return [member for member in self.ready if member.order is None]

    @property
    def busy(self) -> list[CrewMember]:
        """Those that have."""
        return [member for member in self.members if member.order is not None]

    def tell_who_is_missing(self, workers: Workers) -> None:
        """A line in the log, now and then, while too few are ready for the work to begin. A node may still join."""
        if time.monotonic() - self._told < PATIENCE_SECONDS:
            return
        self._told = time.monotonic()
        there = self._ray.cluster_resources()
        log.warning(
            "waiting for %d of %d workers: each asks for %g CPU and %g GPU, and all of the cluster has %g and %g; let "
            "a node join, or ask for fewer",
            *(workers.least - len(self.ready), workers.least, workers.cpus, workers.gpus),
            *(there.get("CPU", 0.0), there.get("GPU", 0.0)),
        )

    def give(self, member: CrewMember, order: Order) -> None:
        """A piece, under its own name in Ray's dashboard."""
        member.order = order
        name = f"{order.piece}"[:100]
        self._waited_for[member.actor.do.options(name=name).remote(order)] = member

    def events(self) -> Iterator[Event]:
        """What comes within a moment: pieces that are done, workers that died, None for a worker that is ready now.
        Raises what a worker raised, and RayError where Ray itself is gone."""
        ended, _ = self._ray.wait(list(self._waited_for), num_returns=1, timeout=POLL_SECONDS)
        if not ended and not any(node["Alive"] for node in self._ray.nodes()):
            raise self._ray.exceptions.RaySystemError("no node is left")
        for reference in ended:
            yield self._event(reference, self._waited_for.pop(reference))

    def _event(self, reference: Any, member: CrewMember) -> Event:
        try:
            result = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from error
        except self._ray.exceptions.RayError as error:
            self.members.remove(member)
            self._ray.kill(member.actor)  # one that is out of reach may live, and would keep its place
            return Lost(member, member.order, str(error).strip().splitlines()[0])
        if isinstance(result, Done):
            member.order = None
            member.count(result)
            return member, result
        member.node = result
        return None

    def dismiss(self) -> None:
        """Ends them all, whatever they have in hand."""
        for member in self.members:
            self._ray.kill(member.actor)
