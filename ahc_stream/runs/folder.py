"""A start: what a process writes a run's folder through."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from ahc_stream import provenance
from ahc_stream.core.errors import DiskError, StorageError
from ahc_stream.core.failure import Failure
from ahc_stream.core.note import ItemNote
from ahc_stream.runs import lock, manifest
from ahc_stream.runs.batches import Batches
from ahc_stream.runs.beginning import Beginning, look
from ahc_stream.runs.commits import Commit, write_commit
from ahc_stream.runs.failures import failure_row, note_row
from ahc_stream.runs.parts import write_part
from ahc_stream.runs.place import BatchPlace
from ahc_stream.runs.request import Request
from ahc_stream.store.folders import Folder, folder_of
from ahc_stream.tables import BESIDE_ROWS, Rows

log = logging.getLogger(__name__)


class Start:
    """One process that writes; made by `begin`.

    id:     its number, which all of its rows have.
    notes:  what people should know: labels that were corrected, versions that differ from those of earlier starts.
    done:   what earlier starts have done, and other shards until now.

    What is added is committed after `flush_seconds` at the latest, and at the end however it comes; a kill loses no
    more. Every method that writes raises StorageError: no space, no permission.
    """

    def __init__(self, folder: Folder, request: Request, beginning: Beginning, flush_seconds: float) -> None:
        self.id, self.notes, self.done = beginning.start, beginning.notes, beginning.done
        self._folder = folder
        self._flush_seconds, self._flushed_at = flush_seconds, time.monotonic()
        self._schemas = {**request.schemas, **BESIDE_ROWS}
        self._batches = Batches(folder, self.id, self._schemas)
        self._discarded: list[BatchPlace] = []
        self._failures = 0
        self._facts: dict[str, Any] = {}

    def add(self, rows: Rows) -> None:
        """Rows of any tables, without `start`, that are committed together.

        A row of `frames` and the predictions of that frame come in one call. A row of `streams` comes after, or with,
        all frames of the stream; where a stream ended early, in one call with the frames that depend on where it ended:
        a kill between the two would leave these as rows that stand.
        """
        self._batches.add(rows)
        if time.monotonic() - self._flushed_at >= self._flush_seconds:
            self.flush()

    def fail(self, failure: Failure) -> None:
        """One row of `failures`, committed at once."""
        self._failures += 1
        self._batches.add({"failures": failure_row(failure)})
        self.flush()

    def note(self, note: ItemNote) -> None:
        """One row of `notes`, committed with the item's rows that come behind it."""
        self._batches.add({"notes": note_row(note)})

    def place(self) -> BatchPlace:
        """Where somebody else writes the parts of a batch, and under which number; nobody else has it."""
        return BatchPlace(self._folder, self.id, self._batches.next_number(), self._schemas)

    def adopt(self, commit: Commit) -> None:
        """Commits parts that somebody else has written into a `place`. At once: no row of it is in this process."""
        self._failures += commit.parts["failures"].rows if "failures" in commit.parts else 0
        write_commit(self._folder, commit)

    def discard(self, place: BatchPlace) -> None:
        """Removes at the end what was written into a place and was not adopted, as far as it is there by then."""
        self._discarded.append(place)

    def flush(self) -> None:
        """Commits what has been added."""
        self._flushed_at = time.monotonic()
        self._batches.flush()
        log.debug("start %d has committed what is finished", self.id)

    def finish(
        self,
        loads: Mapping[str, Mapping[str, float]],
        remarks: Iterable[str] = (),
        gpu_load: Mapping[str, float | int | str | None] | None = None,
    ) -> None:
        """Keeps for the manifest where the time went, and what else people should know, behind its own notes.

        loads:     stage -> what `lanes.Load` holds, as plain values.
        gpu_load:  of a GPU, see `core.gpu_load`.
        """
        self._facts = {
            "loads": {stage: dict(load) for stage, load in loads.items()},
            "notes": [*self.notes, *remarks],
        }
        if gpu_load is not None:
            self._facts["gpu_load"] = dict(gpu_load)

    def end(self, ended: str) -> None:
        """Commits what is left, and completes the start's entry in the manifest. `begin` calls it."""
        self.flush()
        for place in self._discarded:
            place.clear()
        facts = {"finished": manifest.now(), "ended": ended, "failures": self._failures} | self._facts
        facts["peak_memory_gib"] = round(provenance.peak_memory_gib(), 2)
        with lock.folder_lock(self._folder):
            known = manifest.read(self._folder)
            if self.id not in manifest.start_ids(known):
                todo = "put a newer copy of it back; until then nobody reads this start's rows"
                raise DiskError(f"start {self.id} in the manifest of {self._folder}", "an older manifest", todo)
            starts = [start | facts if start["id"] == self.id else start for start in known["starts"]]
            manifest.write(self._folder, known | {"starts": starts})


@contextmanager
def begin(folder: Folder | str, request: Request, flush_seconds: float = 10.0) -> Iterator[Start]:
    """A new start in the run's folder, which is made where there is none.

    It takes the lock, compares what is asked with what is there, and only then writes. Other starts may run beside it
    as other shards of the same count.
    Raises StorageError, with nothing changed in the folder: it holds a run of something else, another process writes
    there, or it is damaged.
    """
    folder = folder_of(folder)
    with ExitStack() as held:
        with lock.folder_lock(folder):
            beginning = look(folder, request)
            held.callback(lock.StartLock(folder, beginning.start).release)
            _write(folder, beginning)
        for note in beginning.notes:
            log.warning("%s", note)
        start = Start(folder, request, beginning, flush_seconds)
        log.info("start %d in %s", start.id, folder)
        try:
            yield start
        except StorageError:
            raise  # the disk takes no more: what is not committed is measured again
        except BaseException as error:
            start.end(_ending(error))
            raise
        start.end("done")


def _write(folder: Folder, beginning: Beginning) -> None:
    """Removes what killed starts left, then writes items and labels, and the manifest that names them last."""
    for file in beginning.orphans:
        (folder / file).unlink(missing_ok=True)
    for start in beginning.left_locks:
        lock.forget(folder, start)
    written = {}
    for table, rows in beginning.facts.items():
        file = f"{table}/part-{beginning.start:04d}.parquet"
        written[table] = write_part(rows, folder, file).record()
    before = beginning.manifest["tables"]
    manifest.write(folder, beginning.manifest | {"tables": before | written})
    for table in before.keys() & written.keys():
        (folder / before[table]["file"]).unlink(missing_ok=True)


def _ending(error: BaseException) -> str:
    """How a start ended that did not reach its end."""
    if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
        return "interrupted"
    return f"failed: {type(error).__name__}"
