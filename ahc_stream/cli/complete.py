"""Names that a shell completes. Tables are read when somebody asks, without torch and without any package's code."""

from __future__ import annotations

from collections.abc import Iterable


def datasets(incomplete: str) -> list[str]:
    """Names of datasets; where none fits, the shell goes on with files."""
    from ahc_stream.datasets.table import BUILT_IN, DATASETS

    return _beginning(incomplete, "datasets", DATASETS, BUILT_IN)


def codecs(incomplete: str) -> list[str]:
    """Names of codecs."""
    from ahc_stream.codecs.table import BUILT_IN, CODECS

    return _beginning(incomplete, "codecs", CODECS, BUILT_IN)


def tasks(incomplete: str) -> list[str]:
    """Names of tasks."""
    from ahc_stream.tasks.table import BUILT_IN, TASKS

    return _beginning(incomplete, "tasks", TASKS, BUILT_IN)


def metrics(incomplete: str) -> list[str]:
    """Names of metrics."""
    from ahc_stream.metrics.table import BUILT_IN, METRICS

    return _beginning(incomplete, "metrics", METRICS, BUILT_IN)


def _beginning(incomplete: str, kind: str, table: Iterable[str], built_in: frozenset[str]) -> list[str]:
    """The names of a table and of installed packages that begin so."""
    from ahc_stream.core.plugins import plugins

    names = dict.fromkeys([*table, *plugins(kind, built_in)])
    return [name for name in names if name.startswith(incomplete)]
