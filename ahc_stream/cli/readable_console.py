"""A console whose texts are lines without control characters."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from ahc_stream.core.file_names import readable


class ReadableConsole(Console):
    """What `terminal.console` makes. Tables, and what else is no text, are printed as they are."""

    def print(self, *objects: Any, **settings: Any) -> None:
        """As rich has it, each text as `readable` has it."""
        super().print(*(readable(each) if isinstance(each, str) else each for each in objects), **settings)
