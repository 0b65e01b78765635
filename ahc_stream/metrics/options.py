"""Metrics with options: `cvvdp:display=standard_fhd` is a metric of its own, with a row of its own.

Nothing here loads torch: a report reads such a name too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.metrics.entry import Metric
from ahc_stream.metrics.table import METRICS


def with_options(text: str) -> str | None:
    """The name in the table of `metric:option=value:option=value`, whose row is made where it is not there yet; None
    for another text. Options at their defaults are left out of the name, the others follow the row's order.

    Raises UnknownName for an option that the metric does not have, and InvalidValue for a value that it does not take.
    """
    base, *parts = text.split(":")
    row = METRICS.get(base)
    if row is None or not parts or not all("=" in part for part in parts):
        return None
    given = _given(row, parts)
    chosen = {
        name: given[name] for name, option in row.options.items() if given.get(name, option.default) != option.default
    }
    if not chosen:
        return base
    name = ":".join([base, *(f"{option}={value}" for option, value in chosen.items())])
    if name not in METRICS:
        METRICS[name] = _row(row, name, chosen)
    return name


def _row(row: Metric, name: str, chosen: Mapping[str, str]) -> Metric:
    label = f"{row.label}, {', '.join(chosen.values())}"
    here = ", ".join(f"{option}={value}" for option, value in chosen.items())
    definition = f"{row.definition.removesuffix('.')}; here {here}."
    return replace(row, name=name, label=label, definition=definition, chosen=chosen)


def _given(row: Metric, parts: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in parts:
        name, _, value = part.partition("=")
        if name not in row.options:
            raise UnknownName.among(f"option of the metric {row.name}", name, row.options)
        if name in given:
            raise InvalidValue(f"{name} once for {row.name}", "twice", "leave one out")
        given[name] = row.options[name].check(row.name, name, value)
    return given
