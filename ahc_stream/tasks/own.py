"""Tasks of one's own in a run, beside those of the table: any object with name, schema, and predict or session.

What a report must know of one is text in the manifest, such as `hog:labels=detection:scorer=my_scores`. A scorer is a
module, or a class (`module:Class`), with the functions of `table.Scorer`; the report imports it by that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pyarrow as pa

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.protocols import AnyTask
from ahc_stream.tasks.entry import Entry, TaskSpec
from ahc_stream.tasks.own_code import NONE
from ahc_stream.tasks.spec import options_of, parse
from ahc_stream.tasks.table import OWN, TASKS, find, scorer

LISTS = ("headline", "lower_is_better")


def describe(task: AnyTask) -> TaskSpec:
    """What the manifest says of an object, which this process then knows by its name.

    Of the object: `name` and `schema`; if it has them, `scorer` (a module or a class), `labels` (of a dataset's, those
    it is scored against; else its own name), `headline` and `lower_is_better` (names of scores). Raises InvalidValue.
    """
    if not isinstance(task, AnyTask) or not isinstance(task.schema, pa.Schema):
        todo = "see ahc_stream.core.protocols.Task and examples/own_task.py"
        raise InvalidValue("a task: name, schema (an Arrow schema), and predict or session", repr(task), todo)
    if not task.name.replace("-", "_").isidentifier() or task.name in TASKS:
        raise InvalidValue("a name of letters, digits, _ or -, which no task has", repr(task.name), "rename the task")
    told = {"scorer": _place(getattr(task, "scorer", None)), "labels": getattr(task, "labels", "")}
    told |= {name: ",".join(getattr(task, name, ())) for name in LISTS}
    options = {name: value for name, value in told.items() if value}
    _remember(task.name, options)
    return TaskSpec(task.name, tuple(sorted(options.items())))


def recorded(text: str) -> TaskSpec:
    """The task that a manifest names, of the table or somebody's own. Raises what `parse` raises."""
    name, *segments = text.split(":")
    options = {} if name in TASKS else options_of(text, segments)
    if "scorer" not in options:
        return parse(text)
    _remember(name, options)
    return TaskSpec(name, tuple(sorted(options.items())))


def why_unscored(spec: TaskSpec) -> str:
    """Why a report has no scores of a task of one's own; empty where it may have some."""
    place = find(spec.name).scorer
    if place == NONE:
        return f"{spec.name} brings no scorer"
    try:
        scorer(spec.name)
    except (ImportError, AttributeError) as error:
        return f"the scorer {place} of {spec.name} cannot be imported here ({error})"
    return ""


def _place(scorer: Any) -> str:
    """How the scorer is imported again."""
    if scorer is None:
        return NONE
    if isinstance(scorer, ModuleType):
        return scorer.__name__
    if isinstance(scorer, type):
        return f"{scorer.__module__}:{scorer.__qualname__}"
    raise InvalidValue("a scorer that is a module or a class", repr(scorer), "put its functions into a module")


def _remember(name: str, options: Mapping[str, str]) -> None:
    same = next((entry for entry in TASKS.values() if entry.scorer == options["scorer"]), None)
    lists = {key: tuple(options[key].split(",")) if key in options else getattr(same, key, ()) for key in LISTS}
    entry = Entry(
        maker="",
        scorer=options["scorer"],
        description="a task of one's own",
        schema=pa.schema([]),
        extra="",
        options={},
        labels=options.get("labels", ""),
        **lists,
    )
    if OWN.setdefault(name, entry) != entry:
        was = f"{OWN[name].scorer} for {OWN[name].labels or name}"
        raise InvalidValue(f"one task {name} in a process", f"two: {entry.scorer} beside {was}", "rename one of them")
