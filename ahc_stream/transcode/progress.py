"""How far a file is."""

from __future__ import annotations

from collections.abc import Callable

FrameProgress = Callable[[int], None]
"""Called with the number of frames done so far."""


def unreported(frames: int) -> None:
    """Nobody is called."""


def followed_by(progress: FrameProgress, then: Callable[[], None]) -> FrameProgress:
    """Reports, and then does something that must be done now and then."""

    def report(frames: int) -> None:
        progress(frames)
        then()

    return report
