"""The command lines that code as a point does."""

from __future__ import annotations

import shlex

from ahc_stream import codecs
from ahc_stream.choosing.ladder import Rung


def commands(rung: Rung) -> tuple[str, ...]:
    """FFmpeg's where the point is an encoder of FFmpeg, then ours where files may name the codec."""
    lines = []
    options = codecs.ffmpeg_arguments(rung.point)
    if options:
        lines.append(f"ffmpeg -i INPUT {shlex.join(options)} OUTPUT.mkv")
    if codecs.in_files(rung.point.codec):
        lines.append(f"ahc-stream encode INPUT -o OUTPUT.ahc --codec {shlex.quote(rung.text)}")
    return tuple(lines)
