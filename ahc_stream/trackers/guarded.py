"""A tracker that cannot harm the run it records."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from ahc_stream.core.file_names import readable
from ahc_stream.trackers.table import begin
from ahc_stream.trackers.tracker import Tracker

LONGEST_REASON = 300
"""Characters of an error that a warning repeats."""

log = logging.getLogger(__name__)


class Guarded:
    """A tracker that raises nothing: at the first error of its own it is left out, and one warning names it.

    What its package prints goes to stderr, since a command's stdout is its own.
    """

    def __init__(self, name: str, folder: Path, parameters: Mapping[str, str]) -> None:
        self._name = name
        self._tracker: Tracker | None = None
        with self._left_out_on_error():
            self._tracker = begin(name, folder, parameters)

    @property
    def keeps_files(self) -> bool:
        """Whether a file would reach it."""
        return self._tracker is not None and self._tracker.keeps_files

    def tell(self, say: Callable[[Tracker], None]) -> None:
        """`say` of the tracker, unless it was left out."""
        if self._tracker is not None:
            with self._left_out_on_error():
                say(self._tracker)

    @contextmanager
    def _left_out_on_error(self) -> Iterator[None]:
        try:
            with redirect_stdout(sys.stderr):
                yield
        except Exception as error:  # whatever a tracker's package or server does, the run goes on
            self._tracker = None
            reason = readable(" ".join(str(error).split()))[:LONGEST_REASON]
            log.warning("--track %s: %s: %s; the run goes on without it", self._name, type(error).__name__, reason)
