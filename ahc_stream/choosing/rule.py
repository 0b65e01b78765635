"""At which level each test of a search is made, so that the whole search errs with the chance that was asked for.

An error is a chosen point that does not keep its conditions. Its chance is at most 1 - confidence for all curves
together, by the union bound over three things:

    curves     each gets an equal share: whichever of the table's points is taken, the promise holds
    steps      the rungs that a bisection looks at, one after the other, get shares of 1, 2, 4 ... parts of their
               curve's: the late ones, next to the boundary, need most. This holds though the path depends on the data:
               before the first rung that passes wrongly, all rungs that should pass did, and all that should not did
               not. (Had one failed that should pass, only rungs above it would follow, which keep the conditions too.)
               So the error lies on the one path that the truth alone decides, of at most floor(log2(rungs)) + 1 steps
    looks      a rung may be given up on a part of the items, where it is hopeless: that is no error in the sense
               above. It passes on all of them only, so that points that are chosen rest on the same items

Several conditions need no correction: a point is chosen where all are kept, so to choose it wrongly needs an error in
one that is broken (R. Berger, "Multiparameter hypothesis testing and acceptance sampling", 1982).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ahc_stream.choosing.bisection import most_steps
from ahc_stream.choosing.gap import Gap

HOPELESS = 0.05
"""A rung is given up on a part of the items where "it keeps the conditions" has a p below this."""


class Verdict(Enum):
    """What a look at a rung says."""

    PASSES = "passes"
    FAILS = "fails"
    OPEN = "open"


@dataclass(frozen=True)
class Rule:
    """confidence: of the whole search. curves: how many are searched. rungs: of this one. looks: 1 or 3. by_estimate:
    whether a rung passes where its estimates do, and nothing is confirmed."""

    confidence: float
    curves: int
    rungs: int
    looks: int = 1
    by_estimate: bool = False

    @property
    def steps(self) -> int:
        """The most rungs that are looked at."""
        return most_steps(self.rungs)

    def level(self, step: int) -> float:
        """Of one test. step: how many rungs were decided before."""
        return (1 - self.confidence) / self.curves * 2.0**step / (2.0**self.steps - 1)

    @property
    def last_level(self) -> float:
        """Of the last step, the laxest of a search."""
        return self.level(self.steps - 1)

    def verdict(self, gaps: Sequence[Gap], step: int, look: int) -> Verdict:
        """Of a rung with these gaps, one for each condition. Nothing passes before the last look, and nothing stays
        open after it."""
        if self.by_estimate:
            return Verdict.PASSES if all(gap.value >= 0 for gap in gaps) else Verdict.FAILS
        if look < self.looks - 1:
            is_hopeless = any(gap.is_sampled and gap.p_value_of_failure < HOPELESS for gap in gaps)
            return Verdict.FAILS if is_hopeless else Verdict.OPEN
        return Verdict.PASSES if all(gap.p_value <= self.level(step) for gap in gaps) else Verdict.FAILS
