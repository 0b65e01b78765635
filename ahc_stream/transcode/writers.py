"""Decoded frames as files: a folder of PNGs, one PNG, or a video."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from ahc_stream.core.colour import Bytes
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.file_names import readable
from ahc_stream.core.foreign_text import shown
from ahc_stream.core.threads import spread
from ahc_stream.transcode.decoded import Decoded, DecodedClip
from ahc_stream.transcode.outputs import finished_file, finished_folder
from ahc_stream.transcode.progress import FrameProgress
from ahc_stream.transcode.video import FORMATS, VideoFile

PNG_EFFORT = 3  # zlib's level: a third of the default's time for some percent of size

Write = Callable[[Decoded, Path, bool, FrameProgress], str]
"""Takes what is decoded, the output, whether to replace what is there, and the progress; says what it wrote."""


def writer_of(out: Path) -> Write:
    """What writes an output of that suffix. Raises InvalidValue for one that nothing writes."""
    suffix = out.suffix.lower()
    if suffix in FORMATS:
        return write_video
    if suffix == ".png":
        return write_picture
    if suffix and not out.is_dir():
        known = ", ".join([*FORMATS, ".png"])
        raise InvalidValue(f"an output ending in {known}, or a folder", str(out), "name a folder without a dot")
    return write_folder


def write_folder(decoded: Decoded, out: Path, force: bool, progress: FrameProgress) -> str:
    """Stills under their names, frames of video under their numbers, all as PNG."""
    names: set[str] = set()
    with finished_folder(out, force) as folder:
        for clip in decoded.clips:
            files = [folder / _new_file(name, names) for name in _names(clip)]
            spread(lambda to_write: _save(*to_write), list(zip(files, _pictures(clip), strict=True)))
            progress(len(names))
    return f"{len(names)} PNG files in {out}"


def write_picture(decoded: Decoded, out: Path, force: bool, progress: FrameProgress) -> str:
    """The only frame."""
    if decoded.count != 1:
        todo = "name a folder, or one frame with --frames"
        raise InvalidValue(f"one frame for {out}", f"{decoded.count}", todo)
    with finished_file(out, force) as partial:
        for clip in decoded.clips:
            _save(partial, next(_pictures(clip)))
            progress(1)
    return f"{out}"


def write_video(decoded: Decoded, out: Path, force: bool, progress: FrameProgress) -> str:
    """All frames with their times. Those of a part are counted from its first frame."""
    if decoded.medium != "video":
        raise InvalidValue(f"video for {out}", "stills, which have no times", "name a folder, or a .png")
    done = 0
    with (
        finished_file(out, force) as partial,
        VideoFile(partial, decoded.time_base, decoded.is_part, decoded.presentation) as video,
    ):
        for clip in decoded.clips:
            for planes, ticks in zip(clip.frames.cpu().numpy(), clip.ticks, strict=True):
                video.add(planes, ticks)
            done += len(clip.frames)
            progress(done)
    return f"{done} frames in {out}: {video.description}"


def _names(clip: DecodedClip) -> list[str]:
    return list(clip.names) or [f"{clip.first + index:06d}" for index in range(len(clip.frames))]


def _new_file(name: str, names: set[str]) -> str:
    """The relative path of a picture, called as `readable` has its name. Raises CodecError for a name that leaves the
    folder, or comes twice."""
    path = PurePosixPath(readable(name))
    stays_inside = not path.is_absolute() and ".." not in path.parts
    if not name or not path.name or "\0" in name or not stays_inside or str(path) in names:
        raise CodecError("a new name inside the folder", shown(name), "do not trust this file")
    names.add(str(path))
    return f"{path}.png"


def _pictures(clip: DecodedClip) -> Iterator[Bytes]:
    """Each frame, uint8 [H, W, 3]."""
    return iter(clip.frames.cpu().permute(0, 2, 3, 1).contiguous().numpy())


def _save(path: Path, rgb: Bytes) -> None:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rgb).save(path, "PNG", compress_level=PNG_EFFORT)
