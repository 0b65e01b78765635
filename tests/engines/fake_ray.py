"""Ray without processes: actors are objects here, and each call ends as the test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ray import exceptions

FINE, BEFORE, AFTER = "fine", "died before it began", "died when its rows were written"


class FakeRay:
    """fates:  how each call ends, one of the three; `fine` once they are used up.
    order:  which of the calls that wait ends next, as a number that is taken modulo their number.
    late:   how often nobody has ended anything when somebody looks.
    """

    exceptions = exceptions

    def __init__(self, fates: Iterator[str], order: Iterator[int], late: int = 0) -> None:
        self._fates, self._order, self._late = fates, order, late
        self._actors: list[_Actor] = []  # kept, so that no two have one id
        self._alive: set[int] = set()

    @property
    def alive(self) -> int:
        """Actors that nobody has killed."""
        return len(self._alive)

    @contextmanager
    def cluster(self, *_: object) -> Iterator[FakeRay]:
        yield self
        assert self.alive == 0, "an actor outlives the run"

    def nodes(self) -> list[dict[str, bool]]:
        return [{"Alive": True}]

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 2.0}

    def remote(self, kind: Callable[..., Any]) -> _Maker:
        return _Maker(self, kind)

    def wait(self, calls: list[_Call], num_returns: int, timeout: float) -> tuple[list[_Call], list[_Call]]:
        assert calls, "nobody to wait for"
        if self._late:
            self._late -= 1
            return [], calls
        chosen = calls[next(self._order, 0) % len(calls)]
        return [chosen], [call for call in calls if call is not chosen]

    def get(self, call: _Call) -> Any:
        fate = next(self._fates, FINE)
        if fate == BEFORE:
            raise exceptions.ActorDiedError()
        result = call.run()
        if fate == AFTER:
            raise exceptions.ActorDiedError()
        return result

    def born(self, actor: _Actor) -> _Actor:
        self._alive.add(id(actor))
        self._actors.append(actor)
        return actor

    def kill(self, actor: _Actor) -> None:
        self._alive.discard(id(actor))


class _Maker:
    def __init__(self, ray: FakeRay, kind: Callable[..., Any]) -> None:
        self._ray, self._kind = ray, kind

    def options(self, **_: object) -> _Maker:
        return self

    def remote(self, *arguments: Any) -> _Actor:
        return self._ray.born(_Actor(self._kind(*arguments)))


class _Actor:
    def __init__(self, worker: Any) -> None:
        self._worker = worker

    def __getattr__(self, name: str) -> _Method:
        return _Method(getattr(self._worker, name))


class _Method:
    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method

    def options(self, **_: object) -> _Method:
        return self

    def remote(self, *arguments: Any) -> _Call:
        return _Call(self._method, arguments)


class _Call:
    def __init__(self, method: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._method, self._arguments = method, arguments

    def run(self) -> Any:
        return self._method(*self._arguments)
