"""A run while trackers look on."""

from __future__ import annotations

import logging
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ahc_stream.core.errors import AhcStreamError, InvalidValue
from ahc_stream.describe import experiment_values
from ahc_stream.report.rows import short_names
from ahc_stream.runs import manifest
from ahc_stream.trackers.guarded import Guarded
from ahc_stream.trackers.table import check

if TYPE_CHECKING:
    from ahc_stream.running import Run

EVERY_SECONDS = 10.0
"""Between two reports of progress."""

log = logging.getLogger(__name__)


class Trackers:
    """Trackers of one run, open from here on: what is wrong with one of them is a warning, and never an error.

    run:    of an experiment with a folder.
    names:  of trackers, see `table.TRACKERS`.

    Raises UnknownName, MissingExtra and InvalidValue before any of them is opened.
    """

    def __init__(self, run: Run, names: Sequence[str]) -> None:
        names = tuple(dict.fromkeys(names))
        check(names)
        self._run = run
        self._trackers = [Guarded(name, *_beginning(run)) for name in names]

    def told(self, progress: Iterable[int]) -> Iterator[int]:
        """`progress` unchanged, told as it comes; where it raises, the trackers are told that the run broke off.

        progress:  frames measured so far, from whoever iterates over the run.
        """
        start = told = time.monotonic()
        is_whole = False
        try:
            for frames in progress:
                now = time.monotonic()
                if now - told >= EVERY_SECONDS:
                    told = now
                    self._tell("progress", self._counts(frames, now - start))
                yield frames
            is_whole = True
        finally:
            if not is_whole:
                self._tell("close", False)

    def conclude(self) -> None:
        """Tells operating points, the manifest and, where a tracker keeps files, the page, which is written for it."""
        if not self._trackers:
            return
        try:
            points, files = self._results()
            for point in points:
                self._tell("point", *point)
            for path in files:
                self._tell("file", path)
        finally:
            self._tell("close", True)

    def _counts(self, frames: int, seconds: float) -> dict[str, float]:
        return {"frames": frames, "frames_per_second": frames / seconds, "failures": len(self._run.failures)}

    def _results(self) -> tuple[list[TrackedPoint], list[Path]]:
        """A run without finished rows has its manifest alone."""
        files = [_folder(self._run) / manifest.NAME]
        try:
            points = list(_points(self._run.to_arrow().to_pylist()))
        except AhcStreamError as error:
            log.warning("--track: no operating points: %s", error)
            return [], files
        return points, [*files, *self._page()]

    def _page(self) -> Iterator[Path]:
        """The page where any tracker keeps files, and it can be written."""
        if any(tracker.keeps_files for tracker in self._trackers):
            try:
                page = self._run.report()
                if isinstance(page, Path):  # a tracker takes files of this machine
                    yield page
            except AhcStreamError as error:
                log.warning("--track: no page: %s", error)

    def _tell(self, method: str, *values: object) -> None:
        """Calls a method of `Tracker` on each."""
        for tracker in self._trackers:
            tracker.tell(methodcaller(method, *values))


def _beginning(run: Run) -> tuple[Path, dict[str, str]]:
    """What a tracker is made from: the folder, and the experiment's fields as text."""
    values = experiment_values(run.plan)
    return _folder(run), {name: _text(value) for name, value in values.items() if value is not None}


def _folder(run: Run) -> Path:
    out = run.plan.experiment.out
    if out is None:
        raise InvalidValue("an experiment with a folder for trackers", "out=None", "name an `out`")
    return out


class TrackedPoint(NamedTuple):
    """What `Tracker.point` takes."""

    curve: str
    place: int
    values: dict[str, float]


def _points(rows: Sequence[Mapping[str, Any]]) -> Iterator[TrackedPoint]:
    """Of rows of `operating_points`: curve by curve, each by its rate."""
    curves = defaultdict(list)
    names = short_names(rows)
    for row in rows:
        curves[names[row["codec"], row["options"]]].append(row)
    for curve, of_curve in curves.items():
        for place, row in enumerate(sorted(of_curve, key=lambda row: float(row["bpp"]))):
            yield TrackedPoint(curve, place, {name: value for name, value in row.items() if _is_number(value)})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
