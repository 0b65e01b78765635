"""The metrics of one stream: frames go in as they come, and values come out that no cut of the stream can change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ahc_stream.core.device_memory import with_room
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.spans import span
from ahc_stream.metrics.checks import check_pair
from ahc_stream.metrics.entry import (
    Fused,
    Joint,
    JointMetrics,
    MetricFamily,
    Recipe,
    Standalone,
    Temporal,
    TemporalMetric,
)
from ahc_stream.metrics.fused import implementation as implementation_of
from ahc_stream.metrics.fused import measured
from ahc_stream.metrics.standalone import find, measurer

Values = dict[str, Tensor]
"""float64 [K] by the metric's name, in the order in which the metrics were asked for."""


def open_session(
    names: Iterable[str],
    consecutive: bool,
    device: torch.device,
    implementation: str | None = None,
    frames_per_second: float | None = None,
) -> MetricSession:
    """A session of the metrics `names` over one stream, whose frames come on `device`.

    consecutive:     the stream's frames follow each other in a video; else each stands alone.
    implementation:  as `measure` takes it.
    frames_per_second:  the stream's rate, above 0; None: nobody knows it.
    Raises UnknownName, MissingExtra, MissingData, and InvalidValue for an implementation that does not serve the
    device, and for a rate that a metric needs and nobody knows.
    """
    recipes = {name: find(name).recipe for name in dict.fromkeys(names)}
    device = torch.empty(0, device=device).device  # "cuda" becomes the GPU that it stands for
    compute = implementation_of(implementation, device.type)
    fused = {name: recipe for name, recipe in recipes.items() if isinstance(recipe, Fused)}
    standalone = {
        name: measurer(name, recipe, device) for name, recipe in recipes.items() if isinstance(recipe, Standalone)
    }
    memories = _begin(recipes, device, consecutive, frames_per_second)

    one_pass = f"one pass: {', '.join(fused) or 'nothing'}"

    def measure_frames(reference: Tensor, distorted: Tensor) -> Values:
        with span("metric", one_pass):
            values = with_room("metrics", partial(measured, fused, compute, reference, distorted))
        for name, measure in standalone.items():
            with span("metric", name):
                values[name] = with_room(f"metric {name}", partial(measure, reference, distorted))
        return values

    return MetricSession(list(recipes), measure_frames, memories, device)


def _begin(
    recipes: Mapping[str, Recipe], device: torch.device, consecutive: bool, frames_per_second: float | None
) -> dict[str, JointMetrics]:
    """What measures neighbouring frames, by the names of its metrics: one for each metric, or for each family."""
    begun: dict[str, JointMetrics] = {}
    families: dict[MetricFamily, dict[str, Any]] = {}
    for name, recipe in recipes.items():
        if isinstance(recipe, Temporal):
            begun[name] = _Alone(name, _begun(name, recipe, consecutive, device, frames_per_second))
        elif isinstance(recipe, Joint):
            families.setdefault(recipe.family, {})[name] = recipe.part
    for family, parts in families.items():
        begun[", ".join(parts)] = family.begin(parts, device, consecutive)
    return begun


class _Alone:
    """One metric with a memory of its own, as a family of one."""

    def __init__(self, name: str, metric: TemporalMetric) -> None:
        self.delay, self._name, self._metric = metric.delay, name, metric

    def push(self, reference: Tensor, distorted: Tensor) -> Values:
        return {self._name: self._metric.push(reference, distorted)}

    def finish(self) -> Values:
        return {self._name: self._metric.finish()}


def _begun(
    name: str, recipe: Temporal, consecutive: bool, device: torch.device, frames_per_second: float | None
) -> TemporalMetric:
    if not recipe.is_timed:
        return recipe.begin(device, consecutive)
    if consecutive and not frames_per_second:
        raise InvalidValue(
            f"the frames per second of a video for the metric {name}", str(frames_per_second), "give frames_per_second"
        )
    return recipe.begin(device, consecutive, frames_per_second)


class MetricSession:
    """Metrics with and without memory of one stream. Nothing runs between two calls, so there is nothing to close.

    delay:  the most frames that are pushed and whose values were not given yet.
    """

    def __init__(
        self,
        names: Sequence[str],
        measure_frames: Callable[[Tensor, Tensor], Values],
        memories: Mapping[str, JointMetrics],
        device: torch.device,
    ) -> None:
        """names: of all metrics, in order. measure_frames: the values of those without memory, of pairs of frames.
        memories: those that remember, by what a profile calls each of them."""
        self._measure_frames, self._memories = measure_frames, memories
        self._device, self._size = device, torch.Size()
        self._known = {name: torch.empty(0, dtype=torch.float64, device=device) for name in names}
        self.delay = max((memory.delay for memory in memories.values()), default=0)

    @torch.no_grad()
    def push(self, reference: Tensor, distorted: Tensor) -> Values:
        """Takes the stream's next frames. Returns the values of those frames, in the stream's order and right behind
        those given before, that every metric knows by now; there may be none.

        reference, distorted:  as `measure` takes them, of the session's device and of one size throughout.
        Raises InvalidValue for other frames.
        """
        self._check(reference, distorted)
        values = self._measure_frames(reference, distorted)
        for names, memory in self._memories.items():
            with span("metric", names):
                values |= memory.push(reference, distorted)
        return self._give(values)

    @torch.no_grad()
    def finish(self) -> Values:
        """The stream is over: the values of all frames that were not given yet. Nothing is pushed afterwards."""
        values: Values = {}
        for memory in self._memories.values():
            values |= memory.finish()
        return self._give(values)

    def _give(self, values: Values) -> Values:
        self._known |= {name: torch.cat([self._known[name], more]) for name, more in values.items()}
        count = min((len(known) for known in self._known.values()), default=0)
        given = {name: known[:count] for name, known in self._known.items()}
        self._known = {name: known[count:] for name, known in self._known.items()}
        return given

    def _check(self, reference: Tensor, distorted: Tensor) -> None:
        check_pair(reference, distorted)
        if reference.device != self._device:
            raise InvalidValue(f"frames on {self._device}", str(reference.device), "open the session for that device")
        self._size = self._size or reference.shape[1:]
        if reference.shape[1:] != self._size:
            got = f"{list(self._size)}, then {list(reference.shape[1:])}"
            raise InvalidValue("a stream of one frame size", got, "open another session where the size changes")
