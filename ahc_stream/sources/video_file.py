"""A video file, opened so that nothing but this one file is read, and no foreign error gets out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ahc_stream.core.errors import AhcStreamError, MediaError, MissingData
from ahc_stream.sources.limits import DEFAULT_LIMITS, Limits
from ahc_stream.sources.reasons import reason_for
from ahc_stream.sources.streams import choose_stream

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

DEMUXERS = (
    "mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "m4v", "h264", "hevc", "vvc", "h263", "ivf", "obu", "av1",
    "yuv4mpegpipe", "mjpeg", "flv", "asf", "ogg", "mxf", "gif", "apng", "nut", "dv", "rm", "vc1",
)  # fmt: skip
"""FFmpeg's names of the containers that are opened: those that hold video themselves. Playlists and scripts (concat,
hls, dash, image2 ...) name other files, and are refused whatever their suffix."""
CLOSED = {"protocol_whitelist": "file", "format_whitelist": ",".join(DEMUXERS)}
"""Options of a container that keep it from opening anything else."""
DETECTION = "crccheck+bitstream+buffer+explode"
"""FFmpeg's error detection: checksums are checked, and a broken frame is an error instead of a guess."""


class OpenedVideo(NamedTuple):
    """A file that can be read from its beginning.

    notes:  what is said about the choice of the stream.
    """

    container: InputContainer
    stream: VideoStream
    notes: tuple[str, ...]


@contextmanager
def opened(path: Path, index: int | None = None, limits: Limits = DEFAULT_LIMITS) -> Iterator[OpenedVideo]:
    """The container and its best video stream, or the stream `index`. Raises MissingData and MediaError."""
    if not path.is_file():
        raise MissingData(f"a video file at {path}", "no such file", "check the path, or fetch the dataset again")
    with media_errors(path, index):
        container = _open(path)
        stream, notes = choose_stream(container, path, index)
        number = stream.index
        if len(container.streams.video) > 1:  # packets were read to choose among them
            container.close()
            container = _open(path)
    with container:
        chosen = next(candidate for candidate in container.streams.video if candidate.index == number)
        limits.check_frame(chosen.codec_context.width, chosen.codec_context.height, path)
        chosen.codec_context.options = {"err_detect": DETECTION, "max_pixels": str(limits.frame_pixels)}
        yield OpenedVideo(container, chosen, notes)


def _open(path: Path) -> InputContainer:
    import av

    return av.open(path, "r", options=dict(CLOSED), metadata_errors="replace")


@contextmanager
def media_errors(path: Path, index: int | None = None) -> Iterator[None]:
    """Turns whatever is raised about a foreign file into a MediaError that names it.

    Everything, and not FFmpeg's errors alone: PyAV raises errors of Python's own for files that it did not foresee
    (UnicodeDecodeError, OverflowError, AttributeError of a codec that is None), and one bad item must end no run.
    """
    import av

    try:
        yield
    except AhcStreamError:
        raise
    except av.FFmpegError as error:
        got = error.strerror or str(error)
        reason = reason_for(path, index, CLOSED, {"err_detect": DETECTION})
        raise MediaError(f"a readable video at {path}", f"{got}: {reason}" if reason else got, CHECK_FILE) from error
    except Exception as error:  # of kinds that the decoders' bindings do not tell: it is named by its kind
        raise MediaError(f"a readable video at {path}", f"{type(error).__name__}: {error}", CHECK_FILE) from error


CHECK_FILE = "play it with ffmpeg to see where it breaks, or leave it out"
