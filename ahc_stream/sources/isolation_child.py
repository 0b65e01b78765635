"""The process of `sources.isolation`: reads what to decode from stdin, writes messages and pixels to stdout."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import AhcStreamError, MediaError, MissingData
from ahc_stream.core.presentation import PLAIN
from ahc_stream.core.raw_video import RawVideo
from ahc_stream.sources.discoveries import Discoveries
from ahc_stream.sources.frames import Frame
from ahc_stream.sources.images import sequence_frames, still_frames
from ahc_stream.sources.limits import Limits
from ahc_stream.sources.pyav import video_frames
from ahc_stream.sources.timing import timing


def main() -> None:
    """One item, then the end."""
    asked, out = json.load(sys.stdin), sys.stdout.buffer
    resource.setrlimit(resource.RLIMIT_AS, (asked["memory_bytes"], asked["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    values = asked["item"]
    paths, names = tuple(map(Path, values.pop("paths"))), tuple(values.pop("names"))
    raw = RawVideo(**values["raw"]) if values["raw"] else None
    cut = range(*values["cut"]) if values["cut"] else None
    facts = {"paths": paths, "names": names, "raw": raw, "cut": cut}
    item, limits = Item(**(values | facts)), Limits(**asked["limits"])
    try:
        if asked["task"] == "timing":
            rate, base = timing(item, limits)
            _say(out, {"timing": [rate, base.numerator, base.denominator]})
        else:
            _decode(out, Discoveries(item), limits, asked["start"])
    except AhcStreamError as error:
        _say(out, _as_message(error))
    except Exception as error:  # whatever it is, it is about this item alone: the parent is to hear of it
        got = f"{type(error).__name__}: {error}"
        _say(out, _as_message(MediaError(f"{item.name} to be decoded within the limits", got, "leave it out")))
    _say(out, {"end": True})


def _decode(out: BinaryIO, found: Discoveries, limits: Limits, start: int) -> None:
    said, presented = 0, False
    for number, result in _results(found, limits, start):
        if isinstance(result, Frame):
            if not presented and found.presentation != PLAIN:
                _say(out, {"presentation": found.presentation.as_values()})
                presented = True
            _, height, width = result.planes.shape
            _say(out, {"frame": number, "seconds": result.seconds, "height": height, "width": width})
            out.write(result.planes.tobytes())
        else:
            _say(out, _as_message(result))
        said = _say_notes(out, found, said)
    _say_notes(out, found, said)


def _results(found: Discoveries, limits: Limits, start: int) -> Iterator[tuple[int, Frame | MediaError | MissingData]]:
    if found.item.medium == "video":
        yield from enumerate(video_frames(found, limits))
    elif found.item.medium == "sequence":
        yield from ((frame.key.frame, frame) for frame in sequence_frames(found, limits))
    else:
        for index in range(start, len(found.item.paths)):
            yield index, _still(found, index, limits)


def _still(found: Discoveries, index: int, limits: Limits) -> Frame | MediaError | MissingData:
    broken: list[Any] = []
    for frame in still_frames(found, [index], broken, limits):
        return frame
    error: MediaError | MissingData = broken[0].error
    return error


def _say_notes(out: BinaryIO, found: Discoveries, said: int) -> int:
    for note in found.notes[said:]:
        _say(out, {"note": note.text, "name": note.item})
    return len(found.notes)


def _as_message(error: AhcStreamError) -> dict[str, str]:
    return {"error": type(error).__name__, "expected": error.expected, "got": error.got, "todo": error.todo}


def _say(out: BinaryIO, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    out.write(len(data).to_bytes(4, "big") + data)
    out.flush()


if __name__ == "__main__":
    main()
