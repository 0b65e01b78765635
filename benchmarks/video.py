"""ssf2020 against CompressAI's own loop: whole encode and decode with real strings, twelve frames of 448 x 256.

    CompressAI  encode_keyframe, encode_inter and their decoders, one frame after the other, as its codec example does,
                the reference clamped
    ours        a session's encode and decode within `keeping_memory`, as in a run, in the default transforms and in
                `fixed` ones

A window slides over one picture, two pixels a frame. Random weights. Rows of one thread are CPU time, those of two
threads wall time.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from harness import Row, median_seconds, require
from torch import Tensor
from whole import CLOCKS, CPU, kept, torch_threads

from ahc_stream import codecs
from ahc_stream.benches.compressai_loops import VideoLoop
from ahc_stream.codecs.learned.video import LearnedVideo
from ahc_stream.core import sessions
from ahc_stream.core.clip import Clip, FrameKey

FRAMES, HEIGHT, WIDTH = 12, 256, 448
GOPS = (12, 4)  # one GOP, three GOPs
ROUNDS = 2
GOALS = {"float32": 1.4, "fixed": 2.5}
"""Transforms -> how many times faster than CompressAI."""


def ssf2020(picture: Tensor) -> list[Row]:
    """Rows for one GOP and for several; `picture`: float32 [3, >= 256, >= 470] in 0..1."""
    clip = _sliding(picture)
    return [row for gop in GOPS for row in _rows(clip, gop)]


def _sliding(picture: Tensor) -> Clip:
    levels = (picture * 255).round().to(torch.uint8)
    frames = torch.stack([levels[:, :HEIGHT, 2 * t : 2 * t + WIDTH] for t in range(FRAMES)])
    keys = tuple(FrameKey("bench", "sliding", t) for t in range(FRAMES))
    return Clip(frames, keys, torch.arange(FRAMES, dtype=torch.float64) / 25, consecutive=True)


def _rows(clip: Clip, gop: int) -> list[Row]:
    ours = {name: _codec(f"ssf2020@1:gop={gop}:transforms={name}") for name in GOALS}
    theirs = VideoLoop(ours["float32"].model.network, clip, gop)
    theirs.encode()
    coded = {name: sessions.encode(codec, clip) for name, codec in ours.items()}
    for name, bitstream in coded.items():
        require(
            abs(sum(bitstream.payload_bits) / theirs.bits - 1) < 1e-3, f"{name}: the rate is CompressAI's within 0.1 %"
        )
    rows = []
    for threads, (unit, clock) in CLOCKS.items():
        works: dict[str, Callable[[], object]] = {"peer encode": theirs.encode, "peer decode": theirs.decode}
        for name, codec in ours.items():
            works[f"{name} encode"] = kept(lambda codec=codec: sessions.encode(codec, clip))
            works[f"{name} decode"] = kept(lambda codec=codec, name=name: sessions.decode(codec, coded[name]))
        with torch_threads(threads):
            seconds = {name: spent / len(clip) for name, spent in median_seconds(works, ROUNDS, clock).items()}
        peer = seconds["peer encode"] + seconds["peer decode"]
        what = f"ssf2020 {WIDTH}x{HEIGHT}, {FRAMES} frames, {FRAMES // gop} GOP, {threads} thread{'s' * (threads > 1)}"
        rows += [
            Row(
                f"{what}: encode + decode, {name}",
                unit.replace("picture", "frame"),
                seconds[f"{name} encode"] + seconds[f"{name} decode"],
                peer,
                "CompressAI",
                goal,
            )
            for name, goal in GOALS.items()
        ]
    return rows


def _codec(text: str) -> LearnedVideo:
    return codecs.make(codecs.parse(text)[0], CPU, "random:0")
