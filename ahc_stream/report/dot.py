"""One operating point of a report, and the short names of points and curves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ahc_stream.core.quality import quality_text
from ahc_stream.report.change import Changes
from ahc_stream.report.estimate import Estimate
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.rows import short_names
from ahc_stream.report.scores import Scored, TaskPoint
from ahc_stream.runs.points import Point
from ahc_stream.tallies import ORIGINAL


@dataclass(frozen=True)
class Dot:
    """One operating point. row: as `operating_points` has it. task_points: what each task says there. scored: by task,
    where there is a label to find. estimates: by the name of a quantity, of `quantity.RATES` too. label: its short
    name, "h264@38", which no other dot of the run has."""

    point: Point
    row: Mapping[str, Any]
    task_points: Mapping[str, TaskPoint]
    scored: Mapping[str, Scored]
    estimates: Mapping[str, Estimate]
    changes: Changes = field(default_factory=dict)
    label: str = ""

    @property
    def is_original(self) -> bool:
        return bool(self.point["codec"] == ORIGINAL)

    @property
    def bpp(self) -> float:
        return float(self.row["bpp"])

    @property
    def curve(self) -> str:
        """The codec and its options: dots of one curve differ in quality only."""
        return f"{self.point['codec']}:{self.point['options']}" if self.point["options"] else str(self.point["codec"])

    def value(self, quantity: Quantity) -> float | None:
        """The finite value of a quantity; None where the point has none."""
        estimate = self.estimates.get(quantity.name)
        return estimate.finite_value if estimate else None


def rows_by_label(dots: Iterable[Dot]) -> dict[str, Mapping[str, Any]]:
    """The row of each dot, by its label."""
    return {dot.label: dot.row for dot in dots}


def curve_names(dots: Iterable[Dot]) -> dict[str, str]:
    """Curve -> a short name: the codec, and of its options those in which its curves differ. Not the original."""
    points = {dot.curve: dot.point for dot in dots if not dot.is_original}
    names = short_names(points.values())
    return {curve: names[point["codec"], point["options"]] for curve, point in points.items()}


def labels(dots: Sequence[Dot]) -> Iterator[str]:
    """The label of each of `dots`, in their order."""
    names = curve_names(dots)
    for dot in dots:
        name = names.get(dot.curve, str(dot.point["codec"]))
        codec, _, options = name.partition(" ")
        quality = quality_text(dot.point["quality"], dot.point["options"])
        yield f"{codec}{'@' if quality else ''}{quality} {options}".rstrip()
