"""What a task says about its scores, so that a report needs to know none of them by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial


@dataclass(frozen=True)
class Score:
    """One score, or, with `one_per`, all scores of a scorer whose names begin alike: one per class, one per sequence.

    name:              as the scorer names it; with `one_per`, what such names begin with: "ap_".
    label:             its name in charts, tables and sentences; with `one_per`, "{}" stands for the rest of the name:
                       "{} AP". Empty: the name, with spaces for underscores.
    unit:              "pixels"; empty where it has none.
    higher_is_better:  False for an error or a count of mistakes.
    headline:          everybody quotes it: it is printed, and has a curve and Bjontegaard deltas.
    decimals:          digits behind the point of its value.
    is_share:          whether it is a share of one (or, as a coefficient, at most 1), whose changes people tell in
                       points, that is in hundredths. None: nobody says, so the report looks at the values.
    one_per:           what the rest of the name names: "class", "sequence"; empty for a score by itself.
    hidden:            only a column of the table of operating points: no curve, no interval, no test.
    needs_labels:      it says nothing against the original's own predictions, and is left out there.

    The counts of `changes.compare` ("improved", "worsened" ...) are described alike, where a report is to print them.
    """

    name: str
    label: str = ""
    unit: str = ""
    higher_is_better: bool = True
    headline: bool = False
    decimals: int = 4
    is_share: bool | None = None
    one_per: str = ""
    hidden: bool = False
    needs_labels: bool = False

    def of(self, name: str) -> Score | None:
        """The description of the score `name`, with its label filled in; None where this one does not describe it."""
        if self.one_per:
            rest = name.removeprefix(self.name)
            is_described = name.startswith(self.name) and rest != ""
            label = self.label.replace("{}", rest)
        else:
            is_described = name == self.name
            label = self.label
        return replace(self, name=name, label=label or name.replace("_", " ")) if is_described else None

    def member(self, name: str) -> str:
        """The class or sequence that the score `name` is of; empty for a score by itself."""
        return name.removeprefix(self.name) if self.one_per else ""


share = partial(Score, is_share=True)
"""A score that is a share of one."""


def described(scores: Iterable[Score], name: str) -> tuple[Score, str]:
    """What `scores` say about the score `name`, and the class or sequence that it is of (empty for a score by itself).

    A score's own name counts before the beginning of its name, and a longer beginning before a shorter one. A score
    that nobody describes is one by itself, of which more is better.
    """
    by_name = sorted(scores, key=lambda score: (bool(score.one_per), -len(score.name)))
    for score in by_name:
        found = score.of(name)
        if found:
            return found, score.member(name)
    return Score(name, name.replace("_", " ")), ""


def with_choices(
    scores: Iterable[Score], headline: Sequence[str] = (), lower_is_better: Sequence[str] = ()
) -> tuple[Score, ...]:
    """The same, with the headline and the directions that a user's task names; an empty list names none.

    headline:         it comes first, in this order, and no other score is of it.
    lower_is_better:  of all other scores more is better.
    """
    known = {score.name: score for score in scores}
    ordered = {name: known.get(name, Score(name)) for name in [*headline, *lower_is_better, *known]}
    if headline:
        ordered = {name: replace(score, headline=name in headline) for name, score in ordered.items()}
    if lower_is_better:
        ordered = {
            name: replace(score, higher_is_better=name not in lower_is_better) for name, score in ordered.items()
        }
    return tuple(ordered.values())
