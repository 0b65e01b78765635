"""What an engine gives to who runs it, one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import pyarrow as pa

from ahc_stream.core.failure import Failure
from ahc_stream.core.note import ItemNote
from ahc_stream.line.measure import Measurement


@dataclass(frozen=True)
class WrittenRows:
    """Rows that a worker has measured, and that are committed: they lie in the folder, and `tables` has none.

    frames:   rows of the table `frames`.
    sources:  streams by what decoded their originals.
    """

    frames: int
    sources: Mapping[str, int]
    tables: Mapping[str, pa.Table] = field(default_factory=dict)


Rows: TypeAlias = Measurement | WrittenRows
Outcome: TypeAlias = Measurement | Failure | ItemNote
