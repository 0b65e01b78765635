"""What a run tells a tracker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Protocol


class Tracker(Protocol):
    """An open record of one run in somebody's tracker; made from the run's folder and its parameters, name -> text.

    Methods may raise anything: whoever calls them (`guarded.Guarded`) lets no error out.

    keeps_files:  whether `file` does anything.
    """

    keeps_files: ClassVar[bool]

    def progress(self, values: Mapping[str, float]) -> None:
        """How far the run is: "frames" measured so far, which rises from call to call, and what was counted with it."""
        ...

    def point(self, curve: str, place: int, values: Mapping[str, float]) -> None:
        """An operating point. curve: the codec and its options. place: its number on the curve by rate, from 0 on.
        values: its numbers, "bpp" among them, all finite."""
        ...

    def file(self, path: Path) -> None:
        """A file of the run."""
        ...

    def close(self, is_done: bool) -> None:
        """The end of the record. is_done: whether the run came to its end."""
        ...
