"""What a coding must keep: a bound on the mean of a metric, or on a task's score.

psnr >= 36               the mean over the data at hand
detection.mAP >= 0.30    the score itself
detection.mAP >= -0.01   its change against the uncompressed original: a number with a sign
detection.mAP >= 98%     its share of the original's
ocr.cer <= +0.02         of an error less is better, so the bound is above it
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from ahc_stream import metrics, tasks
from ahc_stream.choosing.gap import Gap
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.report import METRIC, Estimate
from ahc_stream.tasks.score_entry import described

Kind = Literal["level", "change", "share"]

_FORM = re.compile(
    r"\s*(?P<name>[^\s<>=]+)\s*(?P<sense>>=|<=)\s*(?P<sign>[+-]?)(?P<number>\d*\.?\d+)\s*(?P<share>%?)\s*"
)
_EXAMPLE = 'write for instance "detection.mAP >= -0.01", "detection.mAP >= 98%" or "psnr >= 36"'


@dataclass(frozen=True)
class Condition:
    """One bound. family: METRIC or the task. kind: what is bounded, the value, its change against the original's, or
    its share of the original's. bound: in the unit of the value; of a share 0.98, not 98."""

    text: str
    family: str
    score: str
    higher_is_better: bool
    kind: Kind
    bound: float

    @property
    def name(self) -> str:
        """As it is written: `psnr`, `detection.mAP`."""
        return self.score if self.family == METRIC else f"{self.family}.{self.score}"

    @property
    def is_sampled(self) -> bool:
        """Whether the data are a sample of what is asked about. A task's score is to hold for other images too, so it
        has an uncertainty; the mean of a metric is that of the data at hand, and is known."""
        return self.family != METRIC

    def gap(self, after: Estimate, before: Estimate | None) -> Gap | None:
        """How far `after` is on the right side of the bound, infinitely far where it is infinite itself; None where
        either has no value, or no original was measured that is asked for."""
        if after.value is not None and math.isinf(after.value):
            return Gap(math.inf if (after.value > 0) == self.higher_is_better else -math.inf, after.items, None, False)
        weight = {"level": 0.0, "change": 1.0, "share": self.bound}[self.kind]
        offset = 0.0 if self.kind == "share" else self.bound
        sign = 1.0 if self.higher_is_better else -1.0
        value, replicates, items = after.finite_value, after.replicates, after.items
        if value is None:
            return None
        if weight:
            if before is None or before.finite_value is None:
                return None
            value -= weight * before.finite_value
            if replicates is not None:
                replicates = None if before.replicates is None else replicates - weight * before.replicates
            items = min(items, before.items)
        values = None if replicates is None else sign * (replicates - offset)
        return Gap(sign * (value - offset), items, values, self.is_sampled)


def condition(text: str) -> Condition:
    """A condition from its text. Raises InvalidValue for another form and for a bound on the wrong side, and
    UnknownName for a metric, a task or a score that there is not."""
    match = _FORM.fullmatch(text)
    if not match:
        raise InvalidValue("NAME >= BOUND or NAME <= BOUND", repr(text), _EXAMPLE)
    task, dot, score = match["name"].partition(".")
    family, score = (task, score) if dot else (METRIC, task)
    higher = _direction(family, score)
    _check_sense(match["name"], match["sense"], higher)
    kind: Kind = "share" if match["share"] else "change" if match["sign"] else "level"
    if kind == "share" and match["sign"]:
        raise InvalidValue(f"a share of the original's {match['name']}", repr(text), "write it without a sign, as 98%")
    if family == METRIC and kind != "level":
        todo = f"write the value that is asked for, as {score} {match['sense']} {match['number']}"
        raise InvalidValue(
            f"a bound on the value of {score}, which compares with the original as it is", repr(text), todo
        )
    number = float(match["number"])
    bound = number / 100 if kind == "share" else -number if match["sign"] == "-" else number
    _check_possible(text, family, score, kind, bound, higher)
    return Condition(text.strip(), family, score, higher, kind, bound)


def _check_possible(text: str, family: str, score: str, kind: Kind, bound: float, higher_is_better: bool) -> None:
    """Raises InvalidValue for a bound that every point keeps, or none."""
    if family == METRIC or not described(tasks.find(family).scores, score)[0].is_share:
        return
    if kind == "share" and bound > 1 and higher_is_better:
        raise InvalidValue(f"at most 100 % of the original's {score}", repr(text), "write for instance 98%")
    if kind != "share" and abs(bound) > 1:
        todo = "write a fraction: -0.05 is 5 points"
        raise InvalidValue(f"a bound on {score} from -1 to 1, for it is a share", repr(text), todo)


def _direction(family: str, score: str) -> bool:
    """Whether more of it is better."""
    if family == METRIC:
        metric = metrics.known(score)
        if metric is None:
            raise UnknownName.among("metric", score, metrics.METRICS)
        return metric.higher_is_better
    known = tasks.find(family).scores
    if not score or not any(entry.of(score) for entry in known):
        raise UnknownName.among(f"score of {family}", score, [entry.name for entry in known if not entry.one_per])
    return described(known, score)[0].higher_is_better


def _check_sense(name: str, sense: str, higher_is_better: bool) -> None:
    right = ">=" if higher_is_better else "<="
    if sense != right:
        better = "more" if higher_is_better else "less"
        raise InvalidValue(
            f"a bound on {name} that a coding must keep", f"{sense}", f"write {right}: {better} is better"
        )
