"""Encoders driven as a stream drives them: one encoder, frame after frame, with PyAV alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from ahc_stream import codecs
from ahc_stream.codecs.traditional.encoders import EncoderSpec, encoder_of
from ahc_stream.core.point import OperatingPoint

RATE = Fraction(25)


@dataclass(frozen=True)
class Coded:
    """sizes: bytes of each packet in coding order. held: the most frames in the encoder, and in it and the decoder."""

    sizes: tuple[int, ...]
    payload: bytes
    held_by_encoder: int
    held: int

    @property
    def kbits_per_second(self) -> float:
        return 8 * sum(self.sizes) * float(RATE) / len(self.sizes) / 1000


def encode(text: str, pictures: Sequence[np.ndarray], decoder_threads: int = 0) -> Coded:
    """uint8 [H, W, 3] each. A decoder follows where it has threads."""
    (point,) = codecs.parse(text)
    encoder = encoder_of(point)
    height, width = pictures[0].shape[:2]
    context = opened(encoder, point, height, width)
    decoder = _decoder(encoder, height, width, decoder_threads) if decoder_threads else None
    packets: list[bytes] = []
    shown = held_by_encoder = held = 0
    for number, picture in enumerate(pictures, start=1):
        new = context.encode(_frame(picture, number - 1, context.pix_fmt))
        packets += map(bytes, new)
        shown += sum(len(decoder.decode(_packet(packet))) for packet in new) if decoder else len(new)
        held_by_encoder, held = max(held_by_encoder, number - len(packets)), max(held, number - shown)
    packets += map(bytes, context.encode(None))
    return Coded(tuple(map(len, packets)), b"".join(packets), held_by_encoder, held)


def opened(encoder: EncoderSpec, point: OperatingPoint, height: int, width: int) -> av.VideoCodecContext:
    options = dict(point.options)
    context = av.Codec(encoder.name, "w").create("video")
    context.width, context.height, context.pix_fmt = width, height, options["pixel_format"]
    context.framerate, context.time_base = RATE, 1 / RATE
    context.thread_type, context.gop_size = "FRAME", int(options["gop"])
    context.thread_count = int(options["threads"])
    context.color_range = 2 if options["range"] == "full" else 1
    if not context.codec.intra_only:
        context.flags |= av.codec.context.Flags.closed_gop
    settings = encoder.settings(point.quality, options)
    context.qscale = "global_quality" in settings
    context.options = settings
    context.open()
    assert not context.options
    return context


def _decoder(encoder: EncoderSpec, height: int, width: int, threads: int) -> av.VideoCodecContext:
    decoder = av.CodecContext.create(encoder.decoder, "r")
    decoder.thread_type, decoder.thread_count = "AUTO", threads
    decoder.width, decoder.height = width, height
    return decoder


def _frame(picture: np.ndarray, number: int, pixel_format: str) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixel_format)
    frame.pts, frame.time_base = number, 1 / RATE
    return frame


def _packet(packet: av.Packet) -> av.Packet:
    """With FFmpeg's padding behind it, which an encoder's packet may lack once it is copied."""
    padded = av.Packet(packet.size)
    padded.update(bytes(packet))
    padded.pts, padded.is_keyframe = packet.pts, packet.is_keyframe
    return padded


def noise(count: int, height: int = 64, width: int = 64) -> list[np.ndarray]:
    """A textured picture that moves to the left by a pixel each frame."""
    grain = np.random.default_rng(0).integers(0, 64, (height, width + count, 3))
    slope = np.linspace(0, 190, width + count).astype(np.int64)[None, :, None]
    whole = (grain + slope).astype(np.uint8)
    return [np.ascontiguousarray(whole[:, start : start + width]) for start in range(count)]


@cache
def pictures_of(path: Path, height: int, width: int, count: int) -> tuple[np.ndarray, ...]:
    """The first frames of a clip, scaled; played forth and back where it is shorter, so that nothing jumps."""
    return tuple(picture for picture, _ in zip(_forth_and_back(path, height, width), range(count), strict=False))


def _forth_and_back(path: Path, height: int, width: int) -> Iterator[np.ndarray]:
    with av.open(path) as container:
        pictures = [
            frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
            for frame in container.decode(video=0)
        ]
    while True:
        yield from pictures
        yield from pictures[-2:0:-1]
