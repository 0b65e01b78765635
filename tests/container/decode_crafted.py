"""Decodes files of strangers in a process of its own, with a deadline for each and a limit of memory."""

from __future__ import annotations

import faulthandler
import json
import re
import resource
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import torch

from ahc_stream.core.errors import AhcStreamError
from ahc_stream.sources import Limits
from ahc_stream.transcode import decode_file, facts_of

SECONDS = 60  # for one file of some kilobytes, on a busy machine; a file takes milliseconds
ROOM = 2 << 30  # bytes of address space beyond what the libraries take
LIMITS = Limits(frame_pixels=500_000, clip_bytes=1 << 24)
OUTPUTS = ("folder", "x.mkv", "x.mp4")


def outcome(path: Path, out: Path) -> str:
    """ "decoded", or the name of our error. Anything else is raised."""
    for action in (lambda: facts_of(path, check=True, limits=LIMITS), lambda: _decode(path, out)):
        try:
            action()
        except AhcStreamError as error:
            if isinstance(error.__cause__, MemoryError) or "memory" in error.got:
                raise
            result = type(error).__name__
        else:
            result = "decoded"
    return result


def _decode(path: Path, out: Path) -> None:
    decode_file(path, out, torch.device("cpu"), limits=LIMITS, force=True)


def _peak() -> int:
    """Most bytes of resident memory so far, of this program alone: `ru_maxrss` also counts the one that started it."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert match is not None
    return 1024 * int(match[1])


def main(folder: Path, warm_up: Path) -> None:
    """Prints the results as JSON."""
    report: dict[str, Any] = {"others": []}
    results, slowest = Counter[str](), (0.0, "")
    for path in sorted(warm_up.iterdir()):
        assert outcome(path, folder / "out" / "folder") == "decoded", path
    resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + ROOM,) * 2)
    before = _peak()
    for number, path in enumerate(sorted(folder.glob("*.ahc"))):
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        print(path, file=sys.stderr, flush=True)
        began = time.monotonic()
        try:
            results[outcome(path, folder / f"out{number}" / OUTPUTS[number % 3])] += 1
        except Exception:
            report["others"].append(f"{path}\n{traceback.format_exc()}")
        slowest = max(slowest, (time.monotonic() - began, path.name))
    faulthandler.cancel_dump_traceback_later()
    report["results"], report["slowest"] = dict(results), slowest
    report["grown_bytes"] = _peak() - before
    report["children"] = len(psutil.Process().children(recursive=True))
    print(json.dumps(report))


if __name__ == "__main__":
    torch.set_num_threads(1)  # frames are tiny: a second thread waits longer than it works
    main(Path(sys.argv[1]), Path(sys.argv[2]))
