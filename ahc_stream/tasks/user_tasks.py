"""A user's tasks in a run, beside those of the table: any object with name, schema, and predict or session.

What a report must know of one is text in the manifest, such as `hog:labels=detection:scorer=my_scores`. A scorer is a
module, or a class (`module:Class`), with the functions of `scoring.Scorer`; the report imports it by that name. So is a
drawer, which draws predictions and labels over pictures (`shapes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.loading import load
from ahc_stream.tasks.entry import TaskEntry, TaskSpec
from ahc_stream.tasks.score_entry import Score, with_choices
from ahc_stream.tasks.scoring import scorer
from ahc_stream.tasks.spec import parse, split
from ahc_stream.tasks.table import TASKS, USER_TASKS, find
from ahc_stream.tasks.user_code import NONE

if TYPE_CHECKING:
    from ahc_stream.core.protocols import AnyTask

LISTS = ("headline", "lower_is_better")
RESERVED = ("metric", "rate")
"""What a report calls its own columns beside those of tasks."""


def describe(task: AnyTask) -> TaskSpec:
    """What the manifest says of an object, which this process then knows by its name.

    Of the object: `name` and `schema`; if it has them, `scorer` and `drawer` (each a module or a class), `labels` (of a
    dataset's, those it is scored against; else its own name), `headline` and `lower_is_better` (names of scores; where
    it names none, what the scorer's SCORES say). Raises InvalidValue.
    """
    from ahc_stream.core.protocols import AnyTask  # loads torch, which the report does not need

    if not isinstance(task, AnyTask) or not isinstance(task.schema, pa.Schema):
        todo = "see ahc_stream.core.protocols.Task and examples/own_task.py"
        raise InvalidValue("a task: name, schema (an Arrow schema), and predict or session", repr(task), todo)
    if not task.name.replace("-", "_").isidentifier() or task.name in (*TASKS, *RESERVED):
        expected = f"a name of letters, digits, _ or -, which no task has, and not {' or '.join(RESERVED)}"
        raise InvalidValue(expected, repr(task.name), "rename the task")
    description = {
        "scorer": _import_name("scorer", getattr(task, "scorer", None)) or NONE,
        "drawer": _import_name("drawer", getattr(task, "drawer", None)),
        "labels": getattr(task, "labels", ""),
        **{name: ",".join(_score_names(task, name)) for name in LISTS},
    }
    options = {name: value for name, value in description.items() if value}
    _remember(task.name, options)
    return TaskSpec(task.name, tuple(sorted(options.items())))


def recorded(text: str) -> TaskSpec:
    """The task that a manifest names, of the table or a user's. Raises what `parse` raises."""
    name, options = split(text)
    if name in TASKS or "scorer" not in options:
        return parse(text)
    _remember(name, options)
    return TaskSpec(name, tuple(sorted(options.items())))


def why_unscored(spec: TaskSpec) -> str:
    """Why a report has no scores of a user's task; empty where it may have some."""
    import_name = find(spec.name).scorer
    if import_name == NONE:
        return f"{spec.name} brings no scorer"
    try:
        scorer(spec.name)
    except (ImportError, AttributeError) as error:
        return f"the scorer {import_name} of {spec.name} cannot be imported here ({error})"
    return ""


def _score_names(task: AnyTask, name: str) -> tuple[str, ...]:
    """What the list `name` of a task holds; nothing where the task has none."""
    scores = getattr(task, name, ())
    if isinstance(scores, str):
        raise InvalidValue(f"{name} as a tuple of names of scores", repr(scores), f'write {name} = ("{scores}",)')
    return tuple(scores)


def _import_name(kind: str, functions: Any) -> str:
    """How a scorer or a drawer is imported again; empty for None."""
    if functions is None:
        return ""
    if isinstance(functions, ModuleType):
        return functions.__name__
    if isinstance(functions, type):
        return f"{functions.__module__}:{functions.__qualname__}"
    raise InvalidValue(f"a {kind} that is a module or a class", repr(functions), "put its functions into a module")


def _remember(name: str, options: Mapping[str, str]) -> None:
    same = next((entry for entry in TASKS.values() if entry.scorer == options["scorer"]), None)
    headline, lower_is_better = (tuple(filter(None, options.get(key, "").split(","))) for key in LISTS)
    entry = TaskEntry(
        maker="",
        scorer=options["scorer"],
        description="a user's task",
        schema=pa.schema([]),
        extra="",
        options={},
        labels=options.get("labels", ""),
        scores=with_choices(_scores(options["scorer"]), headline, lower_is_better),
        drawer=options.get("drawer", same.drawer if same else ""),
    )
    known = USER_TASKS.setdefault(name, entry)
    if known != entry:
        got = f"two: {entry.scorer} beside {known.scorer} for {known.labels or name}"
        raise InvalidValue(f"one task {name} in a process", got, "rename one of them")


def _scores(import_name: str) -> tuple[Score, ...]:
    """What a scorer says about its scores; nothing where it says nothing, or cannot be imported (`why_unscored`)."""
    try:
        scores = () if import_name == NONE else getattr(load(import_name), "SCORES", ())
    except (ImportError, AttributeError):
        return ()
    if not all(isinstance(score, Score) for score in scores):
        todo = "see ahc_stream.tasks.score_entry and docs/recipes/task.md"
        raise InvalidValue(f"SCORES of {import_name} as a tuple of Score", repr(scores), todo)
    return tuple(scores)
