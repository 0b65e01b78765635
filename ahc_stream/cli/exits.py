"""How the process ends: one exit code per kind of ending, finished rows kept in all of them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from types import FrameType
from typing import NoReturn

from ahc_stream.cli.terminal import say


class Exit(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    DEFECT = 1
    WRONG_USE = 2
    SOME_FAILED = 3
    STOPPED = 4
    HUNG_UP = 128 + signal.SIGHUP
    INTERRUPTED = 128 + signal.SIGINT
    TERMINATED = 128 + signal.SIGTERM


MEANINGS = {
    Exit.DONE: "The command did what it was asked to do.",
    Exit.DEFECT: "ahc-stream has a defect, and shows a traceback; or `verify` found something wrong.",
    Exit.WRONG_USE: "A name, value, file or folder is wrong, or a package, dataset or weight is missing.",
    Exit.SOME_FAILED: "The run is done, but some items failed: the table `failures` lists them.",
    Exit.STOPPED: "The disk is full or more items failed than allowed; rows that were finished are kept.",
    Exit.HUNG_UP: "The terminal was closed (SIGHUP); rows that were finished are kept.",
    Exit.INTERRUPTED: "Ctrl-C interrupted the command; rows that were finished are kept.",
    Exit.TERMINATED: "A scheduler or `kill` ended it (SIGTERM); rows that were finished are kept.",
}


def help_text() -> str:
    """The exit codes as a paragraph of a help page, line by line."""
    lines = [f"{code:4}  {meaning}" for code, meaning in MEANINGS.items()]
    return "\n".join(["\b", "Exit codes:", *lines])


class Signalled(KeyboardInterrupt):
    """What a signal other than Ctrl-C's raises, so that everything ends as it does there."""

    def __init__(self, signal_number: int) -> None:
        super().__init__()
        self.exit_code = Exit(128 + signal_number)


@contextmanager
def errors_as_exit_codes() -> Iterator[None]:
    """Turns our errors and Ctrl-C into one line on stderr and an exit code; all else is a defect, with a traceback."""
    from ahc_stream.core.errors import AhcStreamError, ClusterError, DiskError, TooManyFailures

    _listen()
    try:
        yield
    except (ClusterError, DiskError, TooManyFailures) as error:
        _leave(f"{type(error).__name__}: {error}", Exit.STOPPED)
    except AhcStreamError as error:
        _leave(f"{type(error).__name__}: {error}", Exit.WRONG_USE)
    except KeyboardInterrupt as error:
        code = error.exit_code if isinstance(error, Signalled) else Exit.INTERRUPTED
        _leave(
            "interrupted; rows that were finished are kept (`run` goes on from there), half-written files are not", code
        )


def _listen() -> None:
    """SIGTERM (a scheduler's, `kill`'s) and SIGHUP end the command as Ctrl-C does; nohup's SIGHUP stays ignored."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise Signalled(number)


def _leave(message: str, code: Exit) -> NoReturn:
    """Ends at once: a second Ctrl-C may have left daemon threads inside a codec, and nothing waits for them."""
    say(f"ahc-stream: {message}", stderr=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
