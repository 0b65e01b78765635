"""The row of a pair of programs, and the codec for a lane."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch

from ahc_stream.codecs.entry import CodecEntry, none_held, whole_stream
from ahc_stream.codecs.knob import Knob
from ahc_stream.codecs.own.code import HIGHEST, NAMED
from ahc_stream.codecs.programs.definition import RAW, Definition
from ahc_stream.codecs.programs.raw import RawPrograms
from ahc_stream.codecs.programs.stills import PngPrograms
from ahc_stream.codecs.table import CODECS
from ahc_stream.codecs.traditional.coding import CODING_OPTIONS
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.named_code import NamedCode
from ahc_stream.core.option import Option
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import AnyCodec

PREFIX = "exec:"
_OF_STREAMS = ("matrix", "range", "segment")


def register(text: str) -> str:
    """Reads the file that `exec:path/NAME.toml` names, and puts its row into the table as `exec:NAME`.

    Raises MissingData and InvalidValue, also where another file of this process has the name already.
    """
    path = Path(text.removeprefix(PREFIX)).expanduser().absolute()
    definition, name = Definition.read(path), PREFIX + path.stem
    known = NAMED.get(name)
    if known is not None and known.file != path:
        raise InvalidValue(f"one codec {name} in a process", f"{path} beside {known.file}", "rename one of the files")
    NAMED[name] = NamedCode(name, definition, path, hashlib.sha256(path.read_bytes()).hexdigest())
    CODECS[name] = _entry(name, definition)
    return name


def make(point: OperatingPoint, device: torch.device) -> AnyCodec:
    """The codec for one lane."""
    definition: Definition = NAMED[point.codec].target
    kind = RawPrograms if definition.pixel_format == RAW else PngPrograms
    return kind(point, definition, device)


def _entry(name: str, definition: Definition) -> CodecEntry:
    is_raw = definition.pixel_format == RAW
    of_streams = {key: CODING_OPTIONS[key] for key in _OF_STREAMS} if is_raw else {}
    own = {key: Option(default, f"{{{key}}} of {name}.") for key, default in definition.options.items()}
    return CodecEntry(
        maker="ahc_stream.codecs.programs.entry:make",
        description=f"the programs {definition.encoder.words[0]} and {definition.decoder.words[0]}",
        family="traditional",
        medium="video" if is_raw else "still",
        knob=Knob(f"{{qp}} of {name}", 0, HIGHEST, definition.qualities, higher_is_better=False, whole=False)
        if definition.takes_quality
        else None,
        options={**of_streams, **own},
        frames_held=whole_stream if is_raw else none_held,
    )
