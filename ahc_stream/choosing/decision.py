"""What a search decided, curve by curve, in the numbers of the run's report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from ahc_stream.choosing.command import commands
from ahc_stream.choosing.condition import Condition
from ahc_stream.choosing.doubts import doubts
from ahc_stream.choosing.ladder import Rung
from ahc_stream.choosing.measuring import dot_of, share_of
from ahc_stream.choosing.quality import Quality, quality_at
from ahc_stream.choosing.search import Search
from ahc_stream.choosing.wish import CodingLimits, Keep, Wish, best_of, quantity_of
from ahc_stream.report import Analysis, Dot
from ahc_stream.report.dot import curve_names

Outcome = Literal["chosen", "by estimate", "none qualifies", "undecided", "too slow", "nothing measured"]


FOUND = ("chosen", "by estimate")
"""The outcomes that name a point: with the confidence asked for, or because its values are on the right side."""


@dataclass(frozen=True)
class Choice:
    """What came of one curve.

    curve:      its short name. point: the chosen point's, or of the closest one that was looked at.
    saving:     1 - rate / the anchor's rate, both chosen; None without both. The anchor is the first curve.
    encodes:    points that were coded, one looked at on a part of the items counted by that part; of `rungs`.
    commands:   what codes so: FFmpeg's command line where it is an encoder of FFmpeg, and ours.
    remarks:    what is to be known before believing it.
    """

    curve: str
    outcome: Outcome
    point: str | None
    bpp: float | None
    kbit_s: float | None
    encode_ms: float | None
    decode_ms: float | None
    delay_frames: int | None
    saving: float | None
    qualities: tuple[Quality, ...]
    encodes: float
    rungs: int
    commands: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """All choices, in the order of the codecs. wish: in words. within: whether a rate was given, and the best quality
    asked for. items: images or sequences that were at hand. unconfirmed: why nothing
    was confirmed; empty where it was. failures: rows of the run's table of them."""

    wish: str
    confidence: float
    items: int
    choices: tuple[Choice, ...]
    within: bool = False
    unconfirmed: str = ""
    failures: int = 0

    @property
    def ranked(self) -> tuple[Choice, ...]:
        """Chosen points first: the cheapest in front, or within a rate the best."""
        return tuple(sorted(self.choices, key=lambda choice: (choice.outcome not in FOUND, self._rank(choice))))

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to take and what it costs; why nothing can be taken."""
        best = self.ranked[0]
        if best.outcome not in FOUND:
            outcomes = ", ".join(f"{each.curve}: {each.outcome}" for each in self.choices)
            return (f"No codec has a point for {self.wish}: {outcomes}.",)
        rate = f"{best.bpp:.4f} bpp" + (f", {best.kbit_s:.0f} kbit/s" if best.kbit_s else "")
        qualities = "; ".join(f"{each.label} {each.text}" for each in best.qualities)
        lines = [f"Take {best.point}: {rate}; {qualities}."]
        if best.outcome == "by estimate":
            lines.append(f"This is by estimates alone: {self.unconfirmed}.")
        others = [each for each in self.ranked[1:] if each.outcome in FOUND and each.bpp]
        if others and best.bpp and not self.within:
            texts = (f"{100 * (1 - best.bpp / (each.bpp or 1)):.0f} % fewer bits than {each.point}" for each in others)
            lines.append(f"It takes {', '.join(texts)}.")
        return tuple(lines)

    def _rank(self, choice: Choice) -> float:
        """The rate; within a rate what the quality lacks."""
        quality = next(iter(choice.qualities), None)
        if not self.within or quality is None or quality.value is None:
            return choice.bpp or 0.0
        return -quality.value if quality.higher_is_better is not False else quality.value

    def as_values(self) -> dict[str, Any]:
        """As JSON holds it, with what is said of it. best: the point to take; None where there is none."""
        values = asdict(self)
        for choice, held in zip(self.choices, values["choices"], strict=True):
            for quality, of_choice in zip(choice.qualities, held["qualities"], strict=True):
                of_choice["text"] = quality.text
        best = self.ranked[0]
        return values | {"sentences": self.sentences, "best": best.point if best.outcome in FOUND else None}


def decide(
    analysis: Analysis, ladders: Sequence[Sequence[Rung]], searches: Sequence[Search], wish: Wish, limits: CodingLimits
) -> list[Choice]:
    """A choice for each curve."""
    names = _names(analysis, ladders)
    choices = [
        _choice(analysis, name, ladder, search, wish, limits)
        for name, ladder, search in zip(names, ladders, searches, strict=True)
    ]
    anchor = choices[0].bpp if choices[0].outcome in FOUND else None
    return [_with_saving(choice, anchor) for choice in choices]


def _with_saving(choice: Choice, anchor: float | None) -> Choice:
    if choice.outcome not in FOUND or not anchor or choice.bpp is None:
        return choice
    return replace(choice, saving=1 - choice.bpp / anchor)


def _names(analysis: Analysis, ladders: Sequence[Sequence[Rung]]) -> list[str]:
    """The short name of each curve, with the options in which curves differ, as the report has them."""
    names = curve_names(analysis.dots)
    points = [ladder[0].point for ladder in ladders]
    keys = [f"{point.codec}:{point.options_text}" if point.options else point.codec for point in points]
    return [names.get(key, point.codec) for key, point in zip(keys, points, strict=True)]


def _choice(
    analysis: Analysis, name: str, ladder: Sequence[Rung], search: Search, wish: Wish, limits: CodingLimits
) -> Choice:
    rung = search.bisection.chosen if not search.too_slow else None
    shown = rung if rung is not None else _closest(search)
    dot = dot_of(analysis, ladder[shown]) if shown is not None else None
    outcome = _outcome(search, rung, dot, wish, limits)
    row = dot.row if dot else {}
    return Choice(
        curve=name,
        outcome=outcome,
        point=dot.label if dot else None,
        bpp=row.get("bpp"),
        kbit_s=row.get("kbit_s"),
        encode_ms=row.get("encode_ms"),
        decode_ms=row.get("decode_ms"),
        delay_frames=row.get("delay_frames"),
        saving=None,
        qualities=tuple(_qualities(analysis, dot, search, shown, wish)) if dot and shown is not None else (),
        encodes=sum(share_of(search.rule.looks, taken) for taken in search.looks.values()),
        rungs=len(ladder),
        commands=commands(ladder[rung]) if rung is not None and outcome in FOUND else (),
        remarks=tuple(doubts(analysis, ladder, search, wish)),
    )


def _closest(search: Search) -> int | None:
    """The rung that came closest: the last that failed."""
    return search.bisection.failed if search.bisection.failed in search.answers else None


def _outcome(search: Search, rung: int | None, dot: Dot | None, wish: Wish, limits: CodingLimits) -> Outcome:
    if dot is None:
        return "nothing measured"
    if search.too_slow or (wish.lowest_first and limits.broken(dot)):
        return "too slow"
    if rung is not None:
        return "by estimate" if search.rule.by_estimate and isinstance(wish, Keep) and wish.is_sampled else "chosen"
    gaps = search.answers[search.bisection.failed].gaps
    keeps_by_estimate = bool(gaps) and all(gap.value >= 0 for gap in gaps)
    return "undecided" if keeps_by_estimate and not search.rule.by_estimate else "none qualifies"


def _qualities(analysis: Analysis, dot: Dot, search: Search, rung: int, wish: Wish) -> Iterator[Quality]:
    conditions: Sequence[Condition] = wish.conditions if isinstance(wish, Keep) else ()
    if not conditions:
        best = best_of(analysis)
        if best:
            yield quality_at(analysis, dot, best)
    for condition, gap in zip(conditions, search.answers[rung].gaps, strict=False):
        quantity = quantity_of(analysis, condition.family, condition.score)
        yield quality_at(analysis, dot, quantity, gap.p_value if gap.is_sampled else None)
