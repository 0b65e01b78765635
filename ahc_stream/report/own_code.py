"""Code of a user's own that a report needs, and that only its command line names."""

from __future__ import annotations

from collections.abc import Iterable

from ahc_stream import metrics
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.named_code import load_code, names_code


def use_code(texts: Iterable[str]) -> None:
    """Loads each `file.py:Name`: scorers and drawers in the file are then found by their import name, and a metric is
    one of the table. Raises MissingData and InvalidValue."""
    for text in texts:
        if not names_code(text):
            raise InvalidValue("code as path/to/file.py:Name", repr(text), "name what was given to --task or --metric")
        target = load_code(text).target
        if isinstance(target, metrics.Metric) or hasattr(target, "higher_is_better"):
            metrics.named(text)
