"""Options that many encoders of video share, and what they do to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from ahc_stream.codecs import rates
from ahc_stream.codecs.entry import BIT_RATE, CONTROL, Asked, BitRate, Form, Option
from ahc_stream.core import segment
from ahc_stream.core.quality import rate_text

RATE = BitRate("bit rate", 1, rates.HIGHEST, (), higher_is_better=True, control=BIT_RATE)
"""What a quality is under `control=bitrate`: the mean over the stream that the encoder aims at."""

GOP = Option("32", "most frames from one I frame to the next; GOPs are closed", bounds=(1, 100_000))

EVERY_FRAME = Option("1", "every frame is an I frame", choices=("1",))
"""`gop` of an encoder that codes each frame alone."""

SEGMENT = Option(
    segment.NONE,
    "closed parts of a stream, each coded by an encoder of its own, as chunked encoders do",
    form=Form(segment.TAKES, segment.spelling),
)

CODING_OPTIONS: Mapping[str, Option] = {
    "gop": GOP,
    "matrix": Option("bt709", "RGB to YCbCr matrix, tagged in the stream", choices=("bt709", "bt601")),
    "range": Option("limited", "YCbCr range, tagged in the stream", choices=("limited", "full")),
    "segment": SEGMENT,
    "threads": Option(
        "4", "threads of one encoder: fixed, because x264's and x265's bytes depend on it", bounds=(1, 16)
    ),
}
"""What every encoder that runs through FFmpeg takes."""

MAXRATE = Option(
    rates.NONE,
    "bound on the bit rate, in bits per second, held over `bufsize` (VBV)",
    form=Form(rates.TAKES, partial(rates.spelling, highest=rates.HIGHEST)),
)
BUFSIZE = Option(
    rates.NONE,
    "bits in the buffer that `maxrate` fills; 2 x maxrate where none is named",
    form=Form(rates.TAKES, partial(rates.spelling, highest=2 * rates.HIGHEST)),
)
BUFFER: Mapping[str, Option] = {"maxrate": MAXRATE, "bufsize": BUFSIZE}
"""VBV, with a bit rate or with CRF (capped CRF)."""


def settle_buffer(asked: Asked) -> Mapping[str, str]:
    """`bufsize` of 2 x maxrate where only that is named. InvalidValue for bounds that the encoder would ignore."""
    values = asked.values
    maxrate, bufsize = rates.kbits(values["maxrate"]), rates.kbits(values["bufsize"])
    if maxrate is None and bufsize is not None:
        got = f"bufsize={values['bufsize']} alone, which has no effect"
        raise asked.refused("maxrate beside bufsize", got, "add maxrate=1M, or leave bufsize out")
    if maxrate is None:
        return values
    if values[CONTROL] == BIT_RATE and maxrate < asked.quality:
        got = f"maxrate={values['maxrate']} below the bit rate {rate_text(asked.quality)}"
        raise asked.refused("maxrate of at least the bit rate", got, f"write maxrate={rate_text(asked.quality)}")
    return {**values, "bufsize": rate_text(bufsize or 2 * maxrate)}


def settle_latency(asked: Asked) -> Mapping[str, str]:
    """`tune=zerolatency` is without B frames: InvalidValue where they are named beside it."""
    if asked.values["tune"] != "zerolatency":
        return asked.values
    if asked.named.get("bframes", "0") != "0":
        got = f"bframes={asked.named['bframes']} beside it"
        raise asked.refused("tune=zerolatency without B frames", got, "leave one of the two out")
    return {**asked.values, "bframes": "0"}


def settle_x26x(asked: Asked) -> Mapping[str, str]:
    """Of x264 and x265."""
    return settle_buffer(replace(asked, values=settle_latency(asked)))


def settle_av1(asked: Asked) -> Mapping[str, str]:
    """SVT-AV1 bounds the rate of a constant quality only."""
    maxrate = asked.values["maxrate"]
    if maxrate != rates.NONE and asked.values[CONTROL] == BIT_RATE:
        got = f"maxrate={maxrate} beside a bit rate, which SVT-AV1 refuses"
        raise asked.refused("maxrate beside a CRF", got, f"write {asked.codec}@32:maxrate={maxrate}")
    return settle_buffer(asked)
