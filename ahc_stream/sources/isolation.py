"""Decoding in a process of its own, with limits of time and memory: for media that nobody vouches for.

A decoder that is overrun by a crafted file takes its process with it, not the run; one that asks for all memory, or
never comes back, is ended. What comes out of the process is numbers and pixels, never objects, and each is checked
here.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from typing import IO, Any

import numpy as np

from ahc_stream.core.clip import FrameKey, Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.presentation import Presentation
from ahc_stream.sources.discoveries import Discoveries
from ahc_stream.sources.frames import BrokenStill, Frame
from ahc_stream.sources.limits import Limits
from ahc_stream.sources.timing import Timing
from ahc_stream.sources.watchdog import watched

MEMORY_BYTES = 4 << 30
"""Address space of the process."""
LONGEST_MESSAGE = 1 << 20
_LENGTH = 4
_TODO = "leave the file out, it may be crafted to break decoders"

Message = dict[str, Any]


def isolated_timing(item: Item, limits: Limits) -> Timing:
    """`timing.timing`, found in a process of its own."""
    with _Child(item, limits, "timing", 0) as child:
        message = next(child.messages())
    rate, numerator, denominator = message["timing"]
    if not (math.isfinite(rate) and rate > 0 and numerator > 0 and denominator > 0):
        raise MediaError(f"a frame rate and a time base of {item.name}", str(message["timing"]), _TODO)
    return Timing(float(rate), Fraction(numerator, denominator))


def isolated_frames(found: Discoveries, limits: Limits) -> Iterator[Frame]:
    """The frames of a video or a sequence, decoded in a process of its own."""
    with _Child(found.item, limits, "frames", 0) as child:
        for message in watched(child.messages(), found.item.name):
            if "frame" in message:
                yield _frame(found.item, message)
            else:
                _take_remark(found, message)


def isolated_stills(found: Discoveries, broken: list[BrokenStill], limits: Limits) -> Iterator[Frame]:
    """Stills in their order. One that breaks the process is added to `broken`, and another process goes on after it."""
    item, index = found.item, 0
    while index < len(item.paths):
        with _Child(item, limits, "frames", index) as child:
            try:
                for message in watched(child.messages(), item.name):
                    if "frame" in message:
                        yield _frame(item, message)
                    elif "error" in message:
                        broken.append(BrokenStill(item.names[index], _error(message)))
                    else:
                        _take_remark(found, message)
                        continue
                    index += 1
                return
            except MediaError as error:
                broken.append(BrokenStill(item.names[index], error))
                index += 1


class _Child:
    """One process that decodes an item from its file `start` on; ended when the block ends."""

    def __init__(self, item: Item, limits: Limits, task: str, start: int) -> None:
        self._item, self._limits = item, limits
        self._asked = {
            "task": task, "start": start, "memory_bytes": MEMORY_BYTES,
            "item": {
                "dataset": item.dataset, "name": item.name, "medium": item.medium, "names": item.names,
                "paths": [str(path) for path in item.paths], "frames_per_second": item.frames_per_second,
                "stream": item.stream, "raw": item.raw and asdict(item.raw),
                "cut": item.cut and [item.cut.start, item.cut.stop, item.cut.step],
            },
            "limits": {
                "frame_pixels": limits.frame_pixels, "clip_bytes": limits.clip_bytes, "image_bytes": limits.image_bytes,
            },
        }  # fmt: skip

    def __enter__(self) -> _Child:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "MALLOC_ARENA_MAX": "2"}
        command = [sys.executable, "-m", "ahc_stream.sources.isolation_child"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._pipe: IO[bytes] = self._process.stdout
        try:
            self._process.stdin.write(json.dumps(self._asked).encode())
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended already: reading from it says how
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._pipe.close()

    def messages(self) -> Iterator[Message]:
        """What the process says, up to its end. Raises the error that it ends with."""
        while True:
            message = self._next()
            if "end" in message:
                return
            if "error" in message and self._item.medium != "stills":
                raise _error(message)
            yield message

    def _next(self) -> Message:
        length = int.from_bytes(self._exactly(_LENGTH), "big")
        if length > LONGEST_MESSAGE:
            raise MediaError(f"frames of {self._item.name}", "bytes that are none", _TODO)
        message: Message = json.loads(self._exactly(length))
        if "frame" in message:
            height, width = int(message["height"]), int(message["width"])
            if height < 1 or width < 1:
                raise MediaError(f"frames of {self._item.name}", f"{width} x {height}", _TODO)
            self._limits.check_frame(width, height, self._item.name)
            message["pixels"] = self._exactly(3 * height * width)
        return message

    def _exactly(self, size: int) -> bytes:
        data = self._pipe.read(size)
        if len(data) != size:
            code = self._process.wait()
            raise MediaError(
                f"frames of {self._item.name} from a process of its own", f"its end, with exit code {code}", _TODO
            )
        return data


def _frame(item: Item, message: Message) -> Frame:
    number, seconds = int(message["frame"]), float(message["seconds"])
    if not math.isfinite(seconds):
        raise MediaError(f"finite times of {item.name}", str(seconds), _TODO)
    still = item.medium == "stills"
    key = FrameKey(item.dataset, item.names[number] if still else item.name, 0 if still else number)
    shape = (3, int(message["height"]), int(message["width"]))
    return Frame(key, seconds, np.frombuffer(message["pixels"], np.uint8).reshape(shape))


def _take_remark(found: Discoveries, message: Message) -> None:
    if "note" in message:
        found.note(str(message["note"]), message.get("name"))
    if "presentation" in message:
        found.presentation = Presentation.from_values(message["presentation"])


def _error(message: Message) -> MediaError | MissingData:
    kind = MissingData if message["error"] == "MissingData" else MediaError
    return kind(str(message["expected"]), str(message["got"]), str(message["todo"]))
