"""One row of the table of weights."""

from __future__ import annotations

from dataclasses import dataclass

from ahc_stream.store import Source


@dataclass(frozen=True)
class Weight:
    """One checkpoint. `file` is its path under a root; `sha256` a full digest, a prefix of one, or None.

    source:  None for weights that are part of this package.
    """

    name: str
    file: str
    source: Source | None
    sha256: str | None
    licence: str
    note: str
