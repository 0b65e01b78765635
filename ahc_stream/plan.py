"""An experiment with every name looked up: the one place where the parts meet.

Dataset -Item> [open] -Work> [codec] -Coded> [measure] -Measured> run folder   (the steps: `line`, the threads: `lanes`)
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch

from ahc_stream import codecs, datasets, metrics, sources, tables, tasks, weights
from ahc_stream.core.cuda import resolve_device
from ahc_stream.core.errors import InvalidValue, MissingData, UnknownName
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.protocols import AnyTask
from ahc_stream.experiment import Experiment
from ahc_stream.lanes import Stage, most_alive
from ahc_stream.line.codec import CodecStep
from ahc_stream.line.measure import MeasureStep, Measuring
from ahc_stream.line.open import make_open
from ahc_stream.line.recon import Recon
from ahc_stream.line.work import Done, NothingDone, key_of

CLIP_FRAMES = 16
"""Of a clip, where the experiment does not say how many."""


@dataclass(frozen=True)
class Plan:
    """An experiment with every name looked up and everything it needs found.

    dataset:  this shard's items. whole: those of all shards.
    weights:  name -> file, of codecs, tasks and metrics.
    own:      task objects that the experiment brings, by name.
    """

    experiment: Experiment
    dataset: datasets.Dataset
    points: tuple[OperatingPoint, ...]
    tasks: tuple[tasks.TaskSpec, ...]
    metrics: tuple[str, ...]
    weights: Mapping[str, Path]
    device: torch.device
    lanes: int
    whole: datasets.Dataset
    own: Mapping[str, AnyTask] = field(default_factory=dict)

    @property
    def predicting(self) -> tuple[tasks.TaskSpec, ...]:
        """The tasks that run in the line: those that do not read another one's predictions."""
        return tuple(spec for spec in self.tasks if not tasks.find(spec.name).reads)

    @property
    def clip_frames(self) -> int:
        """Frames that travel together."""
        return self.experiment.clip_frames or CLIP_FRAMES

    def stages(self, done: Done) -> list[Stage]:
        """open, codec and measure, with nothing made yet. done: what is to be passed over."""
        ask, device = self.experiment, self.device
        recon = Recon(ask.out) if ask.save_recon and ask.out else None

        def opening() -> Callable[[Any], Iterable[Any]]:
            return make_open(ask.source, self.clip_frames, device, self.points, done)

        def codec() -> Callable[[Any], Iterable[Any]]:
            return CodecStep(lambda point: codecs.make(point, device, ask.weights, ask.entropy), device)

        def measure() -> Callable[[Any], Iterable[Any]]:
            own_tasks = [self._task(spec) for spec in self.predicting]
            return MeasureStep(Measuring(self.metrics, own_tasks, device, self.lanes, recon), done)

        return [
            Stage("open", opening, self.lanes, ask.depth),
            Stage("codec", codec, self.lanes, ask.depth, key_of),
            Stage("measure", measure, self.lanes, ask.depth, key_of),
        ]

    @property
    def schemas(self) -> Mapping[str, pa.Schema]:
        """Table -> columns, with one for each metric in `frames` and a table for each task."""
        predictions = {
            f"predictions_{spec.name}": tables.predictions_schema(
                self.own[spec.name].schema if spec.name in self.own else tasks.schema(spec)
            )
            for spec in self.predicting
        }
        return {"frames": tables.frames_schema(self.metrics), "streams": tables.STREAMS, **predictions}

    def _task(self, spec: tasks.TaskSpec) -> AnyTask:
        """The task of one lane; of one that the experiment brings, the object itself, or a copy for each of several."""
        own = self.own.get(spec.name)
        if own is None:
            return tasks.make(spec, self.device)
        try:
            return own if self.lanes == 1 else copy.deepcopy(own)
        except (TypeError, copy.Error, pickle.PicklingError) as error:
            expected = f"a task {spec.name} that copy.deepcopy copies, one for each of {self.lanes} lanes"
            raise InvalidValue(expected, str(error), "give it a __deepcopy__, or run with lanes=1") from error

    @property
    def most_alive(self) -> Mapping[str, int]:
        """The bound on what is in memory at once: "clips" on their way, of "clip_frames" each, and the "frames" that
        encoders may hold back of the streams that are open. A frame is there as it was and as decoded."""
        held = sum(codecs.delay(point, self.device) for point in self.points)
        streams = self.lanes if any(item.medium != "stills" for item in self.dataset.items) else 0
        clips = most_alive(self.stages(NothingDone()))
        return {"clips": clips, "clip_frames": self.clip_frames, "frames": streams * held}


