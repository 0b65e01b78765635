"""Options that many encoders of video share, and what they do to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from ahc_stream.codecs.entry import PointRequest
from ahc_stream.codecs.knob import BIT_RATE, BitRate
from ahc_stream.codecs.traditional import rates
from ahc_stream.core import segment_length
from ahc_stream.core.option import Form, Option, Whole, one_of
from ahc_stream.core.quality import rate_text

RATE = BitRate("bit rate", 1, rates.HIGHEST, (), higher_is_better=True, control=BIT_RATE)
"""What a quality is under `control=bitrate`: the mean over the stream that the encoder aims at."""

GOP = Option("32", "Most frames from one I frame to the next; GOPs are closed.", Whole(1, 100_000))

EVERY_FRAME = Option("1", "Every frame is an I frame.", one_of("1"))
"""`gop` of an encoder that codes each frame alone."""

SEGMENT = Option(
    segment_length.NONE,
    "Closed parts of a stream, each coded by an encoder of its own, as chunked encoders do.",
    Form(segment_length.TAKES, segment_length.spelling),
)

CODING_OPTIONS: Mapping[str, Option] = {
    "gop": GOP,
    "matrix": Option("bt709", "RGB to YCbCr matrix, tagged in the stream.", one_of("bt709", "bt601")),
    "range": Option("limited", "YCbCr range, tagged in the stream.", one_of("limited", "full")),
    "segment": SEGMENT,
    "threads": Option(
        "4",
        "Threads of one encoder; they are fixed, because x264's and x265's bytes depend on their number.",
        Whole(1, 16),
    ),
}
"""What every encoder that runs through FFmpeg takes."""

MATRIX_TAGS: Mapping[str, str] = {"bt709": "bt709", "bt601": "smpte170m"}
"""`matrix` -> what the ffmpeg program calls it, and the primaries and the transfer that go with it."""
RANGE_TAGS: Mapping[str, str] = {"limited": "tv", "full": "pc"}
"""`range` -> what the ffmpeg program calls it."""

MAXRATE = Option(
    rates.NONE,
    "Bound on the bit rate, in bits per second, held over `bufsize` (VBV); with one thread, so that bytes repeat.",
    Form(rates.TAKES, partial(rates.spelling, highest=rates.HIGHEST)),
)
BUFSIZE = Option(
    rates.NONE,
    "Bits in the buffer that `maxrate` fills; 2 x maxrate where none is named.",
    Form(rates.TAKES, partial(rates.spelling, highest=2 * rates.HIGHEST)),
)
BUFFER: Mapping[str, Option] = {"maxrate": MAXRATE, "bufsize": BUFSIZE}
"""VBV, with a bit rate or with CRF (capped CRF)."""


def settle_buffer(request: PointRequest) -> Mapping[str, str]:
    """`bufsize` of 2 x maxrate where only that is named, and one thread. InvalidValue for bounds without effect."""
    values = request.values
    maxrate, bufsize = rates.kbits(values["maxrate"]), rates.kbits(values["bufsize"])
    if maxrate is None and bufsize is not None:
        got = f"bufsize={values['bufsize']} alone, which has no effect"
        raise request.refused("maxrate beside bufsize", got, "add maxrate=1M, or leave bufsize out")
    if maxrate is None:
        return values
    rate = request.bit_rate
    if rate is not None and maxrate < rate:
        got = f"maxrate={values['maxrate']} below the bit rate {rate_text(rate)}"
        raise request.refused("maxrate of at least the bit rate", got, f"write maxrate={rate_text(rate)}")
    return {**_in_one_thread(request, "maxrate"), "bufsize": rate_text(bufsize or 2 * maxrate)}


def _in_one_thread(request: PointRequest, control: str) -> Mapping[str, str]:
    """Where threads race for what is left of a rate, bytes change from run to run: of one clip x264 and x265 with VBV
    gave ten streams in ten runs, and so did SVT-AV1 at a bit rate; with one thread, one. InvalidValue for more threads.
    """
    if request.named.get("threads", "1") != "1":
        got = f"threads={request.named['threads']} beside {control}, whose bytes then change from run to run"
        raise request.refused(f"threads=1 beside {control}", got, "write threads=1, or leave it out")
    return {**request.values, "threads": "1"}


def settle_latency(request: PointRequest) -> Mapping[str, str]:
    """`tune=zerolatency` is without B frames: InvalidValue where they are named beside it."""
    if request.values["tune"] != "zerolatency":
        return request.values
    if request.named.get("bframes", "0") != "0":
        got = f"bframes={request.named['bframes']} beside it"
        raise request.refused("tune=zerolatency without B frames", got, "leave one of the two out")
    return {**request.values, "bframes": "0"}


def settle_x26x(request: PointRequest) -> Mapping[str, str]:
    """Of x264 and x265."""
    return settle_buffer(replace(request, values=settle_latency(request)))


def settle_svtav1(request: PointRequest) -> Mapping[str, str]:
    """SVT-AV1 bounds the rate of a constant quality only, and aims at a bit rate only where not every frame is an I
    frame. InvalidValue for the rest."""
    values = request.values
    if request.bit_rate is None:
        return settle_buffer(request)
    if values["maxrate"] != rates.NONE:
        got = f"maxrate={values['maxrate']} beside a bit rate, which SVT-AV1 refuses"
        raise request.refused("maxrate beside a CRF", got, f"write {request.codec}@32:maxrate={values['maxrate']}")
    if values["gop"] == "1":
        got = "gop=1 beside a bit rate, which SVT-AV1 refuses"
        raise request.refused("gop=1 beside a CRF", got, f"write {request.codec}@32:gop=1, or a longer gop")
    return settle_buffer(replace(request, values=_in_one_thread(request, "a bit rate")))
