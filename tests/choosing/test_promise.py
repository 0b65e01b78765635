"""What a search promises, simulated: planted curves, items that differ, and the real bootstrap between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest

from ahc_stream.choosing.gap import Gap
from ahc_stream.choosing.rule import Rule
from ahc_stream.choosing.search import Answer, Question, Search, search
from ahc_stream.report.resample import Floats, resample

MARGIN = 0.02
SEARCHES = 1000
CONFIDENCE = 0.95
RESAMPLES = 200


@cache
def draws(items: int) -> Floats:
    """float64 [resamples, items]: the draws of the report's own bootstrap."""
    return resample([("data", f"{number:06d}") for number in range(items)], RESAMPLES, seed=0).draws


@dataclass
class Planted:
    """Curves whose true loss is known. losses: float64 [curves, rungs], from the lowest rung, falling. Each item has a
    loss of its own around it: heavy-tailed, and alike at neighbouring rungs.

    encodes:  how many items were coded, at any rung.
    """

    losses: Floats
    items: int
    looks: int
    random: np.random.Generator
    heavy: bool = True
    encodes: float = 0.0
    deviations: Floats = field(init=False)

    def __post_init__(self) -> None:
        curves, rungs = self.losses.shape
        shared = self._noise((curves, 1, self.items))
        own = self._noise((curves, rungs, self.items))
        self.deviations = (0.8 * shared + 0.6 * own) * (0.02 + 2 * self.losses[:, :, None])

    def _noise(self, shape: tuple[int, ...]) -> Floats:
        """Of mean 0 and variance 1: one item in ten changes, by much."""
        if not self.heavy:
            return self.random.standard_normal(shape)
        return (self.random.random(shape) < 0.1) * self.random.standard_normal(shape) * np.sqrt(10)

    def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        return [self._answer(question) for question in questions]

    def _answer(self, question: Question) -> Answer:
        share = {1: (1.0,), 3: (0.25, 0.5, 1.0)}[self.looks][question.look]
        seen = int(self.items * share)
        before = 0 if question.look == 0 else int(self.items * (0.25, 0.5)[question.look - 1])
        self.encodes += (seen - before) / self.items
        changes = self.deviations[question.curve, question.rung, :seen] - self.losses[question.curve, question.rung]
        gaps = changes + MARGIN
        return Answer((Gap(float(gaps.mean()), seen, draws(seen) @ gaps / seen),))


def losses(random: np.random.Generator, curves: int, rungs: int) -> Floats:
    """Falling from the lowest rung, with the margin crossed anywhere, often flatly."""
    steepness = random.uniform(0.05, 0.6, (curves, 1))
    crossing = random.uniform(-0.1, 1.1, (curves, 1))
    places = np.linspace(0, 1, rungs)
    return MARGIN * np.exp((crossing - places) / steepness)


def one_search(seed: int, curves: int, rungs: int, items: int, looks: int) -> tuple[bool, float, list[Search]]:
    """Whether any chosen point breaks the margin, how many points were coded, and the searches."""
    random = np.random.default_rng(seed)
    planted = Planted(losses(random, curves, rungs), items, looks, random, heavy=seed % 2 == 0)
    searches = search([Rule(CONFIDENCE, curves, rungs, looks)] * curves, planted)
    chosen = [each.bisection.chosen for each in searches]
    broken = any(rung is not None and planted.losses[curve, rung] > MARGIN for curve, rung in enumerate(chosen))
    return broken, planted.encodes, searches


@pytest.mark.parametrize(
    ("curves", "rungs", "items", "looks"), [(1, 52, 60, 1), (3, 52, 120, 1), (3, 52, 240, 3), (1, 8, 30, 1)]
)
def test_at_most_one_search_in_twenty_breaks_the_margin(curves: int, rungs: int, items: int, looks: int):
    outcomes = [one_search(seed, curves, rungs, items, looks) for seed in range(SEARCHES)]
    broken = sum(each for each, *_ in outcomes)
    chosen = [search.bisection.chosen for *_, searches in outcomes for search in searches]
    assert broken <= (1 - CONFIDENCE) * SEARCHES
    assert sum(rung is not None for rung in chosen) > 0.4 * len(chosen)  # it does choose


def test_the_worst_curve_breaks_it_no_more_often():
    """A curve that is flat, and a hair below the margin wherever it breaks it."""
    broken = 0
    for seed in range(SEARCHES):
        random = np.random.default_rng(seed)
        below = np.arange(52) < random.integers(0, 52, (3, 1))
        planted = Planted(np.where(below, 1.0001 * MARGIN, 0.5 * MARGIN), 240, 3, random, heavy=seed % 2 == 0)
        searches = search([Rule(CONFIDENCE, 3, 52, 3)] * 3, planted)
        broken += any(
            each.bisection.chosen is not None and below[c, each.bisection.chosen] for c, each in enumerate(searches)
        )
    assert 0 < broken <= (1 - CONFIDENCE) * SEARCHES


def test_taking_the_lowest_rung_whose_estimate_keeps_the_margin_breaks_it_often():
    """What the correction is for: the same data, judged by their mean."""
    broken = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        planted = Planted(losses(random, 1, 52), 60, 1, random)
        means = (planted.deviations - planted.losses[:, :, None]).mean(axis=2)[0] + MARGIN
        keeping = np.flatnonzero(means >= 0)
        broken += bool(keeping.size) and planted.losses[0, keeping[0]] > MARGIN
    assert broken > 0.25 * 200


def test_a_search_codes_a_part_of_the_grid():
    encodes = [one_search(seed, 1, 52, 240, 3)[1] for seed in range(200)]
    assert np.mean(encodes) < 6 and max(encodes) <= 6  # of 52; plain bisection codes six


def test_the_levels_of_a_search_add_up_to_its_error():
    rule = Rule(CONFIDENCE, curves=3, rungs=52)
    assert 3 * sum(rule.level(step) for step in range(6)) == pytest.approx(1 - CONFIDENCE)
