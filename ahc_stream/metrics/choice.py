"""The metrics that somebody asks for."""

from __future__ import annotations

from collections.abc import Iterable

from ahc_stream.core.distinct import check_distinct
from ahc_stream.core.errors import UnknownName
from ahc_stream.metrics.own import named
from ahc_stream.metrics.standalone import find
from ahc_stream.metrics.table import PROFILES


def chosen(asked: Iterable[object] | None, profile: str = "standard") -> tuple[str, ...]:
    """Their names in the table, see `own.named`. asked: None takes those of the profile.

    Raises UnknownName, InvalidValue for one that is asked for twice, and what `named` raises.
    """
    if profile not in PROFILES:
        raise UnknownName.among("metric profile", profile, PROFILES)
    names = tuple(map(named, PROFILES[profile].metrics if asked is None else asked))
    for name in names:
        find(name)
    check_distinct("metric", names)
    return names
