"""The code of a user's tasks and scorers, as digests: rows and scores depend on it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ahc_stream.core.digests import of_source
from ahc_stream.core.named_code import whole
from ahc_stream.tasks.scoring import scorer
from ahc_stream.tasks.table import TASKS, USER_TASKS

if TYPE_CHECKING:
    from ahc_stream.core.protocols import AnyTask

NONE = "none"
"""Stands for the scorer of a task that brings none."""


def code_digests(user_tasks: Mapping[str, AnyTask]) -> dict[str, str]:
    """Task name -> SHA-256 of the source of its class and of its scorer (a class, or a whole module); of a task from a
    file that a user named, of the whole file.

    Code without a source file, such as that of an interactive session, leaves the task out: nothing can be compared.
    """
    digests = {}
    for name, task in user_tasks.items():
        scorers = [] if USER_TASKS[name].scorer == NONE else [scorer(name)]
        digest = of_source([whole(type(task)), *scorers])
        if digest is not None:
            digests[name] = digest
    return digests


def scorer_digest(name: str) -> str | None:
    """SHA-256 of the source of the module that scores a user's task; empty for a task of the table, which is part of
    this package; None where there is no source to look at. Raises what `table.scorer` raises."""
    if name in TASKS:
        return ""
    return of_source([inspect.getmodule(scorer(name))])
