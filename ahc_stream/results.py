"""The results of a run for a notebook or a program: its operating points, charts and page, when they are asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from ahc_stream import report, runs
from ahc_stream.core.data_frames import data_frame
from ahc_stream.core.errors import InvalidValue
from ahc_stream.report import Analysis, ReportSettings
from ahc_stream.store.folders import Folder

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ahc_stream.report.points import PointRow
    from ahc_stream.report.scores import TaskPoint


class Results:
    """What lies in a run's folder. A notebook shows it as the table per operating point.

    folder:    the `out` of an experiment, the --out of its command.
    settings:  what scores are against, and how intervals are made.

    Raises StorageError where there is no run.
    """

    def __init__(self, folder: Folder | str, settings: ReportSettings | None = None) -> None:
        self._run = runs.open(folder)
        self._settings = settings or ReportSettings()

    @property
    def folder(self) -> Folder:
        """Where the run lies."""
        return self._run.folder

    def __repr__(self) -> str:
        return f"Results({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        """The tables that `ahc-stream report` prints, as HTML without a script."""
        rows, scores = self._points if self._run.frames.num_rows else ([], [])
        return report.html_tables(report.point_tables(self._run, rows, scores))

    def to_arrow(self) -> pa.Table:
        """A row per operating point: `report.operating_points` says what each column is. Raises StorageError where no
        row is finished."""
        return report.table_of(self._points[0])

    def to_pandas(self) -> pd.DataFrame:
        """The same for pandas. Raises MissingExtra without it."""
        return data_frame(self.to_arrow())

    def plot(self, x: str = "bpp", y: str | None = None, ax: Axes | None = None) -> Axes:
        """A curve per codec with intervals, drawn by matplotlib; in `ax`, or in a figure of its own.

        x:  a rate: "bpp", "bpp_container", "bpp_estimated", or "kbit_s" of video.
        y:  a metric or a score by its column, such as "psnr" or "detection_mAP"; None takes what leads the report, the
            first task's leading score or else a metric.

        Raises UnknownName, InvalidValue where the run has nothing to draw, MissingExtra without matplotlib.
        """
        return report.plot(self._analysis, y or self._leading(), x, ax)

    def report(self) -> Folder:
        """Writes the page and its tables under `folder`/report, as `ahc-stream report` does, and returns its path."""
        return report.write_report(self._analysis)

    @cached_property
    def _points(self) -> tuple[list[PointRow], list[dict[str, TaskPoint]]]:
        return report.point_rows(self._run, self._settings.reference)

    @cached_property
    def _analysis(self) -> Analysis:
        return report.analyse(self.folder, self._settings)

    def _leading(self) -> str:
        scores = [score for task in self._analysis.tasks if (score := self._analysis.leading_score(task))]
        leading = next(iter(scores), None) or self._analysis.leading_metric
        if leading is None:
            todo = "run it again: it goes on where it stopped; a run without metrics and tasks has rates alone"
            raise InvalidValue(f"a metric or a score in {self.folder}", "none", todo)
        return leading.name
