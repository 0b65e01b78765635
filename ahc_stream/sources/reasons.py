"""Why FFmpeg gave up, in its own words. Its errors say "Invalid data"; its log says which."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SECONDS = 20.0
"""A reason that takes longer to find is not told."""
LONGEST = 200

_REFUSED_CONTAINER = "Format not on whitelist"
_CHILD = Path(__file__).with_name("reasons_child.py")


def reason_for(path: Path, index: int | None, container: Mapping[str, str], decoder: Mapping[str, str]) -> str | None:
    """The last complaints in FFmpeg's log about a file that it failed on, or None.

    index:               FFmpeg's number of the video stream; None for the first one.
    container, decoder:  the options that it failed with.
    """
    asked = json.dumps({"index": index, "container": dict(container), "decoder": dict(decoder)})
    command = [sys.executable, "-P", str(_CHILD), str(path), asked]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    text = " ".join(done.stdout.decode(errors="replace").split())
    if _REFUSED_CONTAINER in text:
        return "a playlist, a script or another container that is not opened"
    return text[:LONGEST] or None
