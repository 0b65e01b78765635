"""What encoding a file came to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Encoded:
    """The file that was written.

    pixels:  of all frames together, padding excluded.
    notes:   what was noticed about the input, or assumed.
    """

    frames: int
    pixels: int
    payload_bytes: int
    file_bytes: int
    notes: tuple[str, ...] = ()
