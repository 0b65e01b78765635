"""How many frames an encoder may hold before it gives the first one back: the bound on memory that a stream needs.

Each bound follows the encoder's own source (x264's `i_delay`, x265's lookahead and frame threads), or, where an encoder
takes frames as fast as they come (SVT-AV1), the size of its buffers as measured: feeding frames one by one and
counting those that have not come back. `tests/codecs/test_delay.py` measures again. No encoder here counts its
look-ahead in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ahc_stream.codecs.traditional.rates import NONE
from ahc_stream.codecs.traditional.workers import WORKERS

if TYPE_CHECKING:
    import torch

Options = Mapping[str, str]

_DECODER = WORKERS + 3  # a frame in each thread, and those that wait for their turn in display order

_X264_LOOKAHEAD = {"ultrafast": 0, "superfast": 0, "veryfast": 10, "faster": 20, "fast": 30, "medium": 40, "slow": 50}
_X264_LONGEST_LOOKAHEAD = 60  # of slower, veryslow and placebo
_X264_TRELLIS = frozenset({"slow", "slower", "veryslow", "placebo"})  # B frames are placed by a search

_X265_LOOKAHEAD = {"ultrafast": 5, "superfast": 10, "veryfast": 15, "faster": 15, "fast": 15, "medium": 20, "slow": 25}
_X265_LONGER_LOOKAHEAD = 40  # of slower and veryslow
_X265_LONGEST_LOOKAHEAD = 60  # of placebo

_SVT_BUFFERS = {1: 96, 2: 128, 3: 144, 4: 192, 5: 224}  # by threads
_SVT_MOST_BUFFERS = 512

AOM_LAG = 35
"""Frames that libaom looks ahead: what `ffmpeg_settings` asks of it, and its own default."""
IN_PROGRAM = {"vvc": 192, "av1-aom": 96, "av1-rav1e": 96}
"""Frames that an encoder in the ffmpeg program is given, at most, before one must have come back: `ProgramEncoder`
waits there, for a pipe holds hundreds of small frames. Fed slowly, vvenc and the reader of its transport stream kept
144, libaom 35, rav1e 21."""

_LIBRARY = 768
"""For libraries and devices whose look-ahead a point's own options may set: x264's is 250 at most, SVT-AV1's 120 beside
its buffers."""
_VPX = 32  # its lag is 25 frames at most
_B_FRAMES = 16  # the most that FFmpeg's own encoders take
_DEVICES = ("_nvenc", "_qsv", "_amf", "_v4l2m2m")


def x264(options: Options, device: torch.device) -> int:
    """x264 encoder/encoder.c, `h->frames.i_delay`. FFmpeg leaves its variable frame rate on, which costs one."""
    threads, bframes = int(options["threads"]), int(options["bframes"])
    if options["tune"] == "zerolatency":
        return threads + _DECODER
    longest = 4 * max(bframes, 3) if options["preset"] in _X264_TRELLIS else bframes
    look_ahead = _X264_LOOKAHEAD.get(options["preset"], _X264_LONGEST_LOOKAHEAD)
    if options["maxrate"] == NONE:
        look_ahead = min(look_ahead, int(options["gop"]))
    return max(longest, look_ahead) + threads - 1 + bframes + 1 + 1 + _DECODER


def x265(options: Options, device: torch.device) -> int:
    """The look-ahead's queue, a group of B frames, a frame in each thread, and one on either side."""
    longer = _X265_LONGEST_LOOKAHEAD if options["preset"] == "placebo" else _X265_LONGER_LOOKAHEAD
    look_ahead = _X265_LOOKAHEAD.get(options["preset"], longer)
    return look_ahead + int(options["bframes"]) + int(options["threads"]) + 2 + _DECODER


def svtav1(options: Options, device: torch.device) -> int:
    """Its input queue, which it fills while it is behind: how many it holds depends on the time it takes."""
    return _SVT_BUFFERS.get(int(options["threads"]), _SVT_MOST_BUFFERS) + _DECODER


def in_program(name: str, options: Options, device: torch.device) -> int:
    """Of an encoder in the ffmpeg program, by the codec's name."""
    return IN_PROGRAM[name] + _DECODER


def vpx(options: Options, device: torch.device) -> int:
    """Of VP9: its lag."""
    return _VPX + _DECODER


def any_encoder(name: str, options: Options, device: torch.device) -> int:
    """Of FFmpeg, by its name there. Its own encoders hold B frames and a frame in each thread; libraries and devices
    look ahead."""
    if name.startswith("libvpx"):
        return _VPX + _DECODER
    if name.startswith("lib") or name.endswith(_DEVICES):
        return _LIBRARY + _DECODER
    return _B_FRAMES + int(options["threads"]) + _DECODER
