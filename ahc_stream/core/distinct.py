"""Names of which each may be there once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ahc_stream.core.errors import InvalidValue


def check_distinct(kind: str, names: Iterable[str], todo: str = "leave the second one out") -> None:
    """Raises InvalidValue, which says every name that is there more than once."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InvalidValue(f"each {kind} once", f"{', '.join(repeated)} more than once", todo)
