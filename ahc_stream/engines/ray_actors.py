"""The processes of workers: actors of Ray's that import what a worker needs as soon as they are placed, which takes
seconds, and are told afterwards which run they work for."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ahc_stream.engines.ray_cluster import cluster, imported, places
from ahc_stream.engines.workers import Workers

if TYPE_CHECKING:
    from types import ModuleType

    from ahc_stream.engines.ray_worker import Done, Order


class WorkerProcess:
    """A `ray_worker.Worker` in the making. This module is light, so that the driver can ask for one before it has
    imported anything of a run itself."""

    def __init__(self) -> None:
        from ahc_stream.engines.ray_worker import Worker

        self._kind = Worker

    def ready(self, *arguments: Any) -> str:
        """Makes the worker, of Worker's arguments, and returns and raises what its `ready` does."""
        self._worker = self._kind(*arguments)
        return self._worker.ready()

    def do(self, order: Order) -> Done:
        """As Worker's."""
        return self._worker.do(order)


class Actors:
    """Those of one run, which Ray places where there is room, now or when a node joins.

    ray:      connected.
    workers:  what each of them asks for.
    early:    how many are asked for at once; `hire` hands these out first.
    """

    def __init__(self, ray: ModuleType, workers: Workers, early: int = 0) -> None:
        self.ray = ray
        options = {"num_cpus": workers.cpus, "num_gpus": workers.gpus, "max_restarts": 0, "max_task_retries": 0}
        self._kind, self._options = ray.remote(WorkerProcess), options
        self._run, self._made = uuid.uuid4().hex[:6], 0
        self._early = deque(self._new() for _ in range(early))

    def hire(self) -> tuple[str, Any]:
        """Its name in Ray's dashboard, and the actor."""
        return self._early.popleft() if self._early else self._new()

    def _new(self) -> tuple[str, Any]:
        self._made += 1
        name = f"worker {self._made} of run {self._run}"
        return name, self._kind.options(name=name, **self._options).remote()

    def dismiss(self) -> None:
        """Ends those that nobody has hired."""
        while self._early:
            self.ray.kill(self._early.popleft()[1])


@contextmanager
def begun_early(address: str | None, workers: Workers) -> Iterator[Actors]:
    """`cluster`, for a command that has not yet imported what a run needs: a thread does that, and the workers do,
    while Ray starts or answers."""
    imported()
    with ThreadPoolExecutor(1) as beside:
        beside.submit(import_module, "ahc_stream.running")  # an error of it comes again where it is used
        with cluster(address, workers) as ray:
            actors = Actors(ray, workers, places(ray, workers))
            try:
                yield actors
            finally:
                actors.dismiss()