def plan(experiment: Experiment) -> Plan:
    """Checks all names and finds all data and weights before any work is done.

    Raises UnknownName, InvalidValue, and one MissingData that lists everything that is not there.
    """
    points = _points(experiment)
    _known("metric profile", experiment.metric_profile, metrics.PROFILES)
    measured = metrics.PROFILES[experiment.metric_profile] if experiment.metrics is None else experiment.metrics
    for name in measured:
        _known("metric", name, metrics.METRICS)
    _known("source", experiment.source, [*sources.SOURCES, "auto"])
    asked = _tasks(experiment)
    specs = _with_what_they_read(
        tuple(tasks.parse(task) if isinstance(task, str) else tasks.describe(task) for task in asked)
    )
    own = {task.name: task for task in asked if not isinstance(task, str)}
    if len({spec.name for spec in specs}) < len(specs):
        raise InvalidValue("each task once", ", ".join(map(str, specs)), "run the second one into another --out")
    if specs and all(point.codec != "identity" for point in points):
        points = (*codecs.parse("identity"), *points)  # a change against the original needs the original
    for spec in specs:
        tasks.check(spec)
    files = tuple(Path(path).expanduser() for spec in specs for path in tasks.own_weights(spec))
    dataset, found = _find_all(experiment, _weight_names(experiment, points, specs, measured), files)
    for point in points:
        found |= codecs.own_weights(point, experiment.weights)
    if experiment.limit is not None:
        dataset = dataset.limit(experiment.limit)
    device = resolve_device(experiment.device)
    metrics.make_ready(measured, device)
    lanes = experiment.lanes or (3 if device.type == "cuda" else 1)
    shard = dataset.shard(*experiment.shard)
    return Plan(experiment, shard, points, specs, measured, found, device, lanes, dataset, own)


def _points(experiment: Experiment) -> tuple[OperatingPoint, ...]:
    """As rows have them, each once."""
    points = (point for text in experiment.codecs for point in codecs.parse(text))
    return tuple(dict.fromkeys(codecs.labelled(point, experiment.weights) for point in points))


def _known(kind: str, name: str, table: Collection[str]) -> None:
    if name not in table:
        raise UnknownName.among(kind, name, table)


def _with_what_they_read(specs: tuple[tasks.TaskSpec, ...]) -> tuple[tasks.TaskSpec, ...]:
    """The same, and before them, with its defaults, every task that one of them reads and that is not among them."""
    named = {spec.name for spec in specs}
    read = dict.fromkeys(tasks.find(spec.name).reads for spec in specs)
    return (*(tasks.parse(name) for name in read if name and name not in named), *specs)


def _tasks(experiment: Experiment) -> tuple[str | AnyTask, ...]:
    if experiment.tasks is not None:
        return experiment.tasks
    entry = datasets.DATASETS.get(experiment.dataset)
    return entry.tasks if entry else ()


def _weight_names(
    experiment: Experiment,
    points: Iterable[OperatingPoint],
    specs: Iterable[tasks.TaskSpec],
    measured: Iterable[str],
) -> tuple[str, ...]:
    of_codecs = [] if experiment.weights else [name for point in points for name in codecs.weights_needed(point)]
    of_tasks = [name for spec in specs for name in tasks.weights_needed(spec)]
    return tuple(
        dict.fromkeys(
            [*of_codecs, *of_tasks, *(name for metric in measured for name in metrics.weights_needed(metric))]
        )
    )


def _find_all(
    experiment: Experiment, weight_names: tuple[str, ...], own: tuple[Path, ...]
) -> tuple[datasets.Dataset, dict[str, Path]]:
    """The dataset and the files of the weights, or one MissingData that tells of all that is not there.

    own:  files that tasks name by path; they are called so among the weights.
    """
    lacking: list[MissingData] = []
    absent = weights.missing(weight_names)
    if absent:
        todo = f"{weights.todo(absent)} (or name files of your own: --weights for codecs, model=FILE for tasks)"
        lacking.append(MissingData(f"the weights {', '.join(absent)}", "none of them here", todo))
    lacking += [
        MissingData("the weights of a task", f"no file {path}", "check the path") for path in own if not path.is_file()
    ]
    try:
        dataset = datasets.load(experiment.dataset, experiment.root, experiment.clean)
    except MissingData as error:
        lacking.insert(0, error)
    if lacking:
        raise _all_in_one(lacking)
    return dataset, {name: weights.find(name) for name in weight_names} | {str(path): path for path in own}


def _all_in_one(errors: list[MissingData]) -> MissingData:
    parts = ((error.expected, error.got, error.todo) for error in errors)
    return MissingData(*("; and ".join(part) for part in zip(*parts, strict=True)))
