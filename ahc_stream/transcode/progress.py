"""How far a file is."""

from __future__ import annotations

from collections.abc import Callable

FrameProgress = Callable[[int], None]
"""Called with the number of frames done so far."""


def unreported(frames: int) -> None:
    """Nobody is called."""
