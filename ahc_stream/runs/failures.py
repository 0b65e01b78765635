"""Failures and notes as rows."""

from __future__ import annotations

from dataclasses import asdict

import pyarrow as pa

from ahc_stream.core.failure import Failure
from ahc_stream.core.note import ItemNote
from ahc_stream.runs.manifest import as_row
from ahc_stream.tables import FAILURES, NOTES


def failure_row(failure: Failure) -> pa.Table:
    """One row of `failures`."""
    row = {
        "dataset": failure.dataset,
        "item": failure.item,
        "frame": failure.key.frame if failure.key else None,
        "stage": failure.stage,
        "error": type(failure.error).__name__,
        "message": str(failure.error),
    }
    if failure.point:
        row |= as_row(failure.point)
    return pa.Table.from_pylist([row], schema=FAILURES)


def note_row(note: ItemNote) -> pa.Table:
    """One row of `notes`."""
    return pa.Table.from_pylist([asdict(note)], schema=NOTES)
