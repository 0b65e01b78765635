"""Imports what most commands need, and forks a process for each client.

python server.py SOCKET
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
from contextlib import suppress

MODULES = ("ahc_stream.cli.run", "ahc_stream.running", "ahc_stream.report")


def main(path: str) -> str:
    """Returns in the processes that clients ask for alone: the module that such a one is to run."""
    for module in MODULES:
        importlib.import_module(module)
    gc.freeze()  # what is there now is not looked through, and so not copied, in the processes to come
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        print("ready", flush=True)
        signal.signal(signal.SIGCHLD, _bury)
        while True:
            client, _ = listening.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listening.close()
                break
            client.close()
    return _serve(client)


def _bury(*_: object) -> None:
    """Children that have ended at once: tests look for processes that somebody has left behind."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _serve(client: socket.socket) -> str:
    """Forks the process of a client, and tells it how that ended; returns in the process itself, with its module."""
    head, streams, _, _ = socket.recv_fds(client, 4, 3)
    text = b""
    while len(text) < int.from_bytes(head, "big"):
        text += client.recv(1 << 16)
    process = os.fork()
    if process:
        _, status = os.waitpid(process, 0)
        with suppress(BrokenPipeError):  # nobody waits for it any more
            client.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    client.close()
    asked = json.loads(text)
    _become(asked, streams)
    return asked["module"]


def _become(asked: dict, streams: list[int]) -> None:
    """This process as `python -m MODULE` would find itself."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", 1 if os.isatty(1) else -1, closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
    sys.argv[1:], sys.path[0] = asked["words"], asked["first_path"]
    _count_lines()


def _count_lines() -> None:
    """Coverage, where it is on: the data of a forked process are its own."""
    if "COVERAGE_PROCESS_CONFIG" not in os.environ:
        return
    import coverage

    if running := coverage.Coverage.current():
        running.stop()
    coverage.process_startup(force=True)


runpy.run_module(main(sys.argv[1]), run_name="__main__", alter_sys=True)
