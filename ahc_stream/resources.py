"""What a run needs on this machine, the dataset and the files of weights: all of it is found, or everything that is
missing is named at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ahc_stream import codecs, datasets, metrics, tasks, weights
from ahc_stream.core.errors import AhcStreamError, MissingData, MissingExtra
from ahc_stream.core.extras import missing_extra
from ahc_stream.core.point import OperatingPoint
from ahc_stream.experiment import LINE, Experiment
from ahc_stream.tasks import TaskSpec

if TYPE_CHECKING:
    import torch

DALI = "dali"
"""The source, and the extra that installs it."""


@dataclass(frozen=True)
class Resources:
    """The dataset, all of it, and name -> file of every weight. A file that a task names by path is called so.

    dataset:  None where it is not here.
    missing:  an error for each thing that is not here, with what brings it.
    """

    dataset: datasets.Dataset | None
    weights: dict[str, Path]
    missing: tuple[AhcStreamError, ...]

    def all_found(self) -> tuple[datasets.Dataset, dict[str, Path]]:
        """Dataset and weights. Raises one error that lists everything that is not there."""
        if self.missing or self.dataset is None:
            raise _joined(self.missing)
        return self.dataset, self.weights


def look_for(
    experiment: Experiment,
    points: Sequence[OperatingPoint],
    own_weights: Mapping[OperatingPoint, str],
    specs: Sequence[TaskSpec],
    metric_names: Sequence[str],
) -> Resources:
    """own_weights:  of the points whose weights are not the published ones."""
    published = [point for point in points if point not in own_weights]
    names = tuple(dict.fromkeys(_weight_names(published, specs, metric_names)))
    task_files = [Path(path).expanduser() for spec in specs for path in tasks.user_weight_files(spec)]
    missing: list[AhcStreamError] = []
    dataset, files = None, {str(path): path for path in task_files}
    try:
        reading = datasets.ReadOptions.of(vars(experiment))
        dataset = datasets.load(experiment.dataset, experiment.root, experiment.clean, reading)
    except (MissingData, MissingExtra) as error:
        missing.append(error)
    missing += _missing_weights(names, task_files)
    for point, source in own_weights.items():
        try:
            files |= codecs.weight_overrides(point, source)
        except MissingData as error:
            missing.append(error)
    files |= {name: weights.find(name) for name in names if not weights.missing([name])}
    return Resources(dataset, files, tuple(missing))


def lacking_packages(
    experiment: Experiment,
    points: Iterable[OperatingPoint],
    specs: Iterable[TaskSpec],
    metric_names: Sequence[str],
    device: torch.device,
) -> tuple[AhcStreamError, ...]:
    """An error for each package and program that is not here."""
    extras = [tasks.find(spec.name).extra for spec in specs]
    if experiment.source == DALI:
        extras.append(DALI)
    if experiment.engine != LINE:
        extras.append(experiment.engine)
    errors = list(filter(None, map(missing_extra, extras)))
    for point in points:
        errors += _lacking(partial(codecs.require, point))
    errors += _lacking_of_metrics(metric_names, device)
    return tuple({str(error): error for error in errors}.values())


def _lacking_of_metrics(names: Sequence[str], device: torch.device) -> Iterator[MissingExtra]:
    """All are asked for together first: a program that serves many metrics is tried once."""
    try:
        metrics.require(names, device)
    except (MissingExtra, MissingData):
        for name in names:
            yield from _lacking(partial(metrics.require, [name], device))


def _lacking(need: Callable[[], None]) -> Iterator[MissingExtra]:
    """What `need` misses, but for weights, which `look_for` names."""
    try:
        need()
    except MissingExtra as error:
        yield error
    except MissingData:
        return


def _weight_names(
    points: Iterable[OperatingPoint], specs: Iterable[TaskSpec], metric_names: Iterable[str]
) -> Iterator[str]:
    """Names in the table of weights. `points`: those whose weights are published ones."""
    for point in points:
        yield from codecs.weights_needed(point)
    for spec in specs:
        yield from tasks.weights_needed(spec)
    for name in metric_names:
        yield from metrics.weights_needed(name)


def _missing_weights(names: tuple[str, ...], task_files: Iterable[Path]) -> Iterator[MissingData]:
    missing = weights.missing(names)
    if missing:
        todo = f"{weights.todo(missing)} (or name files of your own: --weights for codecs, model=FILE for tasks)"
        yield MissingData(f"the weights {', '.join(missing)}", "none of them here", todo)
    for path in task_files:
        if not path.is_file():
            yield MissingData("the weights of a task", f"no file {path}", "check the path")


def _joined(errors: Sequence[AhcStreamError]) -> AhcStreamError:
    """One error of all: a MissingExtra where nothing but packages and programs is missing."""
    if len(errors) == 1:
        return errors[0]
    kind = MissingExtra if all(isinstance(error, MissingExtra) for error in errors) else MissingData
    return kind(
        "; and ".join(error.expected for error in errors),
        "; and ".join(error.got for error in errors),
        "; and ".join(error.todo for error in errors),
    )
