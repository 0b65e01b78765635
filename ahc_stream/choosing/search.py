"""The search: every curve is bisected, and all of them ask for their next rung at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ahc_stream.choosing.bisection import Bisection
from ahc_stream.choosing.gap import Gap
from ahc_stream.choosing.rule import Rule, Verdict


@dataclass(frozen=True)
class Question:
    """What a search wants to know next. rung: counted from the lowest of the curve. look: counted from 0."""

    curve: int
    rung: int
    look: int


@dataclass(frozen=True)
class Answer:
    """gaps: one for each condition; empty where nothing could be measured. is_too_slow: see `Search.too_slow`."""

    gaps: tuple[Gap, ...]
    is_too_slow: bool = False


Ask = Callable[[Sequence[Question]], Sequence[Answer]]
"""Measures what is asked, at most one question of each curve, and answers in that order."""

Heard = Callable[[Question, Answer, Verdict], None]
"""Is told what each answer came to."""


@dataclass
class Search:
    """Of one curve.

    answers:   rung -> its latest answer.
    verdicts:  rung -> what it came to.
    looks:     rung -> how many looks it took.
    too_slow:  a rung broke a limit of time or delay and failed, and every rung that is left is slower still.
    """

    rule: Rule
    bisection: Bisection
    answers: dict[int, Answer] = field(default_factory=dict)
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    looks: dict[int, int] = field(default_factory=dict)
    too_slow: bool = False

    @property
    def next(self) -> tuple[int, int] | None:
        """Rung and look; None where the search is over."""
        rung = self.bisection.next
        return None if rung is None or self.too_slow else (rung, self.looks.get(rung, 0))

    def tell(self, rung: int, look: int, answer: Answer) -> Verdict:
        """What was measured of `next`; returns what it came to."""
        decided = sum(each is not Verdict.OPEN for each in self.verdicts.values())
        verdict = self.rule.verdict(answer.gaps, decided, look) if answer.gaps else Verdict.FAILS
        self.answers[rung], self.verdicts[rung], self.looks[rung] = answer, verdict, look + 1
        if verdict is not Verdict.OPEN:
            self.bisection.tell(verdict is Verdict.PASSES)
        self.too_slow = answer.is_too_slow and verdict is Verdict.FAILS
        return verdict


def search(rules: Sequence[Rule], ask: Ask, heard: Heard = lambda question, answer, verdict: None) -> list[Search]:
    """Searches all curves to their end; `rules`: one for each."""
    searches = [Search(rule, Bisection(rule.rungs)) for rule in rules]
    while questions := [
        Question(curve, *asked) for curve, each in enumerate(searches) if (asked := each.next) is not None
    ]:
        for question, answer in zip(questions, ask(questions), strict=True):
            heard(question, answer, searches[question.curve].tell(question.rung, question.look, answer))
    return searches
