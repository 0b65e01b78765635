"""Changes: a value minus another one, paired draw by draw, and their correction for how many were looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ahc_stream.report.estimate import Estimate
from ahc_stream.report.paired import holm
from ahc_stream.report.resample import FLOORS_OF_CHANGE, interval, p_value


@dataclass(frozen=True)
class Change:
    """A value minus the original's, of the items that both have. p: no change at all; p_holm: corrected for all the
    changes of this task that the report looks at."""

    value: float
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None = None


Changes = Mapping[str, Change]
"""By the name of a quantity."""


def difference(after: Estimate, before: Estimate, level: float) -> Change | None:
    """`after` - `before`, paired draw by draw; None where either is undefined or infinite."""
    if after.finite_value is None or before.finite_value is None:
        return None
    value = after.finite_value - before.finite_value
    if after.replicates is None or before.replicates is None:
        return Change(value, None, None, None)
    replicates = after.replicates - before.replicates
    low, high = interval(value, replicates, level, FLOORS_OF_CHANGE)
    return Change(value, low, high, p_value(value, replicates, min(after.items, before.items)))


def is_significant(change: Change, level: float) -> bool:
    """Whether a change is one at `level`: by its interval, and by its p corrected for all that were looked at."""
    if change.low is None or change.high is None or change.p_holm is None:
        return False
    excludes_zero = change.low > 0 or change.high < 0
    return excludes_zero and change.p_holm < 1 - level


def corrected(tables: Sequence[Changes], families: Mapping[str, str]) -> list[Changes]:
    """The same tables of changes, with `p_holm`. families: name of a quantity -> the family of tests that it
    is corrected among."""
    result = [dict(changes) for changes in tables]
    for family in dict.fromkeys(families.values()):
        tested = [
            (changes, name, change, change.p)
            for changes in result
            for name, change in changes.items()
            if families[name] == family and change.p is not None
        ]
        p_holm = holm([p for *_, p in tested])
        for (changes, name, change, _), p in zip(tested, p_holm, strict=True):
            changes[name] = replace(change, p_holm=p)
    return list(result)
