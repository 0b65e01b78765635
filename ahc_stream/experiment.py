"""An experiment: the one place where the parts meet.

Dataset -Item> [open] -Clip> [trial] -Trial> [measure] -TrialRows> sink        (the stages: `line`, the threads: `lanes`)
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ahc_stream import codecs, datasets, manifest, metrics, sources, tables, tasks, weights
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.cuda import lane, resolve_device
from ahc_stream.core.errors import InvalidValue, MissingData, TooManyFailures, UnknownName
from ahc_stream.core.failure import Failure
from ahc_stream.core.trial import OperatingPoint, Trial
from ahc_stream.lanes import Line, Load, Stage, most_alive
from ahc_stream.line.measure import TrialRows, make_measure
from ahc_stream.line.open import make_open
from ahc_stream.line.sink import ParquetSink, write_once
from ahc_stream.line.trial import make_trial
from ahc_stream.tables import ClipKey

log = logging.getLogger(__name__)

METRICS = ("mse", "mae", "psnr", "ssim", "ms_ssim", "vif")


@dataclass(frozen=True)
class Experiment:
    """What to run. The command line's flags are these fields, and the manifest records them.

    dataset:        a name of `ahc-stream list datasets`, or a path of a folder or file.
    codecs:         texts such as "h265@22,27,32:preset=fast" or "cheng2020-anchor@1..6".
    out:            folder of the tables; None keeps nothing and only yields rows.
    tasks:          texts such as "detection:model=yolov5s"; None takes the dataset's own.
    metrics:        names of `ahc-stream list metrics`.
    root:           where the dataset lies, if not under AHC_STREAM_HOME or AHC_STREAM_PATH.
    weights:        of learned codecs: None (the zoo's), a file or folder, or "random:SEED".
    device:         "auto", "cpu", "cuda" or "cuda:1".
    source:         what decodes the originals: "auto", "images", "pyav", "decord" or "dali".
    clip_frames:    frames per clip: the batch, and the memory.
    lanes:          threads per stage; 0 is three on a GPU and one on the CPU.
    depth:          clips that may wait between two stages.
    limit:          the first so many items only.
    shard:          (i, n): every n-th item from the i-th on.
    max_failures:   items that may fail before the run stops.
    flush_seconds:  how often finished rows are committed.
    """

    dataset: str
    codecs: tuple[str, ...]
    out: Path | None = None
    tasks: tuple[str, ...] | None = None
    metrics: tuple[str, ...] = METRICS
    root: Path | None = None
    weights: str | None = None
    device: str = "auto"
    source: str = "auto"
    clip_frames: int = 16
    lanes: int = 0
    depth: int = 2
    limit: int | None = None
    shard: tuple[int, int] = (0, 1)
    max_failures: int = 10
    flush_seconds: float = 10.0

    def __post_init__(self) -> None:
        for name, least in (("clip_frames", 1), ("lanes", 0), ("depth", 1), ("max_failures", 0)):
            if getattr(self, name) < least:
                raise InvalidValue(f"{name} of at least {least}", str(getattr(self, name)), f"change {name}")
        if not 0 <= self.shard[0] < self.shard[1]:
            raise InvalidValue("a shard i of n with 0 <= i < n", str(self.shard), "change shard")


@dataclass(frozen=True)
class Plan:
    """An experiment with every name looked up and everything it needs found."""

    experiment: Experiment
    dataset: datasets.Dataset
    points: tuple[OperatingPoint, ...]
    tasks: tuple[tasks.TaskSpec, ...]
    weights: Mapping[str, Path]
    device: torch.device
    lanes: int

    def stages(self, done: Collection[ClipKey] = frozenset()) -> list[Stage]:
        """open, trial and measure, with nothing made yet. `done`: clips at points to pass over."""
        ask = self.experiment

        def trial() -> Callable[[Any], Iterable[Any]]:
            return make_trial([codecs.make(point, self.device, ask.weights) for point in self.points], done)

        def measure() -> Callable[[Any], Iterable[Any]]:
            return make_measure(ask.metrics, [tasks.make(spec, self.device) for spec in self.tasks], self.lanes)

        return [
            Stage("open", lambda: make_open(ask.source, ask.clip_frames, self.device), self.lanes, ask.depth),
            Stage("trial", trial, self.lanes, ask.depth),
            Stage("measure", measure, self.lanes, ask.depth),
        ]

    @property
    def most_clips_alive(self) -> int:
        """The bound on clips in memory at once; a trial counts as one, though it holds two sets of frames."""
        return most_alive(self.stages())


def plan(experiment: Experiment) -> Plan:
    """Checks all names and finds all data and weights before any work is done.

    Raises UnknownName, InvalidValue, and one MissingData that lists everything that is not there.
    """
    points = tuple(dict.fromkeys(point for text in experiment.codecs for point in codecs.parse(text)))
    for name in experiment.metrics:
        _known("metric", name, metrics.METRICS)
    _known("source", experiment.source, [*sources.SOURCES, "auto"])
    specs = tuple(tasks.parse(text) for text in _task_texts(experiment))
    if len({spec.name for spec in specs}) < len(specs):
        raise InvalidValue("each task once", ", ".join(map(str, specs)), "run the second one into another --out")
    if specs and all(point.codec != "identity" for point in points):
        points = (*codecs.parse("identity"), *points)  # a change against the original needs the original
    dataset, found = _find_all(experiment, _weight_names(experiment, points, specs))
    if experiment.limit is not None:
        dataset = dataset.limit(experiment.limit)
    device = resolve_device(experiment.device)
    lanes = experiment.lanes or (3 if device.type == "cuda" else 1)
    return Plan(experiment, dataset.shard(*experiment.shard), points, specs, found, device, lanes)


def _known(kind: str, name: str, table: Collection[str]) -> None:
    if name not in table:
        raise UnknownName.among(kind, name, table)


def _task_texts(experiment: Experiment) -> tuple[str, ...]:
    if experiment.tasks is not None:
        return experiment.tasks
    entry = datasets.DATASETS.get(experiment.dataset)
    return entry.tasks if entry else ()


def _weight_names(
    experiment: Experiment, points: Iterable[OperatingPoint], specs: Iterable[tasks.TaskSpec]
) -> tuple[str, ...]:
    of_codecs = [] if experiment.weights else [name for point in points for name in codecs.weights_needed(point)]
    return tuple(dict.fromkeys([*of_codecs, *(name for spec in specs for name in tasks.weights_needed(spec))]))


def _find_all(experiment: Experiment, weight_names: tuple[str, ...]) -> tuple[datasets.Dataset, dict[str, Path]]:
    """The dataset and the files of the weights, or one MissingData that tells of all that is not there."""
    lacking: list[MissingData] = []
    absent = weights.missing(weight_names)
    if absent:
        todo = f"run: ahc-stream data download {' '.join(absent)} (or name files of your own with --weights)"
        lacking.append(MissingData(f"the weights {', '.join(absent)}", "none of them here", todo))
    try:
        dataset = datasets.load(experiment.dataset, experiment.root)
    except MissingData as error:
        lacking.insert(0, error)
    if lacking:
        raise _all_in_one(lacking)
    return dataset, {name: weights.find(name) for name in weight_names}


def _all_in_one(errors: list[MissingData]) -> MissingData:
    parts = ((error.expected, error.got, error.todo) for error in errors)
    return MissingData(*("; and ".join(part) for part in zip(*parts, strict=True)))


class Run:
    """A running experiment: iterate over it once for the rows of each trial, as they are finished and in any order.

    Rows and failures are in the tables under `experiment.out` by the time the loop ends, however it ends.
    Raises what `line.sink` raises, TooManyFailures, and whatever is no fault of one item.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.plan = plan(experiment)
        self.failures: list[Failure] = []
        self.sources: Counter[str] = Counter()  # trials by what decoded their originals
        self._line: Line[TrialRows | Failure] | None = None

    @property
    def loads(self) -> dict[str, Load]:
        """Busy, starved and blocked seconds of each stage so far."""
        return self._line.loads if self._line else {}

    def __iter__(self) -> Iterator[TrialRows]:
        out = self.plan.experiment.out
        if out is None:
            yield from self._rows(frozenset(), on_failure=lambda failure: None)
            return
        manifest.begin(out, self.plan)
        with self._sink(out) as sink:
            for name, labels in self.plan.dataset.labels.items():
                write_once(labels, out, f"labels_{name}")
            for rows in self._rows(sink.done, on_failure=sink.fail):
                sink.add(rows.tables)
                yield rows
        manifest.end(out, self.plan, self.loads, len(self.failures))

    def _rows(self, done: Collection[ClipKey], on_failure: Callable[[Failure], None]) -> Iterator[TrialRows]:
        stages = self.plan.stages(done)
        self._line = Line(self.plan.dataset.items, stages, partial(lane, self.plan.device), _label)
        for outcome in self._line:
            if isinstance(outcome, TrialRows):
                self.sources.update(outcome.tables["clips"]["source"].to_pylist())
                yield outcome
            else:
                on_failure(outcome)
                self._count(outcome)

    def _count(self, failure: Failure) -> None:
        self.failures.append(failure)
        log.warning("%s", failure)
        most = self.plan.experiment.max_failures
        if len(self.failures) > most:
            todo = "mend what the table `failures` lists, or raise --max-failures; finished rows are kept"
            raise TooManyFailures(f"at most {most} failed items", f"{len(self.failures)}, the last: {failure}", todo)

    def _sink(self, out: Path) -> ParquetSink:
        experiment = self.plan.experiment
        predictions = {
            f"predictions_{spec.name}": tables.predictions_schema(tasks.schema(spec)) for spec in self.plan.tasks
        }
        schemas = {"frames": tables.frames_schema(experiment.metrics), "clips": tables.CLIPS, **predictions}
        return ParquetSink(out, schemas, "{}-of-{}".format(*experiment.shard), experiment.flush_seconds)


def run(experiment: Experiment) -> Run:
    """Looks everything up, as `plan` does, and returns the run; iterating over it does the work."""
    return Run(experiment)


def _label(thing: Any) -> str:
    """What an error's note calls the item that a stage had in hand."""
    match thing:
        case Item():
            return f"item {thing.name!r}"
        case Clip():
            return f"the clip from {thing.keys[0]}"
        case Trial():
            return f"the clip from {thing.reference.keys[0]} at {thing.point}"
        case _:
            return str(thing)
