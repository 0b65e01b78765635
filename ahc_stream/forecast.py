"""What a run would do, need and cost, before it is started: `ahc-stream run --plan`. Nothing is written to its folder.

Time and disk are those of a calibration: the line is run on the first frames of the first item, once to warm up and
once with a clock. It is an estimate: other items may be larger, and harder to code.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from ahc_stream import datasets, sources
from ahc_stream.core.clip import Item
from ahc_stream.core.errors import AhcStreamError
from ahc_stream.datasets.items import stills_item
from ahc_stream.experiment import Experiment
from ahc_stream.plan import Names, Plan, look_up, part_of, planned, resources_of
from ahc_stream.running import Run
from ahc_stream.runs.parts import encoded
from ahc_stream.store.folders import is_url

MOST_HEADERS = 500
"""Items whose headers are read; the frames of further videos are not counted."""
STILLS, MOVING_FRAMES = 8, 16
"""Frames that a calibration takes, of images and of a video or a sequence."""


@dataclass(frozen=True)
class Calibration:
    """What was measured.

    item, frames:     whose frames they were, and how many.
    rows:             frames times operating points that were measured; less than asked for where some failed.
    setup_seconds:    of making codecs and tasks, once per run.
    seconds_per_row:  of the whole line, from then on.
    row_bytes:        of all tables on the disk, per row of `frames`.
    commit_bytes:     of a commit and the frames of its files, which are written every `flush_seconds`.
    picture_bytes:    of decoded frames and originals that are kept, per row; 0 where none are.
    took_seconds:     of the calibration itself.
    failure:          the first thing that failed; empty where nothing did.
    """

    item: str
    frames: int
    rows: int
    setup_seconds: float
    seconds_per_row: float
    row_bytes: float
    commit_bytes: int
    picture_bytes: float
    took_seconds: float
    failure: str = ""


@dataclass(frozen=True)
class Forecast:
    """A run before it is started. Of what is not here, fields are None.

    names:         what it asks for.
    missing:       an error for each thing that is not on this machine, with what brings it.
    plan:          None where anything is missing.
    items:         images, videos and sequences of this shard.
    frames:        as far as headers tell them.
    uncounted:     items whose frames no header told.
    calibration:   None where anything is missing, or where there is no item.
    free_bytes:    on the disk of its folder.
    """

    experiment: Experiment
    names: Names
    missing: tuple[AhcStreamError, ...]
    plan: Plan | None = None
    items: int | None = None
    frames: int | None = None
    uncounted: int = 0
    calibration: Calibration | None = None
    free_bytes: int | None = None

    @property
    def rows(self) -> int | None:
        """Frames times operating points; None where it is not known of all items."""
        return None if self.frames is None or self.uncounted else self.frames * len(self.names.points)

    @property
    def seconds(self) -> float | None:
        """Of the whole run, as if nothing were done yet."""
        if self.rows is None or self.calibration is None or not self.calibration.rows:
            return None
        return self.calibration.setup_seconds + self.rows * self.calibration.seconds_per_row

    @property
    def table_bytes(self) -> float | None:
        """Of all rows on the disk."""
        if self.seconds is None or self.rows is None or self.calibration is None:
            return None
        commits = 1 + self.seconds // max(self.experiment.flush_seconds, 1.0)
        return self.rows * self.calibration.row_bytes + commits * self.calibration.commit_bytes

    @property
    def picture_bytes(self) -> float | None:
        """Of the PNG files that --save-recon keeps."""
        if self.seconds is None or self.rows is None or self.calibration is None:
            return None
        return self.rows * self.calibration.picture_bytes


def forecast(experiment: Experiment) -> Forecast:
    """Raises what `plan` raises, but for what is not here."""
    names = look_up(experiment)
    resources = resources_of(experiment, names)
    told = Forecast(experiment, names, resources.missing, free_bytes=_free_bytes(experiment.out))
    if resources.dataset is not None:
        items = part_of(resources.dataset, experiment).shard(*experiment.shard)
        frames, uncounted = _frames(items.items, experiment)
        told = replace(told, items=len(items.names), frames=frames, uncounted=uncounted)
    if resources.missing:
        return told
    plan = planned(experiment, names, resources)
    measured = calibrate(plan, names) if plan.dataset.items else None
    return replace(told, plan=plan, calibration=measured)


def _frames(items: Sequence[Item], experiment: Experiment) -> tuple[int, int]:
    """(frames that are known, items of which they are not). No header of a stranger's video is read in this process."""
    limits, most = sources.Limits(experiment.max_pixels), 0 if experiment.isolate else MOST_HEADERS
    looked_into = [item for number, item in enumerate(items) if item.medium != "video" or number < most]
    told = [sources.told_frames(item, limits) for item in looked_into]
    known = [frames for frames in told if frames is not None]
    return sum(known), len(items) - len(known)


