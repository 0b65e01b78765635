"""Codecs by name: `parse` reads an operating point, `make` builds its codec, `delay` bounds the frames that it
holds, `CODECS` lists what there is, and `add` takes one of your own.

Importing this loads no codec library.
"""

from ahc_stream.codecs.entry import CodecEntry
from ahc_stream.codecs.knob import CONTROL, Knob
from ahc_stream.codecs.learned.codec import LearnedCodec
from ahc_stream.codecs.registry import (
    ANY_ENCODER,
    add,
    decoding_point,
    delay,
    find,
    labelled,
    make,
    weight_overrides,
    weights_needed,
)
from ahc_stream.codecs.spec import parse
from ahc_stream.codecs.table import CODECS

__all__ = [
    "ANY_ENCODER",
    "CODECS",
    "CONTROL",
    "CodecEntry",
    "Knob",
    "LearnedCodec",
    "add",
    "decoding_point",
    "delay",
    "find",
    "labelled",
    "make",
    "parse",
    "weight_overrides",
    "weights_needed",
]
