"""An experiment with every name looked up: the one place where the parts meet.

    Dataset -Item> [open] -Work> [codec] -CodedClip> [measure] -Measurement> run folder

`line` has the steps, `lanes` the threads.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import torch

from ahc_stream import codecs, datasets, metrics, sources, tables, tasks
from ahc_stream.codecs.entropy.coders import CODERS
from ahc_stream.core.cuda import resolve_device
from ahc_stream.core.distinct import check_distinct
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.core.label_check import check_classes, check_labelled, unknown_classes, unused_labels, without_labels
from ahc_stream.core.numeric_policy import NumericPolicy
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.protocols import AnyTask
from ahc_stream.core.sessions import AnyCodec
from ahc_stream.core.spans import spanned
from ahc_stream.core.threads import budget
from ahc_stream.experiment import Experiment
from ahc_stream.lanes import Stage, Step, most_alive
from ahc_stream.line.codec import CodecStep
from ahc_stream.line.kits import Kits
from ahc_stream.line.lane_counts import LaneCounts, lane_counts
from ahc_stream.line.measure import MeasureStep
from ahc_stream.line.open import Opening, make_open
from ahc_stream.line.recon import Recon
from ahc_stream.line.sessions import MeasureSettings
from ahc_stream.line.work import EarlierWork, NoEarlierWork, key_of
from ahc_stream.resources import Resources, lacking_packages, look_for
from ahc_stream.store import folder_of
from ahc_stream.tasks import TaskSpec

CLIP_FRAMES = 16
"""Frames of a clip, where the experiment does not say how many."""


@dataclass(frozen=True)
class Plan:
    """An experiment with every name looked up and everything it needs found.

    dataset:     this shard's items.
    weights:     name -> file, of codecs, tasks and metrics.
    whole:       the items of all shards.
    user_tasks:  task objects that the experiment brings, by name.
    remarks:     what is noticed of labels and the classes that the tasks' models know.
    sources:     of codecs whose weights are not the published ones: a path, or "random:SEED".
    """

    experiment: Experiment
    dataset: datasets.Dataset
    points: tuple[OperatingPoint, ...]
    tasks: tuple[TaskSpec, ...]
    metrics: tuple[str, ...]
    weights: Mapping[str, Path]
    device: torch.device
    lanes: LaneCounts
    whole: datasets.Dataset
    user_tasks: Mapping[str, AnyTask] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    sources: Mapping[OperatingPoint, str] = field(default_factory=dict)

    @property
    def predicting(self) -> tuple[TaskSpec, ...]:
        """The tasks that run in the line: those that do not read another one's predictions."""
        return tuple(spec for spec in self.tasks if not tasks.find(spec.name).reads)

    @property
    def has_networks(self) -> bool:
        """Whether any codec is one of networks."""
        return any(codecs.find(point.codec).family == "learned" for point in self.points)

    @property
    def numeric_policy(self) -> NumericPolicy:
        """How a GPU computes."""
        return NumericPolicy.of(self.experiment.precision, self.device)

    @property
    def clip_frames(self) -> int:
        """Frames that travel together, at most."""
        return self.experiment.clip_frames or CLIP_FRAMES

    @property
    def clip_bytes(self) -> int:
        """Their bytes, at most; one frame may have more."""
        return self.experiment.clip_megabytes * 1_000_000

    def stages(
        self, earlier: EarlierWork, points: Sequence[OperatingPoint] | None = None, kits: Kits | None = None
    ) -> list[Stage]:
        """open, codec and measure, with nothing made yet.

        earlier:  what is to be passed over.
        points:   those that are run, where not all of them are.
        kits:     what lanes of an earlier line have made, and those of this one may use.
        """
        kits, points = kits or Kits(), self.points if points is None else points
        experiment, device = self.experiment, self.device
        recon = Recon(folder_of(experiment.out)) if experiment.save_recon and experiment.out else None

        def make_open_step() -> Step:
            limits = sources.Limits(experiment.max_pixels, self.clip_bytes)
            opening = Opening(experiment.source, self.clip_frames, device, limits, experiment.isolate)
            return spanned("open", make_open(opening, points, earlier))

        def make_codec_step() -> Step:
            kit = kits.take("codec")

            def make_codec(point: OperatingPoint) -> AnyCodec:
                if point not in kit:
                    kit[point] = codecs.make(point, device, self.sources.get(point), experiment.entropy)
                codec: AnyCodec = kit[point]
                return codec

            return spanned("codec", CodecStep(make_codec, device))

        def make_measure_step() -> Step:
            kit = kits.take("measure")
            if "tasks" not in kit:
                kit["tasks"] = [self._task(spec) for spec in self.predicting]
            lane_tasks: list[AnyTask] = kit["tasks"]
            settings = MeasureSettings(self.metrics, lane_tasks, device, self.lanes.codec, recon)
            return spanned("measure", MeasureStep(settings, earlier))

        return [
            Stage("open", make_open_step, self.lanes.open, experiment.depth),
            Stage("codec", make_codec_step, self.lanes.codec, experiment.depth, key_of),
            Stage("measure", make_measure_step, self.lanes.measure, experiment.depth, key_of),
        ]

    @property
    def schemas(self) -> Mapping[str, pa.Schema]:
        """Table -> columns, with one for each metric in `frames` and a table for each task."""
        predictions = {f"{tables.PREDICTIONS}{spec.name}": self._predictions_schema(spec) for spec in self.predicting}
        return {"frames": tables.frames_schema(self.metrics), "streams": tables.STREAMS, **predictions}

    def _predictions_schema(self, spec: TaskSpec) -> pa.Schema:
        task = self.user_tasks.get(spec.name)
        return tables.predictions_schema(tasks.schema(spec) if task is None else task.schema)

    def _task(self, spec: TaskSpec) -> AnyTask:
        """The task of one lane; of one that the experiment brings, the object itself, or a copy for each of several."""
        user_task = self.user_tasks.get(spec.name)
        if user_task is None:
            return tasks.make(spec, self.device)
        try:
            return user_task if self.lanes.measure == 1 else copy.deepcopy(user_task)
        except (TypeError, copy.Error, pickle.PicklingError) as error:
            expected = f"a task {spec.name} that copy.deepcopy copies, one for each of {self.lanes.measure} lanes"
            raise InvalidValue(expected, str(error), "give it a __deepcopy__, or run with lanes=1") from error

    @property
    def most_alive(self) -> Mapping[str, int]:
        """The bound on what is in memory at once: "clips" on their way, of "clip_frames" and "clip_bytes" each at most,
        and the "frames" that encoders may hold back of the streams that are open. A frame is there as it was and as
        decoded."""
        held = sum(codecs.delay(point, self.device) for point in self.points)
        streams = self.lanes.codec if any(item.medium != "stills" for item in self.dataset.items) else 0
        clips = most_alive(self.stages(NoEarlierWork()))
        size = {"clip_frames": self.clip_frames, "clip_bytes": self.clip_bytes}
        return {"clips": clips, **size, "frames": streams * held}


