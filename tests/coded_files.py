"""What the tests of coded files share: items to encode, and the frames of a file."""

from __future__ import annotations

from pathlib import Path

import torch

from ahc_stream import codecs, sources
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.roundtrip import Coding
from ahc_stream.core.stream import Stream
from ahc_stream.transcode import encode_items, open_coded_file

CPU = torch.device("cpu")


def stills(folder: Path) -> list[Item]:
    paths = tuple(sorted(folder.rglob("*.png")))
    return [Item("set", "all", "stills", paths, tuple(path.stem for path in paths))]


def video(path: Path) -> list[Item]:
    return [Item("set", path.stem, "video", (path,))]


def sequence(folder: Path, rate: float = 25.0) -> list[Item]:
    return [Item("set", "moving", "sequence", tuple(sorted(folder.glob("*.png"))), frames_per_second=rate)]


def encoded(items: list[Item], text: str, out: Path, **options: object) -> Path:
    encode_items(items, codecs.parse(text)[0], out, CPU, **options)
    return out


def frames_of(path: Path, **options: object) -> torch.Tensor:
    with open_coded_file(path, CPU, **options) as decoded:
        frames = torch.cat([clip.frames for clip in decoded.clips])
        assert len(frames) == decoded.count
        return frames


def passed_through(items: list[Item], text: str, clip_frames: int = 16) -> torch.Tensor:
    """The frames of one video or sequence as its codec gives them, without a file."""
    clips, timing = clips_of(items, clip_frames), sources.timing(items[0])
    stream = Stream.begun_by(clips[0], timing.frames_per_second, timing.time_base)
    coding = Coding(codecs.make(codecs.parse(text)[0], CPU), stream, CPU)
    trips = [trip for clip in clips for trip in coding.push(clip)]
    return torch.cat([trip.decoded.frames for trip in (*trips, *coding.finish())])


def clips_of(items: list[Item], clip_frames: int) -> list[Clip]:
    return [clip for item in items for clip in sources.open_item(item, clip_frames, CPU)]
