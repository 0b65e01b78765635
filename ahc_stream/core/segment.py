"""How long the parts are that the option `segment` cuts a stream into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Segment:
    """Either a number of frames or a number of seconds."""

    frames: int | None = None
    seconds: float | None = None

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """`none`, `300` (frames) or `2.5s`."""
        if text == "none":
            return None
        return cls(seconds=float(text[:-1])) if text.endswith("s") else cls(frames=int(text))

    def begins(self, frame: int, seconds: float) -> bool:
        raise NotImplementedError