@dataclass(frozen=True)
class Names:
    """What an experiment asks for, with every name known. Nothing has been looked for on this machine.

    points:     with the original, where tasks are run.
    weights:    of the points whose weights are not the published ones: a path, or "random:SEED".
    requested:  tasks as the experiment has them: texts, and objects of the user's own.
    """

    points: tuple[OperatingPoint, ...]
    weights: Mapping[OperatingPoint, str]
    requested: tuple[str | AnyTask, ...]
    tasks: tuple[TaskSpec, ...]
    metrics: tuple[str, ...]
    device: torch.device


def look_up(experiment: Experiment) -> Names:
    """Raises UnknownName and InvalidValue, and what a user's own code, files and programs raise."""
    device = resolve_device(experiment.device)
    NumericPolicy.of(experiment.precision, device)  # raises for one that there is not
    _check_known("range coder", experiment.entropy, CODERS)
    sources_of = _points(experiment)
    points = tuple(sources_of)
    metric_names = metrics.chosen(experiment.metrics, experiment.metric_profile)
    _check_known("source", experiment.source, [*sources.SOURCES, "auto"])
    sources.check_isolation(experiment.source, experiment.isolate)
    requested = _requested_tasks(experiment)
    specs = tuple(tasks.settled(spec, device) for spec in _specs(requested))
    if specs:
        points = _with_original(points)
    own_weights = {point: source for point, source in sources_of.items() if source is not None}
    return Names(points, own_weights, requested, specs, metric_names, device)


def resources_of(experiment: Experiment, names: Names) -> Resources:
    """What is here of all that it needs, packages among it."""
    found = look_for(experiment, names.points, names.weights, names.tasks, names.metrics)
    packages = lacking_packages(experiment, names.points, names.tasks, names.metrics, names.device)
    return replace(found, missing=(*found.missing, *packages))


def plan(experiment: Experiment) -> Plan:
    """Checks all names and finds all data and weights before any work is done.

    Raises UnknownName, InvalidValue, and one error that lists everything that is not there: files, weights, packages.
    """
    names = look_up(experiment)
    return planned(experiment, names, resources_of(experiment, names))


