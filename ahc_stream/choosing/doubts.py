"""What is to be known before believing a choice: too few items, a margin below the noise, a curve that is no ladder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from ahc_stream.choosing.condition import Condition
from ahc_stream.choosing.gap import Gap
from ahc_stream.choosing.ladder import Rung
from ahc_stream.choosing.rule import Verdict
from ahc_stream.choosing.search import Search
from ahc_stream.choosing.wish import Keep, Wish
from ahc_stream.core.quality import quality_text
from ahc_stream.core.wording import counted
from ahc_stream.report import Analysis

LEVEL_OF_DOUBT = 0.05
"""Of the test whether a lower rung is truly better than a higher one."""


def doubts(analysis: Analysis, ladder: Sequence[Rung], search: Search, wish: Wish) -> Iterator[str]:
    """Sentences on one curve."""
    if not isinstance(wish, Keep) or search.too_slow:
        return
    unit = "sequence" if analysis.video else "image"
    for number, condition in enumerate(wish.conditions):
        gaps = {rung: answer.gaps[number] for rung, answer in search.answers.items() if answer.gaps}
        yield from _order(condition, ladder, gaps)
        if condition.is_sampled and not search.rule.by_estimate:
            yield from _size(condition, ladder, search, gaps, unit)


def _size(
    condition: Condition, ladder: Sequence[Rung], search: Search, gaps: dict[int, Gap], unit: str
) -> Iterator[str]:
    """Whether more items would let a lower rung pass, or any."""
    failed = search.bisection.failed
    gap = gaps.get(failed)
    if gap is None or search.verdicts.get(failed) is not Verdict.FAILS:
        return
    level = search.rule.last_level
    needed = gap.items_needed(level)
    if needed and needed > gap.items:
        yield (
            f"{ladder[failed].point.codec}@{_quality(ladder[failed])} keeps {condition.text} by its estimate, but "
            f"{counted(gap.items, unit)} cannot confirm it: about {needed} would."
        )
    resolution = gap.resolution(level)
    margin = abs(condition.bound)
    if gap.value == 0:
        yield f"{_quality(ladder[failed])} is just at the bound of {condition.text}, which no number of items confirms."
    if condition.kind == "change" and resolution is not None and margin < resolution:
        yield (
            f"The margin of {margin:g} is below the noise of {condition.name}: {counted(gap.items, unit)} tell losses "
            f"from {resolution:.2g} on."
        )


def _order(condition: Condition, ladder: Sequence[Rung], gaps: dict[int, Gap]) -> Iterator[str]:
    """Neighbours among the rungs that were looked at, of which the lower is better, and not by chance."""
    for low, high in pairwise(sorted(gaps)):
        if _is_better(gaps[low], gaps[high]):
            names = f"{_quality(ladder[low])} is better than {_quality(ladder[high])}"
            yield f"{condition.name} of {ladder[low].point.codec} does not rise with the quality: {names}."


def _is_better(low: Gap, high: Gap) -> bool:
    value = low.value - high.value
    if value <= 0 or low.items != high.items:
        return False
    if low.replicates is None or high.replicates is None:
        return not low.is_sampled
    difference = Gap(value, low.items, np.asarray(low.replicates - high.replicates), low.is_sampled)
    return difference.p_value < LEVEL_OF_DOUBT


def _quality(rung: Rung) -> str:
    return quality_text(rung.point.quality, rung.point.options_text)
