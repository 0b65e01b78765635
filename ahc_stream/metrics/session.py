"""The metrics of one stream: frames go in as they come, and values come out that no cut of the stream can change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

from ahc_stream.core.errors import InvalidValue
from ahc_stream.metrics.checks import check_pair
from ahc_stream.metrics.entry import Fused, Metric, Own, Temporal
from ahc_stream.metrics.fused import implementation as implementation_of
from ahc_stream.metrics.fused import measured
from ahc_stream.metrics.own import find, measurer

Values = dict[str, Tensor]
"""float64 [K] by the metric's name, in the order in which the metrics were asked for."""


def open_session(
    names: Iterable[str], consecutive: bool, device: torch.device, implementation: str | None = None
) -> Session:
    """A session of the metrics `names` over one stream, whose frames come on `device`.

    consecutive:     the stream's frames follow each other in a video; else each stands alone.
    implementation:  as `measure` takes it.
    Raises UnknownName, MissingExtra, MissingData, and InvalidValue for an implementation that does not serve the device.
    """
    metrics = [find(name) for name in dict.fromkeys(names)]
    device = torch.empty(0, device=device).device  # "cuda" becomes the GPU that it stands for
    compute = implementation_of(implementation, device.type)
    fused = {metric.name: metric.recipe for metric in metrics if isinstance(metric.recipe, Fused)}
    own = {metric.name: measurer(metric, device) for metric in metrics if isinstance(metric.recipe, Own)}

    def alone(reference: Tensor, distorted: Tensor) -> Values:
        values = measured(fused, compute, reference, distorted)
        return values | {name: measure(reference, distorted) for name, measure in own.items()}

    return Session(metrics, alone, consecutive, device)


class Session:
    """Metrics with and without memory of one stream. Nothing runs between two calls, so there is nothing to close.

    delay:  the most frames that are pushed and whose values were not given yet.
    """

    def __init__(
        self,
        metrics: Sequence[Metric],
        alone: Callable[[Tensor, Tensor], Values],
        consecutive: bool,
        device: torch.device,
    ) -> None:
        """alone: the values of all metrics without memory, of pairs of frames."""
        self._alone, self._device, self._size = alone, device, torch.Size()
        self._temporal = {
            metric.name: metric.recipe.begin(device, consecutive)
            for metric in metrics
            if isinstance(metric.recipe, Temporal)
        }
        self._known = {metric.name: torch.empty(0, dtype=torch.float64, device=device) for metric in metrics}
        self.delay = max((part.delay for part in self._temporal.values()), default=0)

    @torch.no_grad()
    def push(self, reference: Tensor, distorted: Tensor) -> Values:
        """Takes the stream's next frames. Returns the values of those frames, in the stream's order and right behind
        those given before, that every metric knows by now; there may be none.

        reference, distorted:  as `measure` takes them, of the session's device and of one size throughout.
        Raises InvalidValue for other frames.
        """
        self._check(reference, distorted)
        values = self._alone(reference, distorted)
        values |= {name: part.push(reference, distorted) for name, part in self._temporal.items()}
        return self._give(values)

    @torch.no_grad()
    def finish(self) -> Values:
        """The stream is over: the values of all frames that were not given yet. Nothing is pushed afterwards."""
        return self._give({name: part.finish() for name, part in self._temporal.items()})

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
