"""Runs in a process of its own, by its path: `reasons_child.py VIDEO OPTIONS` prints what FFmpeg complains of last.

Why a process: to hear FFmpeg's log, PyAV takes the GIL inside FFmpeg's threads, and a decoder that is closed meanwhile
would wait for them for ever. Imports nothing of ours, so that it starts in a tenth of a second.
"""

import contextlib
import json
import sys
from typing import Any

import av

LAST = 2
"""Complaints that are printed: the last one often only repeats that there was one before."""


def main(path: str, asked: str) -> None:
    """Decodes in one thread until FFmpeg gives up."""
    options = json.loads(asked)
    av.logging.set_level(av.logging.ERROR)
    with av.logging.Capture(local=False) as messages, contextlib.suppress(Exception):  # the parent knows the error
        _decode(path, options)
    texts = dict.fromkeys(message.strip().rstrip(".") for _, _, message in messages)
    print("; ".join(list(texts)[-LAST:]))


def _decode(path: str, options: dict[str, Any]) -> None:
    with av.open(path, options=options["container"], metadata_errors="replace") as container:
        index = options["index"]
        stream = container.streams.video[0] if index is None else container.streams[index]
        stream.codec_context.thread_count = 1
        stream.codec_context.options = options["decoder"]
        for _ in container.decode(stream):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
