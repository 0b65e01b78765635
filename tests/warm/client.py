"""Hands its words, environment, folder and standard streams to the server, and ends as the process there does.

python -IS client.py SOCKET MODULE FIRST_PATH WORDS...
"""

import json
import os
import signal
import socket
import sys

READ_AT_THE_START = {"PYTHONPATH", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS", "LC_ALL"}
"""What Python has read long before it forks."""


def main() -> None:
    path, module, first_path, *words = sys.argv[1:]
    streams = [0, 1, 2]
    if not READ_AT_THE_START.isdisjoint(os.environ) or not all(map(_is_open, streams)):
        os.execv(sys.executable, [sys.executable, "-m", module, *words])  # a process like any other
    folder = os.getcwd()  # noqa: PTH109 - pathlib takes longer to import than all of this
    place = {"folder": folder, "first_path": first_path or folder}
    asked = json.dumps({"module": module, "words": words, **place, "environment": dict(os.environ)}).encode()
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        socket.send_fds(server, [len(asked).to_bytes(4, "big")], streams)
        server.sendall(asked)
        status = int(server.recv(16) or b"1")
    if status < 0:
        if -status != signal.SIGKILL:  # which nobody can handle
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


def _is_open(stream: int) -> bool:
    try:
        os.fstat(stream)
    except OSError:
        return False
    return True


main()
