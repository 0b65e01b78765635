"""How many frames a codec may hold before it gives the first one back: the bound on memory that a stream needs.

Each bound follows the encoder's own source (x264's `i_delay`, x265's lookahead and frame threads), or, where an encoder
takes frames as fast as they come (SVT-AV1, vvenc), the size of its buffers as measured: feeding frames one by one and
counting those that have not come back. `tests/codecs/test_delay.py` measures again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from ahc_stream.codecs.table import ANY_ENCODER, find
from ahc_stream.codecs.traditional.encoders import encoder_of
from ahc_stream.codecs.traditional.pixels import WORKERS
from ahc_stream.codecs.traditional.rates import NONE
from ahc_stream.core.point import OperatingPoint

Options = Mapping[str, str]

MOST_GOPS = 8
"""Of scale-space flow, in step on a GPU. A short stream fills its batch up with zeros, which cost as much as frames."""

_DECODER = WORKERS + 3  # a frame in each thread, and those that wait for their turn in display order
_X264_LOOKAHEAD = {"ultrafast": 0, "superfast": 0, "veryfast": 10, "faster": 20, "fast": 30, "medium": 40, "slow": 50}
_X264_LONGEST_LOOKAHEAD = 60  # of slower, veryslow and placebo
_X264_TRELLIS = frozenset({"slow", "slower", "veryslow", "placebo"})  # B frames are placed by a search
_X265_LOOKAHEAD = {"ultrafast": 5, "superfast": 10, "veryfast": 15, "faster": 15, "fast": 15, "medium": 20, "slow": 25}
_X265_LONGER_LOOKAHEAD = 40  # of slower and veryslow
_X265_LONGEST_LOOKAHEAD = 60  # of placebo
_SVT_BUFFERS = {1: 96, 2: 128, 3: 144, 4: 192, 5: 224}  # by threads
_SVT_MOST_BUFFERS = 512
_VVENC_GOP = 32
_LIBRARY = 768
"""For libraries and devices whose look-ahead a point's own options may set: x264's is 250 at most, SVT-AV1's 120 beside
its buffers."""
_VPX = 32  # its lag is 25 frames at most
_B_FRAMES = 16  # the most that FFmpeg's own encoders take
_DEVICES = ("_nvenc", "_qsv", "_amf", "_v4l2m2m")


def delay(point: OperatingPoint, device: torch.device) -> int:
    """The most frames that encoder and decoder together may hold before they give the first one back; 0 for stills, and
    for a learned codec that codes frame by frame. No encoder here counts its look-ahead in seconds."""
    entry = find(point.codec)
    options = dict(entry.point(point.codec, point.quality, dict(point.options)).options)
    if point.codec.startswith(ANY_ENCODER):
        return _any(point, options) + _DECODER
    if entry.medium == "still":
        return 0
    if entry.family == "learned":
        return int(options["gop"]) * MOST_GOPS if device.type == "cuda" else 0
    return _NAMED[point.codec](options) + _DECODER


def _x264(options: Options) -> int:
    """x264 encoder/encoder.c, `h->frames.i_delay`. FFmpeg leaves its variable frame rate on, which costs one."""
    threads, bframes = int(options["threads"]), int(options["bframes"])
    if options["tune"] == "zerolatency":
        return threads
    longest = bframes if options["preset"] not in _X264_TRELLIS else 4 * max(bframes, 3)
    look_ahead = _X264_LOOKAHEAD.get(options["preset"], _X264_LONGEST_LOOKAHEAD)
    if options["maxrate"] == NONE:
        look_ahead = min(look_ahead, int(options["gop"]))
    return max(longest, look_ahead) + threads - 1 + bframes + 1 + 1


def _x265(options: Options) -> int:
    """The look-ahead's queue, a group of B frames, a frame in each thread, and one on either side."""
    longer = _X265_LONGEST_LOOKAHEAD if options["preset"] == "placebo" else _X265_LONGER_LOOKAHEAD
    look_ahead = _X265_LOOKAHEAD.get(options["preset"], longer)
    return look_ahead + int(options["bframes"]) + int(options["threads"]) + 2


def _svtav1(options: Options) -> int:
    """Its input queue, which it fills while it is behind: how many it holds depends on the time it takes."""
    return _SVT_BUFFERS.get(int(options["threads"]), _SVT_MOST_BUFFERS)


def _vvenc(options: Options) -> int:
    """Two groups of pictures, look-ahead for the filter over time, threads, and the queues of the program around it."""
    return 2 * _VVENC_GOP + 16 + 4 * int(options["threads"])


_NAMED: Mapping[str, Callable[[Options], int]] = {"h264": _x264, "h265": _x265, "av1": _svtav1, "vvc": _vvenc}


def _any(point: OperatingPoint, options: Options) -> int:
    """Encoders of FFmpeg's own hold B frames and a frame in each thread; libraries and devices look ahead."""
    name = encoder_of(point).name
    if name.startswith("libvpx"):
        return _VPX
    if name.startswith("lib") or name.endswith(_DEVICES):
        return _LIBRARY
    return _B_FRAMES + int(options["threads"])
