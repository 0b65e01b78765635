"""Videos made with the ffmpeg program, changed packet by packet, and what the sources make of them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

import av
import imageio_ffmpeg
import numpy as np

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.sources import DEFAULT_LIMITS, BrokenStill, Limits, OpenedItem, opened
from tests.sources.streams import CPU

CASES = Path(__file__).with_name("cases")
IMAGE_SUFFIXES = frozenset({".avif", ".bmp", ".gif", ".jp2", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})


def ffmpeg(*arguments: str | Path) -> None:
    """Runs the ffmpeg program."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-nostdin", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def film(path: Path, *options: str, frames: int = 20, size: str = "128x96", rate: int = 10) -> Path:
    """A test picture that moves, encoded by the ffmpeg program with these options; returns `path`."""
    source = f"testsrc2=size={size}:rate={rate}"
    ffmpeg("-f", "lavfi", "-i", source, "-frames:v", str(frames), "-pix_fmt", "yuv420p", *options, path)
    return path


def drawn(path: Path, source: str, *options: str, frames: int = 3) -> Path:
    """Frames of a source of FFmpeg's filters, encoded with these options; returns `path`."""
    ffmpeg("-f", "lavfi", "-i", source, "-frames:v", str(frames), *options, path)
    return path


def dropping(source: Path, expression: str, name: str) -> Path:
    """`source` without the packets of which FFmpeg's `expression` holds, n being their number in decoding order."""
    target = source.with_stem(f"{source.stem}_{name}")
    ffmpeg("-i", source, "-c", "copy", "-copyinkf", "-bsf:v", f"noise=drop='{expression}'", target)
    return target


def without(source: Path, number: int) -> Path:
    """`source` without its packet `number`, beside it."""
    return dropping(source, f"eq(n,{number})", "lost")


def packets_of(path: Path) -> list[av.Packet]:
    """Of the first video stream, in decoding order."""
    with av.open(str(path)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


def from_key(source: Path, which: int = 1) -> Path:
    """`source` from its key frame `which` on, beside it."""
    keys = [number for number, packet in enumerate(packets_of(source)) if packet.is_keyframe]
    return dropping(source, f"lt(n,{keys[which]})", "from_key")


def count_by_ffmpeg(path: Path) -> int:
    """Frames that the ffmpeg program decodes."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-fps_mode", "passthrough"]
    done = subprocess.run([*command, "-f", "framecrc", "-"], capture_output=True, check=True, text=True)
    return sum(not line.startswith("#") for line in done.stdout.splitlines())


class Outcome(NamedTuple):
    """What came of an item: uint8 [N, H, W, 3] frames of one size, their times, the error that ended it, the notes."""

    frames: np.ndarray
    seconds: list[float]
    error: MediaError | MissingData | None
    notes: list[str]
    opened: OpenedItem

    @property
    def count(self) -> int:
        return len(self.seconds)

    def notes_with(self, text: str) -> list[str]:
        return [note for note in self.notes if text in note]


def outcome(path: Path, stream: int | None = None, limits: Limits = DEFAULT_LIMITS, isolate: bool = False) -> Outcome:
    """The item of one file, taken to its end."""
    if path.suffix.lower() in IMAGE_SUFFIXES:
        item = Item("d", path.stem, "stills", (path,), (path.stem,))
    else:
        item = Item("d", path.stem, "video", (path,), stream=stream)
    clips, error = [], None
    media = opened(item, 4, CPU, limits=limits, isolate=isolate)
    try:
        for clip in media.clips():
            if isinstance(clip, BrokenStill):
                error = clip.error
            else:
                clips.append(clip)
    except (MediaError, MissingData) as raised:
        error = raised
    frames = [clip.frames.permute(0, 2, 3, 1).numpy() for clip in clips]
    seconds = [time for clip in clips for time in clip.pts_seconds.tolist()]
    return Outcome(np.concatenate(frames) if frames else np.empty(0), seconds, error, texts(media), media)


def texts(media: OpenedItem) -> list[str]:
    return [note.text for note in media.notes]


def cut(path: Path, share: float) -> Path:
    """The beginning of a file, beside it."""
    target = path.with_stem(f"{path.stem}_cut")
    data = path.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def zeroed(path: Path, share: float) -> Path:
    """A file whose end is zeros, as of a download that was given its size beforehand."""
    target = path.with_stem(f"{path.stem}_zeroed")
    data = path.read_bytes()
    kept = int(len(data) * share)
    target.write_bytes(data[:kept] + bytes(len(data) - kept))
    return target
