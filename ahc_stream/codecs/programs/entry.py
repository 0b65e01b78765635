"""The row of a pair of programs, and the codec for a lane."""

from __future__ import annotations

from pathlib import Path

import torch

from ahc_stream.codecs.entry import CodecEntry, none_held, whole_stream
from ahc_stream.codecs.knob import Knob
from ahc_stream.codecs.own.code import HIGHEST, NAMED, check_name
from ahc_stream.codecs.programs.definition import RAW, STREAM_OPTIONS, Definition
from ahc_stream.codecs.programs.raw import RawPrograms
from ahc_stream.codecs.programs.stills import PngPrograms
from ahc_stream.codecs.table import CODECS
from ahc_stream.codecs.traditional.coding import CODING_OPTIONS
from ahc_stream.core.named_code import NamedCode, digest_of
from ahc_stream.core.option import Option
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import AnyCodec

PREFIX = "exec:"


def register(text: str) -> str:
    """Reads the file that `exec:path/NAME.toml` names, and puts its row into the table as `exec:NAME`.

    Raises MissingData and InvalidValue, also where another file of this process has the name already.
    """
    path = Path(text.removeprefix(PREFIX)).expanduser().absolute()
    definition, name = Definition.read(path), PREFIX + path.stem
    check_name(name, path)
    NAMED[name] = NamedCode(name, definition, path, digest_of(path))
    CODECS[name] = _entry(name, definition)
    return name


def make(point: OperatingPoint, device: torch.device) -> AnyCodec:
    """The codec for one lane."""
    definition: Definition = NAMED[point.codec].target
    kind = RawPrograms if definition.pixel_format == RAW else PngPrograms
    return kind(point, definition, device)


def _entry(name: str, definition: Definition) -> CodecEntry:
    is_raw = definition.pixel_format == RAW
    of_streams = {key: CODING_OPTIONS[key] for key in STREAM_OPTIONS} if is_raw else {}
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
