"""Whole learned image codecs, pictures to strings and back, against CompressAI's own `compress` and `decompress`.

    CompressAI  one picture after the other, as its codec example does, under malloc's usual rules
    ours        `encode` and `decode` of a clip of the same pictures, within `keeping_memory`, as in a run; a turn
                begins and ends it, so that its memory is faulted in anew each time

Rows of one thread are CPU time, those of two threads wall time: the latter need a machine with two idle cores.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from harness import Row, median_seconds, require
from kodak import pictures
from torch import Tensor

from ahc_stream import codecs
from ahc_stream.benches.compressai_loops import ImageLoop
from ahc_stream.codecs.learned.image import LearnedImage
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.heap import keeping_memory
from ahc_stream.core.threads import torch_threads

CPU = torch.device("cpu")
CLOCKS = {1: ("s CPU a picture", time.process_time), 2: ("s a picture", time.perf_counter)}
"""By the number of threads."""


def whole_rows() -> list[Row]:
    """Pictures to strings and back; one for cheng2020-anchor, which takes CompressAI long. The goals of the default
    transforms are what the same bits allow."""
    frames = _frames()
    return [
        *whole_image("mbt2018-mean@4", frames[:4], {"compressai": 2.0, "fixed": 3.0}, rounds=3),
        *whole_image("cheng2020-anchor@4", frames[:1], {"compressai": 3.5, "fixed": 6.0}),
    ]


def stepped_rows() -> list[Row]:
    """The same where a latent takes CompressAI a few steps too, so that the transforms are nearly all."""
    frames = _frames()
    return [
        *whole_image("cheng2020-anchor-checkerboard@4", frames[:2], {"compressai": 1.0, "fixed": 2.0}),
        *whole_image("elic2022-official@4", frames[:2], {"compressai": 1.0, "fixed": 2.0}),
    ]


def _frames() -> Tensor:
    """uint8 [N, 3, H, W]."""
    return (pictures()[0] * 255).round().to(torch.uint8)


def whole_image(text: str, frames: Tensor, goals: dict[str, float], rounds: int = 1) -> list[Row]:
    """Rows for a codec at a point, `mbt2018-mean@4`, in each of the transforms that `goals` names, over uint8 frames
    [N, 3, H, W]. Checked first: what is decoded is what the encoder expects, and the rate is CompressAI's."""
    clip = clip_of(frames)
    ours = {name: _codec(f"{text}:transforms={name}") for name in goals}
    peer = _codec(text)
    theirs = ImageLoop(peer.model.network, peer.multiple, frames)
    theirs.there_and_back()
    for name, codec in ours.items():
        _check(f"{text}, transforms={name}", codec, clip, theirs)
    return [row for threads in CLOCKS for row in _rows(text, threads, ours, theirs, clip, goals, rounds)]


def clip_of(frames: Tensor) -> Clip:
    """Unrelated stills."""
    keys = tuple(FrameKey("bench", str(index), 0) for index in range(len(frames)))
    return Clip(frames, keys, torch.zeros(len(frames), dtype=torch.float64), consecutive=False)


def kept(work: Callable[[], object]) -> Callable[[], None]:
    """The work as a run does it."""

    def run() -> None:
        with keeping_memory():
            work()

    return run


def _codec(text: str) -> LearnedImage:
    return codecs.make(codecs.parse(text)[0], CPU, "random:0")


def _check(name: str, codec: LearnedImage, clip: Clip, theirs: ImageLoop) -> None:
    bitstream, reconstruction = codec.encode_with_reconstruction(clip)
    require(torch.equal(codec.decode(bitstream), reconstruction), f"{name}: the decoder has the encoder's pictures")
    bits = sum(bitstream.payload_bits)
    require(abs(bits / theirs.bits - 1) < 2e-3, f"{name}: the rate is CompressAI's within 0.2 %")


def _rows(
    text: str,
    threads: int,
    ours: dict[str, LearnedImage],
    theirs: ImageLoop,
    clip: Clip,
    goals: dict[str, float],
    rounds: int,
) -> list[Row]:
    unit, clock = CLOCKS[threads]
    works: dict[str, Callable[[], object]] = {"peer": theirs.there_and_back}
    works |= {name: kept(lambda codec=codec: codec.decode(codec.encode(clip))) for name, codec in ours.items()}
    with torch_threads(threads):
        seconds = median_seconds(works, rounds, clock)
    what = f"{text}, {len(clip)} of {clip.width}x{clip.height}, {threads} thread{'s' * (threads > 1)}"
    peer = seconds["peer"] / len(clip)
    return [
        Row(f"{what}: encode + decode, {name}", unit, seconds[name] / len(clip), peer, "CompressAI", goal)
        for name, goal in goals.items()
    ]
