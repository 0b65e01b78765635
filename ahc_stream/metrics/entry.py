"""One row of the table of metrics, and the four ways to compute a metric.

Nothing here loads torch, so that a report reads the table without it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ahc_stream.core.loading import load
from ahc_stream.core.option import Option

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from ahc_stream.kernels.quality import Statistics, StatisticsRequest

Measurer: TypeAlias = "Callable[[Tensor, Tensor], Tensor]"
"""reference, distorted [N, 3, H, W], checked by the session -> float64 [N], same device. Each frame alone."""


class TemporalMetric(Protocol):
    """A metric of one stream whose values depend on neighbouring frames.

    delay:  the most frames that are pushed and have no value yet.
    """

    delay: int

    def push(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """The next frames, checked by the session -> float64 [K], same device: of the frames that have no value yet,
        those of the first K, which is all that is known."""
        ...

    def finish(self) -> Tensor:
        """float64 [K], the values of all frames that have none yet. Nothing is pushed afterwards."""
        ...


class JointMetrics(Protocol):
    """Several metrics of one stream, computed together, whose values depend on neighbouring frames.

    delay:  the most frames that are pushed and have no value yet.
    """

    delay: int

    def push(self, reference: Tensor, distorted: Tensor) -> dict[str, Tensor]:
        """`TemporalMetric.push` of each metric, by its name. They need not know the same frames."""
        ...

    def finish(self) -> dict[str, Tensor]:
        """`TemporalMetric.finish` of each metric, by its name."""
        ...


@dataclass(frozen=True)
class Fused:
    """A formula over statistics that one pass over the pixels computes for all such metrics that are asked for.

    request:     the statistics it is made of.
    value:       statistics -> float64 [N].
    prepare:     what is done before to reference and distorted; None for nothing.
    """

    request: StatisticsRequest
    value: Callable[[Statistics], Tensor]
    prepare: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None


@dataclass(frozen=True)
class Standalone:
    """An implementation apart from the fused pass, that looks at each frame alone: a transform, a network.

    make:     called once per process and device. Raises MissingExtra or MissingData for what it needs and is not here.
    weights:  names in the table of weights.
    """

    make: Callable[[torch.device], Measurer]
    weights: tuple[str, ...] = ()


@dataclass(frozen=True)
class Temporal:
    """An implementation apart from the fused pass, that looks at neighbouring frames.

    begin:    device, whether the stream's frames are consecutive -> the metric of one stream.
    require:  raises MissingExtra for what it needs and is not here.
    is_timed: `begin` takes a third argument, how many frames there are in a second: a float above 0.
    """

    begin: Callable[..., TemporalMetric]
    require: Callable[[], None]
    is_timed: bool = False


@dataclass(frozen=True)
class MetricFamily:
    """An implementation of several metrics that share their work on a stream: a program that is started once.

    begin:    what each metric asks it for, by the metric's name; device; whether the stream's frames are consecutive
              -> the metrics of one stream.
    require:  what is asked for; raises MissingExtra for what that needs and is not here, by its name.
    program:  the path of the program whose release decides the values. Raises MissingExtra.
    """

    begin: Callable[[Mapping[str, Any], torch.device, bool], JointMetrics]
    require: Callable[[Collection[Any]], None]
    program: Callable[[], str]


@dataclass(frozen=True)
class Joint:
    """One metric of a family: those that are asked for together are begun together.

    part:  what it asks the family for.
    """

    family: MetricFamily
    part: Any


Recipe: TypeAlias = Fused | Standalone | Temporal | Joint
"""How a metric is computed."""


@dataclass(frozen=True)
class Metric:
    """A full-reference image metric, one value per frame.

    label:       its name in charts, tables and sentences.
    unit:        "1" where it has none.
    decimals:    digits behind the point of its value, as people quote it.
    definition:  one sentence: channels, window, sigma, range, downsampling, source, and where it is undefined (NaN).
    computation: how it is computed, or where that is written, as "module:name", which is loaded on first use.
    is_leading:  whether a report shows it before others, and looks for outliers and pictures by it.
    infinite_if: what a frame is where the value is infinite, as a report says it: "5 frames are identical".
    options:     option -> what it takes. Where there are any, `computation` names a function that takes the value of
                 each as a keyword and gives the recipe; "name:option=value" asks for another one than the default.
    chosen:      option -> its value, of those that are not at their default.
    compressai:  the keys of result files of CompressAI's tools that mean this metric, by the same definition; the first
                 is the one that its tools write today.
    range:       the values that it can have, best and worst among them: "0..1", "0 and above".
    source:      who defined it, and where.
    model:       name and version of the trained model, or of the program, behind its numbers; "" for a mere formula.
    """

    name: str
    label: str
    unit: str
    decimals: int
    definition: str
    higher_is_better: bool
    computation: Recipe | str
    is_leading: bool = False
    infinite_if: str = "identical"
    compressai: tuple[str, ...] = ()
    range: str = ""
    source: str = ""
    model: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, str]:
        """What its row says beside the definition, of what it says at all: word -> text."""
        said = {"range": self.range, "source": self.source, "model": self.model}
        return {word: text for word, text in said.items() if text}

    @property
    def recipe(self) -> Recipe:
        """How it is computed; loads torch. Raises ImportError and AttributeError where nothing is written there."""
        if not isinstance(self.computation, str):
            return self.computation
        loaded = load(self.computation)
        values = {name: self.chosen.get(name, option.default) for name, option in self.options.items()}
        recipe: Recipe = loaded(**values) if values else loaded
        return recipe


@dataclass(frozen=True)
class EstimatedRate:
    """A column of the report for the bits that the entropy model estimates, per pixel, under a profile's own name.

    definition:  what it is, as the report says it below its table.
    """

    name: str
    decimals: int
    definition: str


@dataclass(frozen=True)
class MetricProfile:
    """What a run measures where it names no metrics.

    metrics:         names in the table of metrics.
    estimated_rate:  how the profile calls the estimate of an entropy model, of stills; None: it has no name for it.
    """

    metrics: tuple[str, ...]
    estimated_rate: EstimatedRate | None = None
