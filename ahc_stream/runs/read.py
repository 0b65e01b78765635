"""The one door for who reads a run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.data_frames import data_frame
from ahc_stream.core.errors import UnknownName
from ahc_stream.core.note import ItemNote
from ahc_stream.runs import manifest
from ahc_stream.runs.committed import Committed, committed
from ahc_stream.runs.cut import Cut
from ahc_stream.runs.items import fingerprint_of
from ahc_stream.runs.standing import FRAME, failures_that_stand, latest_streams, predictions_that_stand, superseded
from ahc_stream.store.folders import Folder, folder_of
from ahc_stream.tables import BESIDE_ROWS, LABELS, NOTES, PREDICTIONS

if TYPE_CHECKING:
    import pandas as pd


class RunReader:
    """A run as it was committed when it was opened; made by `open`.

    Rows are those that stand (`runs.standing`), ordered by frame and operating point, so that no number depends on the
    order in which they came. Reading raises StorageError where a file is not what was written.
    """

    def __init__(self, committed: Committed) -> None:
        self._committed = committed

    @property
    def folder(self) -> Folder:
        """Where the run lies."""
        return self._committed.folder

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What the run's numbers depend on; `runs.manifest` documents its fields."""
        return self._committed.manifest

    @property
    def tables(self) -> tuple[str, ...]:
        """What `table` reads."""
        return (*self._committed.tables, *self.manifest["tables"])

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks as texts, every option spelled out."""
        return tuple(self.manifest["tasks"])

    @property
    def metric_profile(self) -> str:
        """What the run measured by default."""
        profile: str = self.manifest["experiment"]["metric_profile"]
        return profile

    @property
    def cut(self) -> Cut:
        """Which frames of videos and sequences the run has."""
        return self._committed.cut

    @property
    def points(self) -> tuple[Mapping[str, Any], ...]:
        """The operating points that were asked for: codec, quality, options, as rows have them."""
        return tuple(self.manifest["points"])

    @property
    def starts(self) -> tuple[Mapping[str, Any], ...]:
        """Every start: points, shard, commit, versions, hardware, times, how it ended."""
        return tuple(self.manifest["starts"])

    @property
    def is_whole(self) -> bool:
        """Whether what the latest start was asked for is done: by itself, or with the other shards of its count."""
        return manifest.is_whole(self.starts)

    @cached_property
    def fingerprint(self) -> str:
        """One digest over the files of all items, as `Dataset.fingerprint` has it."""
        return fingerprint_of(self.items)

    @property
    def items(self) -> pa.Table:
        """What the files of each item were (`tables.ITEMS`); without rows where a repair dropped it."""
        return self._committed.items

    @property
    def has_whole_digests(self) -> bool:
        """Whether any item's files were read whole (--verify)."""
        nulls: int = self.items["whole"].null_count
        return nulls < len(self.items)

    @cached_property
    def frames(self) -> pa.Table:
        """One row per frame and operating point (`tables.FRAMES`, the metrics, `start`)."""
        rows = self._committed.rows("frames")
        stands = ~superseded(rows, self._committed.streams, self.cut)
        return _ordered(rows.filter(pa.array(stands)))

    @cached_property
    def streams(self) -> pa.Table:
        """One row per stream and operating point that was coded (`tables.STREAMS`, `start`)."""
        return _ordered(latest_streams(self._committed.streams))

    @cached_property
    def failures(self) -> pa.Table:
        """What could not be decoded or coded, and has not been since (`tables.FAILURES`, `start`)."""
        tried = manifest.points_of_starts(self.manifest)
        return _ordered(failures_that_stand(self._committed.rows("failures"), self.streams, tried, self.cut))

    @cached_property
    def notes(self) -> pa.Table:
        """What starts noticed about items, or assumed (`tables.NOTES`, `start`)."""
        return self._committed.rows("notes")

    @property
    def item_notes(self) -> tuple[ItemNote, ...]:
        """The same, each once, whichever starts noticed it."""
        return tuple(dict.fromkeys(ItemNote(**row) for row in self.notes.select(NOTES.names).to_pylist()))

    def predictions(self, task: str) -> pa.Table:
        """What a task said of decoded frames, any number of rows each. Raises UnknownName."""
        rows = self._committed.rows(f"{PREDICTIONS}{task}")
        return _ordered(predictions_that_stand(rows, self._committed.dropped))

    def labels(self, name: str) -> pa.Table:
        """The ground truth of a task, of all items that any start covers. Raises UnknownName."""
        return self.table(f"{LABELS}{name}")

    def has_labels(self, name: str) -> bool:
        """Whether the run has ground truth of a task."""
        return f"{LABELS}{name}" in self.manifest["tables"]

    def table(self, name: str) -> pa.Table:
        """A table by its name, one of `tables`. Raises UnknownName."""
        if name in ("frames", "streams", *BESIDE_ROWS):
            return getattr(self, name)
        if name in self._committed.tables:
            return self.predictions(name.removeprefix(PREDICTIONS))
        fact = self._committed.fact(name)
        if fact is None:
            raise UnknownName.among(f"table of {self.folder}", name, self.tables)
        return fact

    def to_pandas(self, name: str) -> pd.DataFrame:
        """The same for pandas. Raises MissingExtra without it."""
        return data_frame(self.table(name))


def open(folder: Folder | str) -> RunReader:
    """The run in a folder, the --out of its command. Raises StorageError where there is none, or a damaged one."""
    return RunReader(committed(folder_of(folder)))


def _ordered(rows: pa.Table) -> pa.Table:
    """By frame and operating point; rows of one frame and point keep their order."""
    return rows.take(pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in FRAME]))
