"""Tasks that stand on a command line as code: `file.py:Corners:count=50`, or the name of an installed package's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ahc_stream.core.named_code import is_in_file, is_in_module, load_code
from ahc_stream.core.option_text import not_taken, read
from ahc_stream.core.parameters import Parameters
from ahc_stream.tasks.entry import TaskEntry
from ahc_stream.tasks.table import TASKS, plugin_target

if TYPE_CHECKING:
    from ahc_stream.core.protocols import AnyTask

_EXAMPLE = "write for instance path/to/file.py:Corners:count=50"


def brought(text: str) -> AnyTask | None:
    """The object that a user's code makes; None for the text of a task of the table. The code is run because it is
    named.

    Raises MissingData, and InvalidValue for an option that it does not take.
    """
    head, options = read(text, text.split(":"), _EXAMPLE)
    if is_in_file(head) or (is_in_module(head) and head.partition(":")[0] not in TASKS):
        code = load_code(head)
        return _made(code.name, code.target, options)
    target = plugin_target(head)
    return None if target is None or isinstance(target, TaskEntry) else _made(head, target, options)


def _made(name: str, target: Any, options: dict[str, str]) -> AnyTask:
    """What a class or a function makes of its options, or the object itself."""
    makes = isinstance(target, type) or (callable(target) and not hasattr(target, "schema"))
    parameters = Parameters.of(name, target, ()) if makes else Parameters({}, {}, {})
    for key, value in options.items():
        if key not in parameters.options:
            raise not_taken(name, key, value, parameters.options)
        options[key] = parameters.options[key].check(name, key, value)
    task: AnyTask = target(**parameters.arguments(options)) if makes else target
    return task
