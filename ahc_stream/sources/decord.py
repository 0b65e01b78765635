"""Video through decord, in a process of its own.

Why a process: decord can hang with the GIL held when a container promises more frames than it has (decord #373), and
nothing inside the process can end that. A child costs 0.3 s per video and one copy per frame. It is never asked for
more frames than the file has packets.

decord converts with the stream's matrix and range (BT.601 where there is no tag) but repeats each chroma sample where
the others interpolate: ten and more grey levels of difference at 4:2:0, none at 4:4:4. So it opens 4:4:4 only.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import numpy as np
import torch

from ahc_stream.core.clip import Clip, FrameKey, Item
from ahc_stream.core.errors import MediaError, MissingExtra
from ahc_stream.sources.discoveries import Discoveries
from ahc_stream.sources.frames import Frame
from ahc_stream.sources.gather import clips_of
from ahc_stream.sources.limits import DEFAULT_LIMITS, Limits
from ahc_stream.sources.probe import Video, probe
from ahc_stream.sources.watchdog import watched

_CHILD = Path(__file__).with_name("decord_child.py")


def open_video(
    found: Discoveries, clip_frames: int, device: torch.device, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Clip]:
    """The clips of a video that `refusal` does not refuse; MediaError otherwise."""
    item = found.item
    if find_spec("decord") is None:
        raise MissingExtra.of("decord2", "all")
    if item.medium != "video":
        raise MediaError("a video", f"{item.medium} {item.name}", "choose the source images")
    video = probe(item.paths[0], item.stream, limits)
    reason = refusal(video)
    if reason:
        raise MediaError(
            f"a stream that decord decodes as the others do at {video.path}", reason, "choose the source pyav"
        )
    found.take(video.notes, video.presentation)
    with tempfile.TemporaryFile() as complaints:
        arguments = map(str, (_CHILD, video.path, len(video.pts_seconds), video.height, video.width))
        child = subprocess.Popen([sys.executable, "-P", *arguments], stdout=subprocess.PIPE, stderr=complaints)
        assert child.stdout is not None, "it was asked for"
        try:
            frames = watched(_frames(child.stdout, complaints, item, video), item.name)
            yield from clips_of(frames, clip_frames, device, consecutive=True, limits=limits)
        finally:
            child.kill()
            child.wait()


def refusal(video: Video) -> str | None:
    """Why decord would not give the RGB that the other sources give, or None."""
    if video.damage or video.peculiarity:
        return video.damage or video.peculiarity
    if video.pixel_format not in ("yuv444p", "yuvj444p"):
        return f"{video.pixel_format}, whose chroma decord does not interpolate"
    if video.colour.matrix == "bt2020" or (video.colour.matrix == "bt709" and not video.matrix_tagged):
        return "a matrix that decord does not apply"
    if video.rotation:
        return f"a rotation by {video.rotation} degrees, which decord applies"
    return None


def _frames(pipe: IO[bytes], complaints: IO[bytes], item: Item, video: Video) -> Iterator[Frame]:
    size = video.height * video.width * 3
    for index, seconds in enumerate(video.pts_seconds):
        data = pipe.read(size)
        if len(data) != size:
            complaints.seek(0)
            last = complaints.read().decode(errors="replace").strip().splitlines()[-1:]
            raise MediaError(
                f"{len(video.pts_seconds)} frames of {video.path}", f"{index}: {last}", "choose the source pyav"
            )
        planes = np.frombuffer(data, np.uint8).reshape(video.height, video.width, 3).transpose(2, 0, 1)
        yield Frame(FrameKey(item.dataset, item.name, index), seconds, planes)
