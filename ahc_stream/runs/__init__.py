"""A run's folder: the one owner of what is written there, and the one door for who reads it.

    with runs.begin(out, request) as start: ...     a process that writes: `folder`
    run = runs.open(out)                             a reader: `read`
    runs.verify(out), runs.repair(out)               what is wrong there, and what can be done about it
    runs.compact(out)                                its small files as few large ones
    runs.overview(out)                               how far it is, without reading its rows: `overviews`

    OUT/manifest.json                 one for all starts and shards: `manifest`
    OUT/commits/<start>-<batch>.json  written last: the parts of that batch: `commits`
    OUT/<table>/part-<start>-<batch>.parquet
    OUT/labels_<name>/, OUT/items/    part-<start>.parquet, the one that the manifest names: `items`
    OUT/tallies/<digest>.parquet      what was computed from rows: `tallies`
    OUT/.lock, OUT/.start-<id>.lock   held for moments, and as long as a start runs: `lock`

What neither a commit nor the manifest names does not exist for readers, and the next start removes it. Every process
that writes is a start with a number, and every row knows its start. `standing` says which rows stand after restarts,
and `manifest_shape` what the manifest must look like. A commit of a start that the manifest does not know (an older
copy was put back) is an error for who reads or begins, and `repair` removes it: nobody could say what that start ran.

Importing this loads nothing: each name loads what it needs on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ahc_stream.runs.compacting import compact
    from ahc_stream.runs.folder import Start, begin
    from ahc_stream.runs.overviews import Overview, overview
    from ahc_stream.runs.read import RunReader, open
    from ahc_stream.runs.repairing import repair
    from ahc_stream.runs.request import Request
    from ahc_stream.runs.verification import verify

_HOME = {
    "Overview": "overviews",
    "Request": "request",
    "RunReader": "read",
    "Start": "folder",
    "begin": "folder",
    "compact": "compacting",
    "open": "read",
    "overview": "overviews",
    "repair": "repairing",
    "verify": "verification",
}
"""Name -> the module that defines it. No module is called as one of these names is."""

__all__ = [
    "Overview",
    "Request",
    "RunReader",
    "Start",
    "begin",
    "compact",
    "open",
    "overview",
    "repair",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
