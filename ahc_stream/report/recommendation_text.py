"""The decision as three sentences, which the page begins with and the terminal's report ends with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ahc_stream.report.advice import advice
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.findings import size_text
from ahc_stream.report.loss import Loss
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.rank import Rank, RateGap
from ahc_stream.report.recommendation import Cost, Recommendation

NEARLY_ALL = 99.0
"""Percent; beyond it a whole number would say "100 % fewer"."""


@dataclass(frozen=True)
class DecisionLine:
    """head: "Codec", "Cost", or, of what comes next, "To add" and "Knee". answer: the codec or the point that the
    sentences are about; empty where there is none."""

    head: str
    sentences: tuple[str, ...]
    answer: str = ""

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def lines(analysis: Analysis, decision: Recommendation) -> list[DecisionLine]:
    """Three: the codec, what it costs, and what to add; where nothing is to be added, the knee of the best curve."""
    added = advice(analysis, decision)
    ranked = next((rank.order[0] for rank in decision.ranks if rank.order), "")
    point = next((_answer(cost, loss) for cost in decision.costs if (loss := cost.cheapest)), "")
    return [
        DecisionLine("Codec", _codec(analysis, decision), ranked),
        DecisionLine("Cost", _costs(analysis, decision), point),
        DecisionLine("To add", tuple(f"{each}." for each in added))
        if added
        else DecisionLine("Knee", (_knee(decision),)),
    ]


def _answer(cost: Cost, loss: Loss) -> str:
    """The point, and in the same breath where it is no more than an estimate."""
    return loss.dot.label if loss.excludes_more_than(cost.margin) else f"{loss.dot.label}, by its estimate"


def _codec(analysis: Analysis, decision: Recommendation) -> tuple[str, ...]:
    curves = {dot.curve for dot in analysis.dots if not dot.is_original}
    if len(curves) < 2:
        return ("There is one codec, so nothing to rank." if curves else "There is no codec to rank.",)
    ranked = sorted(decision.ranks, key=lambda rank: not rank.order)
    return tuple(map(_lead, ranked)) or ("Nothing that was measured says which codec is better.",)


def named(quantity: Quantity) -> str:
    """ "PSNR", "detection mAP"."""
    return quantity.label if quantity.is_metric else f"{quantity.family} {quantity.label}"


def _lead(rank: Rank) -> str:
    """The first of the order against the second, and against the last; the reason, where there is no order."""
    if not rank.order:
        return f"For the same {named(rank.quantity)} no codec can be ranked: {_why(rank)}."
    first, others = rank.order[0], rank.order[1:]
    gaps = [gap for other in dict.fromkeys((others[0], others[-1])) if (gap := rank.gap(first, other))]
    if not gaps:
        return f"{first} leads for the same {named(rank.quantity)}, by way of other codecs."
    return f"{gap_text(gaps[0], named(rank.quantity))}{_and_last(gaps[1:])}."


def gap_text(gap: RateGap, quality: str) -> str:
    """ "h265 needs 54 % fewer bits than jpeg for the same PSNR, 76 % of the range shared"."""
    shared = f"{100 * gap.overlap:.0f} % of the range shared"
    return f"{gap.one} needs {bits_text(gap)} {gap.other} for the same {quality}, {shared}"


def bits_text(gap: RateGap) -> str:
    """ "54 % fewer bits than"."""
    percent = fewer_percent(gap)
    shown = f"{abs(percent):.{1 if abs(percent) >= NEARLY_ALL else 0}f}"
    if shown == "0":
        return "as many bits as"
    return f"{shown} % {'fewer' if percent > 0 else 'more'} bits than"


def fewer_percent(gap: RateGap) -> float:
    """How many bits in a hundred of the other curve's the one saves; negative where it needs more."""
    return 100 * (1 - 1 / (1 + gap.percent / 100))


def _and_last(gaps: list[RateGap]) -> str:
    return "".join(f"; {bits_text(gap)} {gap.other}, {100 * gap.overlap:.0f} % shared" for gap in gaps)


def _why(rank: Rank) -> str:
    """Each reason once, with the curves that it is about."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in rank.refused.items():
        by_reason.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in by_reason.items()) or "no direction is known"


def _costs(analysis: Analysis, decision: Recommendation) -> tuple[str, ...]:
    if not decision.costs:
        return ("No task was scored, so nothing says what a machine loses.",)
    if analysis.original is None:
        return ("The uncompressed original was not run, so nothing says what is lost.",)
    return tuple(sentence for cost in decision.costs for sentence in _cost(analysis, cost))


def _cost(analysis: Analysis, cost: Cost) -> Iterator[str]:
    score, margin = named(cost.quantity), amount(analysis, cost.quantity, cost.margin)
    loss, sure = cost.cheapest, cost.cheapest_for_sure
    if cost.quantity.higher_is_better and analysis.original and analysis.original.value(cost.quantity) == 0:
        yield f"{score} of the original itself is 0, so there is nothing to lose."
    elif not cost.losses:
        yield f"No point has a change of {score} to judge."
    elif loss is None:
        least = min(cost.losses, key=lambda each: each.value)
        yield (
            f"No point keeps {score} within {margin} of the original; {least.dot.label}, {least.dot.bpp:.3f} bpp, is "
            f"nearest and loses {amount(analysis, cost.quantity, least.value)}."
        )
    else:
        yield (
            f"{loss.dot.label}, {loss.dot.bpp:.3f} bpp, is the cheapest that keeps {score} within {margin} of the "
            f"original: {loss_text(analysis, cost.quantity, loss)}{_certainty(cost, loss)}."
        )
        if sure and sure is not loss:
            yield f"The cheapest whose own interval excludes more is {sure.dot.label}, {sure.dot.bpp:.3f} bpp."


def _certainty(cost: Cost, loss: Loss) -> str:
    if loss.excludes_more_than(cost.margin):
        return ", which excludes more"
    return ", which does not exclude more" if loss.high is not None else ", an estimate without an interval"


def loss_text(analysis: Analysis, quantity: Quantity, loss: Loss) -> str:
    """ "it loses 0.4 points, 95 % interval -0.2 to 0.9"; a negative end is a gain."""
    verb, size = ("loses", loss.value) if loss.value >= 0 else ("gains", -loss.value)
    text = f"it {verb} {amount(analysis, quantity, size)}"
    if loss.low is None or loss.high is None:
        return text
    sign = 1 if loss.value >= 0 else -1
    ends = sorted((sign * loss.low, sign * loss.high))
    low, high = (size_text(end, quantity, analysis.is_share(quantity)) for end in ends)
    return f"{text}, {analysis.settings.level * 100:g} % interval {low} to {high}"


def amount(analysis: Analysis, quantity: Quantity, value: float) -> str:
    """ "0.4 points", "3 pixels"."""
    in_points = analysis.is_share(quantity)
    size = size_text(value, quantity, in_points)
    if in_points:
        return "1 point" if size == "1.0" else f"{size} points"
    return f"{size} {quantity.unit}".rstrip()


def _knee(decision: Recommendation) -> str:
    leading = decision.leading
    if leading is None or not leading.order:
        return "No curve that could be ranked has one."
    name = leading.order[0]
    dot = decision.knees[leading.quantity.name].get(name)
    if dot is None:
        return f"{named(leading.quantity)} of {name} has none between its first and its last point."
    return (
        f"Beyond {dot.label}, {dot.bpp:.3f} bpp, more bits of {name} buy less {named(leading.quantity)} than its curve "
        "does on average."
    )