def _free_bytes(out: Path | None) -> int | None:
    """Where its folder is, or will be made; None on an object store, which has as much as is paid for."""
    if out is None or is_url(out):
        return None
    there = next((folder for folder in (out, *out.absolute().parents) if folder.is_dir()), Path.cwd())
    return shutil.disk_usage(there).free


def calibrate(plan: Plan, names: Names) -> Calibration:
    """The line on a few frames of the first item, without labels: no score is computed. Raises what `Run` raises."""
    began = time.monotonic()
    sample = _sample(plan.dataset)
    frames = sources.told_frames(sample.items[0])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out" if plan.experiment.save_recon else None
        experiment = _of_sample(plan.experiment, sample, names, out)
        for _ in Run(experiment):
            pass
        if out is not None:
            shutil.rmtree(out)
        run, start, rows = Run(experiment), time.monotonic(), 0
        tables: dict[str, list[pa.Table]] = {}
        for measured in run:
            rows += measured.frames
            for name, table in measured.tables.items():
                tables.setdefault(name, []).append(table)
        seconds = time.monotonic() - start
        picture_bytes = 0 if out is None else _size_of(out / "recon")
    setup = max((load.setup for load in run.loads.values()), default=0.0)
    row_bytes, commit_bytes = _bytes_of(tables, max(rows, 1))
    return Calibration(
        item=sample.items[0].name,
        frames=frames or MOVING_FRAMES,
        rows=rows,
        setup_seconds=min(setup, seconds),
        seconds_per_row=max(seconds - setup, 0.0) / max(rows, 1),
        row_bytes=row_bytes,
        commit_bytes=commit_bytes,
        picture_bytes=picture_bytes / max(rows, 1),
        took_seconds=time.monotonic() - began,
        failure=str(run.failures[0]) if run.failures else "",
    )


def _sample(dataset: datasets.Dataset) -> datasets.Dataset:
    """The first frames of the first item."""
    first = dataset.items[0]
    if first.medium == "stills":
        item = stills_item(first.dataset, first.paths[:STILLS], first.names[:STILLS])
    else:
        item = replace(first, cut=(first.cut or range(sys.maxsize))[:MOVING_FRAMES])
    return replace(dataset, items=(item,), labels={}, notes=())


def _of_sample(experiment: Experiment, sample: datasets.Dataset, names: Names, out: Path | None) -> Experiment:
    """The experiment on a sample that is read already: options of reading are said."""
    of_reading = ("root", "read_as", "split", "labels", "images", "classes", "size", "pix_fmt", "fps")
    said: dict[str, Any] = dict.fromkeys(of_reading)
    said |= {"engine": "line", "frames": None, "every": 1, "limit": None, "shard": (0, 1), "clean": True}
    said |= {"dataset": sample, "tasks": names.requested, "out": out, "save_recon": out is not None}
    said["max_failures"] = STILLS  # a broken picture is told, and ends no plan
    return replace(experiment, **said)


def _bytes_of(tables: Mapping[str, Sequence[pa.Table]], rows: int) -> tuple[float, int]:
    """(bytes of all tables per row of `frames`, bytes of their files without any row)."""
    per_row, empty = 0.0, 0
    for name, pieces in tables.items():
        table = pa.concat_tables(pieces)
        without_rows = encoded(table.slice(0, 0), name)[0].bytes
        per_row += (encoded(table, name)[0].bytes - without_rows) / rows
        empty += without_rows
    return per_row, empty


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
