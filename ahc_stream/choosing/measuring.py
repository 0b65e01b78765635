"""What a search asks, measured by ordinary runs into one ordinary folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ahc_stream.choosing.ladder import Rung
from ahc_stream.choosing.search import Answer, Question
from ahc_stream.choosing.wish import CodingLimits, Wish
from ahc_stream.experiment import Experiment
from ahc_stream.report import Analysis, Dot, ReportSettings, analyse
from ahc_stream.running import Run

SHARDS_OF_LOOKS = {1: (((0, 1),),), 3: (((0, 4),), ((2, 4),), ((1, 4), (3, 4)))}
"""Number of looks -> the shards that each look adds. Every fourth image or video, so that sorted data are spread."""
LEAST_ITEMS = 100
"""Fewer images and videos are looked at once, all together."""

Go = Callable[[Run], None]
"""Runs a run to its end."""


def looks_of(items: int) -> int:
    """How many looks a rung gets on so many images and videos."""
    return 3 if items >= LEAST_ITEMS else 1


def share_of(looks: int, taken: int) -> float:
    """The part of the items that the first `taken` looks of so many have."""
    return sum(1 / count for look in SHARDS_OF_LOOKS[looks][:taken] for _, count in look)


@dataclass
class Measuring:
    """Answers the questions of a search.

    experiment:  what all runs have in common, with a folder; its codecs are not looked at.
    ladders:     of each curve.
    go:          runs a run to its end, and may show how it goes on.
    analysis:    of all that was measured so far; None before anything was.
    """

    experiment: Experiment
    folder: Path
    ladders: Sequence[Sequence[Rung]]
    wish: Wish
    limits: CodingLimits
    settings: ReportSettings
    looks: int
    go: Go
    analysis: Analysis | None = None
    measured: set[tuple[str, tuple[int, int]]] = field(default_factory=set)

    def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        """Raises what a run raises, and InvalidValue for a condition that the run's tables do not know."""
        for shard, rungs in self._missing(questions).items():
            self.go(Run(replace(self.experiment, codecs=tuple(rung.text for rung in rungs), shard=shard)))
            self.measured |= {(rung.text, shard) for rung in rungs}
        self.analysis = analysis = analyse(self.folder, self.settings)
        return [self._answer(analysis, self._dot(analysis, question)) for question in questions]

    def describe(self, question: Question) -> str:
        """The point that a question was about, its rate and what the conditions are of, in a line."""
        rung = self.ladders[question.curve][question.rung]
        dot = self._dot(self.analysis, question) if self.analysis else None
        if self.analysis is None or dot is None:
            return f"{rung.text}: nothing could be measured"
        return "  ".join([rung.text, f"{dot.bpp:.4f} bpp", *self.wish.describe(self.analysis, dot)])

    def _dot(self, analysis: Analysis, question: Question) -> Dot | None:
        return dot_of(analysis, self.ladders[question.curve][question.rung])

    def _missing(self, questions: Sequence[Question]) -> Mapping[tuple[int, int], list[Rung]]:
        """Shard -> the rungs that are to be measured on it."""
        missing: dict[tuple[int, int], list[Rung]] = {}
        for question in questions:
            rung = self.ladders[question.curve][question.rung]
            for look in range(question.look + 1):
                for shard in SHARDS_OF_LOOKS[self.looks][look]:
                    if (rung.text, shard) not in self.measured:
                        missing.setdefault(shard, []).append(rung)
        return missing

    def _answer(self, analysis: Analysis, dot: Dot | None) -> Answer:
        if dot is None:
            return Answer(())
        gaps = self.wish.gaps(analysis, dot)
        known = tuple(gap for gap in gaps if gap is not None)
        if len(known) < len(gaps):
            return Answer((), self.limits.broken(dot))
        if self.wish.lowest_first:
            return Answer(known, self.limits.broken(dot))
        return Answer((*known, *self.limits.gaps(dot)))  # fewer bits are coded faster: a lower rung may keep the limits


def dot_of(analysis: Analysis, rung: Rung) -> Dot | None:
    """The rung in the analysis; None where nothing was measured of it."""
    key = {"codec": rung.point.codec, "quality": rung.point.quality, "options": rung.point.options_text}
    return next((dot for dot in analysis.dots if dict(dot.point) == key), None)
