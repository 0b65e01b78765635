"""ahc-stream compact: the small files of a run's folder as few large ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.terminal import say


def compact(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a run, or its URL: the --out of its command.")],
) -> None:
    """Rewrite the many small files of a long run as few large ones. No row changes.

    The run must have ended, or stopped; it may go on afterwards.
    """
    from ahc_stream import runs

    say(f"{out}: {runs.compact(out)}")
