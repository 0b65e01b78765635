"""Options that many encoders of video share, and what they do to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from ahc_stream.codecs.entry import BIT_RATE, CONTROL, Asked, BitRate, Form, Option
from ahc_stream.codecs.traditional import rates
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
    "bound on the bit rate, in bits per second, held over `bufsize` (VBV); with one thread, so that bytes repeat",
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
    """`bufsize` of 2 x maxrate where only that is named, and one thread. InvalidValue for bounds without effect."""
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
    return {**_in_one_thread(asked, "maxrate"), "bufsize": rate_text(bufsize or 2 * maxrate)}


def _in_one_thread(asked: Asked, control: str) -> Mapping[str, str]:
    """Where threads race for what is left of a rate, bytes change from run to run: of one clip x264 and x265 with VBV gave
    ten streams in ten runs, and so did SVT-AV1 at a bit rate; with one thread, one. InvalidValue for more threads."""
    if asked.named.get("threads", "1") != "1":
        got = f"threads={asked.named['threads']} beside {control}, whose bytes then change from run to run"
        raise asked.refused(f"threads=1 beside {control}", got, "write threads=1, or leave it out")
    return {**asked.values, "threads": "1"}


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


def settle_svtav1(asked: Asked) -> Mapping[str, str]:
    """SVT-AV1 bounds the rate of a constant quality only, and aims at a bit rate only where not every frame is an I frame."""
    values = asked.values
    if values[CONTROL] != BIT_RATE:
        return settle_buffer(asked)
    if values["maxrate"] != rates.NONE:
        got = f"maxrate={values['maxrate']} beside a bit rate, which SVT-AV1 refuses"
        raise asked.refused("maxrate beside a CRF", got, f"write {asked.codec}@32:maxrate={values['maxrate']}")
    if values["gop"] == "1":
        got = "gop=1 beside a bit rate, which SVT-AV1 refuses"
        raise asked.refused("gop=1 beside a CRF", got, f"write {asked.codec}@32:gop=1, or a longer gop")
    return settle_buffer(replace(asked, values=_in_one_thread(asked, "a bit rate")))
