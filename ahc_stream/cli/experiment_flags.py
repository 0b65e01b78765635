"""The flags of `ahc-stream run` as an experiment: what was given, over what a file says, over what holds by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from inspect import Parameter

    from ahc_stream.experiment import Experiment

GIVEN = "COMMANDLINE"
"""What typer calls the source of a flag that somebody typed."""


def given(flags: Mapping[str, Any], context: typer.Context | None, parameters: Mapping[str, Parameter]) -> set[str]:
    """The names of the flags that somebody gave, be it with the value that they have anyway.

    context:  typer's; None where a program calls the command: then those whose values differ from their defaults.
    """
    if context is None:
        return {name for name, value in flags.items() if value != parameters[name].default}
    sources = {name: context.get_parameter_source(name) for name in flags}
    return {name for name, source in sources.items() if source is not None and source.name == GIVEN}


def experiment_of(flags: Mapping[str, Any], file: Path | None) -> Experiment:
    """flags:  those that were given, by the names of `run`'s parameters; such as are no fields are passed over.
    file:   an experiment as a file, or None. It may stand in the place of the dataset, too.

    Raises what `experiment_file.read` and `Experiment` raise, and InvalidValue where there is no dataset or no codec.
    """
    from ahc_stream.core.errors import InvalidValue
    from ahc_stream.experiment import Experiment
    from ahc_stream.experiment_file import FIELDS, SPELLINGS, field_values, is_experiment_file, read

    spelled = {name: value for name, value in flags.items() if SPELLINGS.get(name, name) in FIELDS}
    if flags.get("no_task"):
        if spelled.get("task"):
            raise InvalidValue("--task or --no-task", "both", "leave one of them out")
        spelled["task"] = []
    if "dataset" in spelled and is_experiment_file(Path(spelled["dataset"])):
        if file is not None:
            raise InvalidValue("one experiment", f"{spelled['dataset']} and --from {file}", "leave one of them out")
        file = Path(spelled.pop("dataset"))
    said = field_values(spelled)
    values = (read(file, said) if file else {}) | said
    if not values.get("dataset"):
        todo = f"name one, or write dataset = ... in {file}" if file else "for instance ahc-stream run kodak"
        raise InvalidValue("a dataset", "none", todo)
    if not values.get("codecs"):
        todo = "for instance --codec h264@23,33,43; see `ahc-stream list codecs`"
        raise InvalidValue("at least one --codec", "none", todo)
    return Experiment(**{"out": default_out(values["dataset"], file)} | values)


def default_out(dataset: str, file: Path | None = None) -> Path:
    """A folder called after the file, or after the dataset, also where that is "." or ".."."""
    from ahc_stream.datasets import DATASETS, dataset_name

    if file is not None:
        return Path("runs") / file.stem
    return Path("runs") / (dataset if dataset in DATASETS else dataset_name(Path(dataset)))
