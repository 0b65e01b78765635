"""`ahc-stream`, and other modules, for tests that start them often: each call is a process of its own, forked off one
that has imported what most commands need. A run starts in four tenths of a second so, and in three seconds without.

What a process does that has imported nothing yet is for tests that start Python themselves (`cli/test_startup.py`).
"""

from __future__ import annotations

import atexit
import shlex
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

CLIENT, SERVER = Path(__file__).with_name("client.py"), Path(__file__).with_name("server.py")


def command(first_path: str = "", module: str = "ahc_stream.cli") -> list[str]:
    """The words that stand for `python -m MODULE`, which imports what lies in the folder where it is started; or for
    `ahc-stream`, which imports what lies beside itself, in the folder `first_path`."""
    return [sys.executable, "-IS", str(CLIENT), str(_socket()), module, first_path]


@cache
def bin_folder() -> Path:
    """A folder for PATH, with an `ahc-stream`."""
    folder = Path(tempfile.mkdtemp(prefix="warm-bin"))
    program = folder / "ahc-stream"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(command(str(folder)))} "$@"\n')
    program.chmod(0o755)
    return folder


@cache
def _socket() -> Path:
    """Of the process that is forked, which ends with this one."""
    path = Path(tempfile.mkdtemp(prefix="warm")) / "socket"
    server = subprocess.Popen([sys.executable, str(SERVER), str(path)], stdout=subprocess.PIPE)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    atexit.register(server.kill)
    return path
