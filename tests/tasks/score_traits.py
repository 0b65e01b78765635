"""What a task tells a report of its scores, in words that a test can list."""

from __future__ import annotations

from collections.abc import Iterable

from ahc_stream.tasks.score_entry import Score


def traits(scores: Iterable[Score]) -> dict[str, str]:
    """Score -> what holds of it."""
    return {score.name: ", ".join(_traits(score)) for score in scores}


def _traits(score: Score) -> Iterable[str]:
    if score.headline:
        yield "headline"
    if score.is_share:
        yield "share"
    elif score.decimals == 0:
        yield "whole"
    if not score.higher_is_better:
        yield "lower is better"
    if score.one_per:
        yield f"per {score.one_per}"
    if score.needs_labels:
        yield "needs labels"
    if score.hidden:
        yield "hidden"
