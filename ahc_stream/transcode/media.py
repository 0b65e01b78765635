"""What is encoded into one file: a video, a sequence, or stills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from ahc_stream import sources
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.note import summary

CLIP_FRAMES = 16
"""Frames that are opened together. Of stills it is also what shares a segment of the file."""


class Media:
    """The items with the sources that decode them.

    source, limits, isolate:  as `sources.opened` takes them.

    Raises InvalidValue for items that do not go into one file, and what `sources.opened` raises.
    """

    def __init__(
        self, items: Sequence[Item], device: torch.device, source: str, limits: sources.Limits, isolate: bool
    ) -> None:
        self.medium, self.name = medium_of(items), items[0].name
        self._opened = [sources.opened(item, CLIP_FRAMES, device, source, limits, isolate) for item in items]

    @property
    def timing(self) -> sources.Timing:
        """How the first item counts time."""
        return self._opened[0].timing

    def clips(self) -> Iterator[Clip]:
        """All frames, once. Raises the error of a still that cannot be opened: a file is whole or is none."""
        for opened in self._opened:
            for clip in opened.clips():
                if isinstance(clip, sources.BrokenStill):
                    raise clip.error
                yield clip

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noticed or assumed so far; complete once the clips have ended."""
        return summary(note for opened in self._opened for note in opened.notes)

    @property
    def about(self) -> dict[str, Any]:
        """What a file's header says of its input, as far as it is known by now."""
        notes = {"notes": list(self.notes)} if self.notes else {}
        return {**self._opened[0].presentation.as_values(), **notes}


def medium_of(items: Sequence[Item]) -> str:
    """The medium of the file, "video" or "stills". Raises InvalidValue for items that do not go into one file."""
    if all(item.medium == "stills" for item in items):
        return "stills"
    if len(items) != 1:
        names = ", ".join(item.name for item in items[:5])
        raise InvalidValue("one video, or pictures only", f"{len(items)} items: {names}", "encode them one by one")
    return "video"
