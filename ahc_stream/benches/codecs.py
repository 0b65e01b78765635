"""Learned codecs with real bitstreams, encode and decode, beside CompressAI's own loop on the same device.

Weights are random ones that behave like trained ones: the time does not depend on what they are. What is decoded is
first held to what the encoder expects, and the rate to CompressAI's.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from ahc_stream import codecs
from ahc_stream.benches.compressai_loops import ImageLoop, VideoLoop
from ahc_stream.benches.material import stills, video
from ahc_stream.benches.row import Row
from ahc_stream.benches.size import Size
from ahc_stream.benches.timing import Work, finished, median_seconds, require
from ahc_stream.core import sessions
from ahc_stream.core.heap import keeping_memory

GOP = 12
WEIGHTS = "random:0"
RATE_TOLERANCE = 2e-3
"""Relative: transforms of other libraries move single symbols."""


def ssf2020(size: Size) -> list[Row]:
    """Frames per second of a clip, both ways."""
    clip = video(size.frames, size.height, size.width, size.device)
    codec = codec_of(f"ssf2020@3:gop={GOP}", size.device)
    theirs = VideoLoop(codec.model.network, clip, GOP)
    bitstream = sessions.encode(codec, clip)
    theirs.encode()
    _check_rate("ssf2020", sum(bitstream.payload_bits), theirs.bits)
    works = {
        "encode": lambda: sessions.encode(codec, clip),
        "decode": lambda: sessions.decode(codec, bitstream),
        "their encode": theirs.encode,
        "their decode": theirs.decode,
    }
    with keeping_memory():
        seconds = median_seconds({name: finished(size.device, work) for name, work in works.items()}, 1)
    what = f"ssf2020@3, {size.frames} frames of {size.of_frames}"
    is_gpu = size.device.type == "cuda"
    return [
        Row(
            f"{what}: {way}",
            "frames/s",
            len(clip) / seconds[way],
            len(clip) / seconds[f"their {way}"],
            "CompressAI",
            higher_is_better=True,
            target=target if is_gpu else None,
        )
        for way, target in (("encode", 100), ("decode", 150))
    ]


def mbt2018_mean(size: Size) -> list[Row]:
    """Round trips of stills without a context model."""
    return _images("mbt2018-mean@8", size, size.images, goal=10, target=150)


def cheng2020_anchor(size: Size) -> list[Row]:
    """Round trips of stills through a context model, which the peer walks pixel by pixel on the host."""
    return _images("cheng2020-anchor@6", size, size.peer_images, goal=100, target=50)


PARTS = (ssf2020, mbt2018_mean, cheng2020_anchor)


def codec_of(text: str, device: torch.device) -> Any:
    """The learned codec of a point such as "ssf2020@3"."""
    return codecs.make(codecs.parse(text)[0], device, WEIGHTS)


def _images(text: str, size: Size, peer_images: int, goal: float, target: float) -> list[Row]:
    clip = stills(size.images, size.still, size.device)
    codec = codec_of(text, size.device)
    bitstream, reconstruction = codec.encode_with_reconstruction(clip)
    require(torch.equal(codec.decode(bitstream), reconstruction), f"{text}: the decoder has the encoder's pictures")
    theirs = ImageLoop(codec.model.network, codec.multiple, clip.frames[:peer_images])
    theirs.there_and_back()
    _check_rate(text, sum(bitstream.payload_bits[:peer_images]), theirs.bits)
    works: dict[str, Work] = {
        "ours": lambda: codec.decode(codec.encode(clip)),
        "decode": partial(codec.decode, bitstream),
        "theirs": theirs.there_and_back,
    }
    with keeping_memory():
        seconds = median_seconds({name: finished(size.device, work) for name, work in works.items()}, 1)
    is_gpu = size.device.type == "cuda"
    what = f"{text}, {size.images} stills of {clip.width} x {clip.height}"
    return [
        Row(
            f"{what}: encode and decode",
            "images/s",
            size.images / seconds["ours"],
            peer_images / seconds["theirs"],
            "CompressAI",
            goal=goal if is_gpu else None,
            higher_is_better=True,
        ),
        Row(
            f"{what}: decode",
            "images/s",
            size.images / seconds["decode"],
            higher_is_better=True,
            target=target if is_gpu else None,
        ),
    ]


def _check_rate(name: str, ours: int, theirs: int) -> None:
    require(abs(ours / theirs - 1) < RATE_TOLERANCE, f"{name}: the rate is CompressAI's within {RATE_TOLERANCE:.1%}")
