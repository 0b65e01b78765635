"""What an encoder says when it is opened: the wrappers of FFmpeg warn of options that they do not know, and go on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

from ahc_stream.core.scheduling import ordinary_priority

if TYPE_CHECKING:
    import av

_HEIGHT, _WIDTH, _RATE = 288, 352, Fraction(25)

os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 prints its configuration to stderr for every stream; 1 keeps its errors


def complaints(
    encoder: str,
    pixel_format: str,
    settings: Mapping[str, str],
    size: tuple[int, int] = (_HEIGHT, _WIDTH),
    rate: Fraction = _RATE,
) -> tuple[str, ...]:
    """The warnings and errors of an encoder that is opened with these options; no frame is coded.

    size, rate:  height and width in pixels, and frames per second; a small video where nothing is said.

    Encoders that refuse the size, or whose device is not here, say so at any options: compare with what is said without
    the options in question. What x265 and SVT-AV1 write past FFmpeg's log is not among them.
    """
    import av

    context = av.Codec(encoder, "w").create("video")
    (context.height, context.width), context.pix_fmt = size, pixel_format
    context.framerate, context.time_base, context.thread_count = rate, 1 / rate, 1
    context.color_range = 2 if pixel_format.startswith("yuvj") else 1
    context.options = dict(settings)
    with _warnings(), av.logging.Capture() as log:
        unread = _unread(context)
    logged = (text.strip().rstrip(".") for _, _, text in log)
    return (*logged, *(f"no option {name}" for name in unread))


@contextmanager
def _warnings() -> Iterator[None]:
    """FFmpeg's log as far as warnings, and each of them: a text that came before would be left out."""
    import av

    level, repeated = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.WARNING)
    av.logging.set_skip_repeated(False)
    try:
        yield
    finally:
        av.logging.set_level(level)
        av.logging.set_skip_repeated(repeated)


def _unread(context: av.VideoCodecContext) -> tuple[str, ...]:
    """The options that nobody read; none where the encoder did not open, for then its log says why."""
    import av

    try:
        with ordinary_priority():
            context.open()
    except av.FFmpegError:
        return ()
    return tuple(context.options)
