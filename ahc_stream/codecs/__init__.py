"""Codecs by name: `parse` reads an operating point, `make` builds its codec, `delay` bounds the frames that it
holds, `CODECS` lists what there is, and `add` takes one of your own.

Importing this loads no codec library, and no torch: what makes codecs loads on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ahc_stream.codecs.entry import CodecEntry
from ahc_stream.codecs.knob import CONTROL, Knob
from ahc_stream.codecs.learned.codec import LearnedCodec
from ahc_stream.codecs.registry import (
    ANY_ENCODER,
    add,
    decoding_point,
    delay,
    find,
    in_files,
    settled,
    weights_needed,
)
from ahc_stream.codecs.spec import at_quality, names_qualities, parse
from ahc_stream.codecs.table import CODECS

if TYPE_CHECKING:
    from ahc_stream.codecs.making import bring, code_digests, make, require, try_out, weight_overrides
    from ahc_stream.codecs.traditional.ffmpeg_command import ffmpeg_arguments

_HOME = dict.fromkeys(("bring", "code_digests", "make", "require", "try_out", "weight_overrides"), "making") | {
    "ffmpeg_arguments": "traditional.ffmpeg_command",
}
"""Name -> the module that has it, of what loads torch."""

__all__ = [
    "ANY_ENCODER",
    "CODECS",
    "CONTROL",
    "CodecEntry",
    "Knob",
    "LearnedCodec",
    "add",
    "at_quality",
    "bring",
    "code_digests",
    "decoding_point",
    "delay",
    "ffmpeg_arguments",
    "find",
    "in_files",
    "make",
    "names_qualities",
    "parse",
    "require",
    "settled",
    "try_out",
    "weight_overrides",
    "weights_needed",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
