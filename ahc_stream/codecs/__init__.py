"""Codecs by name: `parse` reads an operating point, `make` builds its codec, `delay` bounds the frames that it
holds, `CODECS` lists what there is.

Importing this loads no codec library. A codec of your own needs no table: `core.protocols.Codec` is structural.
"""

from ahc_stream.codecs.delay import delay
from ahc_stream.codecs.entry import CONTROL, Entry, Knob, Option
from ahc_stream.codecs.spec import parse
from ahc_stream.codecs.table import ANY_ENCODER, CODECS, find, labelled, make, own_weights, weights_needed

__all__ = [
    "ANY_ENCODER",
    "CODECS",
    "CONTROL",
    "Entry",
    "Knob",
    "Option",
    "delay",
    "find",
    "labelled",
    "make",
    "own_weights",
    "parse",
    "weights_needed",
]
