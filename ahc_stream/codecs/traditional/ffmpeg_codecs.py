"""The encoders of video that PyAV's FFmpeg has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ahc_stream.core.errors import UnknownName

if TYPE_CHECKING:
    import av


def ffmpeg_codec(encoder: str) -> av.Codec:
    """The encoder by FFmpeg's name of it. Raises UnknownName."""
    import av

    try:
        codec = av.Codec(encoder, "w")
    except av.codec.codec.UnknownCodecError:
        codec = None
    if codec is None or codec.type != "video":
        raise UnknownName.among("video encoder of this FFmpeg", encoder, _video_encoders())
    return codec


def _video_encoders() -> list[str]:
    import av

    names = []
    for name in av.codecs_available:
        try:
            codec = av.Codec(name, "w")
        except av.codec.codec.UnknownCodecError:  # a decoder only
            continue
        if codec.type == "video":
            names.append(name)
    return names