def planned(experiment: Experiment, names: Names, resources: Resources) -> Plan:
    """The plan of what has been looked up and looked for. Raises what `plan` raises."""
    found, weights = resources.all_found()
    dataset = part_of(found, experiment)
    user_tasks = {task.name: task for task in names.requested if not isinstance(task, str)}
    remarks = [remark for spec in names.tasks for remark in _checked_labels(spec, user_tasks.get(spec.name), dataset)]
    metrics.make_ready(names.metrics, names.device)
    for point in names.points:
        codecs.try_out(point, names.device, names.weights.get(point))
    return Plan(
        experiment=experiment,
        dataset=dataset.noting(*_label_notes(experiment, names.tasks, dataset)).shard(*experiment.shard),
        points=names.points,
        tasks=names.tasks,
        metrics=names.metrics,
        weights=weights,
        device=names.device,
        lanes=_lanes(experiment, names.points, names.device),
        whole=dataset,
        user_tasks=user_tasks,
        remarks=tuple(remarks),
        sources=names.weights,
    )


def part_of(dataset: datasets.Dataset, experiment: Experiment) -> datasets.Dataset:
    """The frames and items that the experiment takes, of all shards."""
    cut = dataset.cut(experiment.frames, experiment.every)
    return cut if experiment.limit is None else cut.limit(experiment.limit)


def _lanes(experiment: Experiment, points: Iterable[OperatingPoint], device: torch.device) -> LaneCounts:
    if experiment.lanes:
        return LaneCounts(experiment.lanes, experiment.lanes, experiment.lanes)
    has_networks = any(codecs.find(point.codec).family != "traditional" for point in points)
    return lane_counts(device, experiment.threads or budget(), has_networks)


def _points(experiment: Experiment) -> dict[OperatingPoint, str | None]:
    """As rows have them, each with its weights. Raises InvalidValue where a point is named twice."""
    points = [
        point
        for codec in experiment.codecs
        for point in (codecs.parse(codec) if isinstance(codec, str) else (codecs.bring(codec),))
    ]
    settled = [codecs.settled(point, experiment.weights) for point in points]
    todo = "leave the second one out; of weights, give each a label=NAME"
    check_distinct("operating point", [str(point) for point, _ in settled], todo)
    return dict(settled)


def _with_original(points: tuple[OperatingPoint, ...]) -> tuple[OperatingPoint, ...]:
    """The same, and before them the original where it is not among them: what changes, changes against it."""
    if any(point.codec == "identity" for point in points):
        return points
    return (*codecs.parse("identity"), *points)


def _check_known(kind: str, name: str, table: Collection[str]) -> None:
    if name not in table:
        raise UnknownName.among(kind, name, table)


def _labels_of(spec: TaskSpec, dataset: datasets.Dataset) -> pa.Table | None:
    """What the task is scored against; None where the dataset has no such labels."""
    return dataset.labels.get(tasks.find(spec.name).labels or spec.name)


def _checked_labels(spec: TaskSpec, user_task: AnyTask | None, dataset: datasets.Dataset) -> Iterator[str]:
    """What is noticed of the labels that a task is scored against. Raises MissingData where there is none to find, and
    InvalidValue where the model knows none of their classes: whatever it said, the score would be 0."""
    labels = _labels_of(spec, dataset)
    if labels is None:
        return
    check_labelled(spec.name, labels, len(dataset.names))
    classes = tasks.classes(spec) if user_task is None else getattr(user_task, "classes", ())
    if classes:
        check_classes(spec.name, classes, labels)
        yield from unknown_classes(spec.name, classes, labels, tasks.find(spec.name).unknown_as)


def _label_notes(experiment: Experiment, specs: Sequence[TaskSpec], dataset: datasets.Dataset) -> Iterator[str]:
    """Which labels no task uses, and which tasks have no labels; nothing where the experiment wants no task at all."""
    if experiment.tasks == ():
        return
    used = {tasks.find(spec.name).labels or spec.name for spec in specs}
    yield from unused_labels(dataset.labels, used)
    yield from (without_labels(spec.name) for spec in specs if _labels_of(spec, dataset) is None)


def _requested_tasks(experiment: Experiment) -> tuple[str | AnyTask, ...]:
    if experiment.tasks is not None:
        return tuple((tasks.brought(task) if isinstance(task, str) else None) or task for task in experiment.tasks)
    if isinstance(experiment.dataset, datasets.Dataset):
        return experiment.dataset.tasks
    entry = datasets.DATASETS.get(experiment.dataset)
    return entry.tasks if entry else ()


def _specs(requested: Iterable[str | AnyTask]) -> tuple[TaskSpec, ...]:
    """The tasks, checked, and before them those that they read and that are not among them, with their defaults."""
    specs = [tasks.parse(task) if isinstance(task, str) else tasks.describe(task) for task in requested]
    names = [spec.name for spec in specs]
    if len(set(names)) < len(names):
        raise InvalidValue("each task once", ", ".join(map(str, specs)), "run the second one into another --out")
    required = dict.fromkeys(tasks.find(name).reads for name in names)
    missing = [tasks.parse(name) for name in required if name and name not in names]
    for spec in (*missing, *specs):
        tasks.check(spec)
    return (*missing, *specs)
