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
from ahc_stream.codecs.spec import parse
from ahc_stream.codecs.table import CODECS

if TYPE_CHECKING:
    from ahc_stream.codecs.making import bring, code_digests, make, try_out, weight_overrides

__all__ = [
    "ANY_ENCODER",
    "CODECS",
    "CONTROL",
    "CodecEntry",
    "Knob",
    "LearnedCodec",
    "add",
    "bring",
    "code_digests",
    "decoding_point",
    "delay",
    "find",
    "in_files",
    "make",
    "parse",
    "settled",
    "try_out",
    "weight_overrides",
    "weights_needed",
]


def __getattr__(name: str) -> Any:
    if name not in ("bring", "code_digests", "make", "try_out", "weight_overrides"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("ahc_stream.codecs.making"), name)
