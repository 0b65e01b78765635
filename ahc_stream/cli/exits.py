"""How the process ends: one exit code per kind of ending, finished rows kept in all of them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

EXIT_CODES = """\
Exit codes: 0 done; 1 a defect of ahc-stream, or of the folder that `verify` looked at; 2 a wrong name, value or file, or a
missing package, dataset or weight; 3 done, but some items failed; 4 stopped early (disk, too many failures), finished
rows are kept; 130 interrupted by Ctrl-C, 143 by SIGTERM, 129 by a closed terminal (SIGHUP), finished rows are kept."""


class Stopped(KeyboardInterrupt):
    """What a signal other than Ctrl-C's raises, so that everything ends as it does there."""

    def __init__(self, signal_number: int) -> None:
        super().__init__()
        self.exit_code = 128 + signal_number


@contextmanager
def told() -> Iterator[None]:
    """Turns our errors and Ctrl-C into one line on stderr and an exit code. Everything else is a defect: traceback, 1."""
    from ahc_stream.core.errors import AhcStreamError, StorageError, TooManyFailures

    _listen()
    try:
        yield
    except AhcStreamError as error:
        _leave(f"{type(error).__name__}: {error}", 4 if isinstance(error, (StorageError, TooManyFailures)) else 2)
    except KeyboardInterrupt as error:
        code = error.exit_code if isinstance(error, Stopped) else 130
        _leave(
            "interrupted; rows that were finished are kept (run goes on from there), half-written files are not", code
        )


def _listen() -> None:
    """SIGTERM (a scheduler's, `kill`'s) and SIGHUP end the command as Ctrl-C does; nohup's SIGHUP stays ignored."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(number: int, frame: object) -> None:
    raise Stopped(number)


def _leave(message: str, code: int) -> None:
    """Ends at once: a second Ctrl-C may have left daemon threads inside a codec, and nothing waits for them."""
    print(f"ahc-stream: {message}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
