"""What scores are computed by, as a digest: a tally is of some rows and of some code."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ahc_stream.tasks.user_code import scorer_digest


def scoring_digest(task: str) -> str | None:
    """SHA-256 of this package's code of scores and, of a user's task, of the module of its scorer; None where that has
    no source to compare. Raises what `table.scorer` raises."""
    of_scorer = scorer_digest(task)
    return None if of_scorer is None else hashlib.sha256(f"{_code()} {of_scorer}".encode()).hexdigest()


@cache
def _code() -> str:
    digest = hashlib.sha256()
    for file in sources():
        digest.update(file.read_bytes())
    return digest.hexdigest()


def sources() -> list[Path]:
    """The package of tasks and the kernels, loops and compiled library."""
    kernels, library = find_spec("ahc_stream.kernels"), find_spec("ahc_stream.kernels._native")
    kernel_folders = (kernels.submodule_search_locations if kernels else None) or []
    folders = [Path(__file__).parent, *map(Path, kernel_folders)]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    return [*files, *([Path(library.origin)] if library and library.origin else [])]
