"""What the tests of learned codecs share: small pictures and clips, fresh codecs, damaged streams."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream import codecs
from ahc_stream.codecs.learned import model as learned_model
from ahc_stream.codecs.learned.bmshj2018 import FACTORIZED, FACTORIZED_RELU, HYPERPRIOR
from ahc_stream.codecs.learned.cheng2020 import ANCHOR, ATTENTION, CHECKERBOARD
from ahc_stream.codecs.learned.elic2022 import CHANDELIER, OFFICIAL
from ahc_stream.codecs.learned.flow_networks import FlowWidths
from ahc_stream.codecs.learned.mbt2018 import CONTEXT, MEAN_SCALE
from ahc_stream.codecs.learned.random_weights import random_networks
from ahc_stream.codecs.learned.ssf2020 import SCALE_SPACE_FLOW
from ahc_stream.codecs.learned.vbr import CONTEXT as VARIABLE_CONTEXT
from ahc_stream.codecs.learned.vbr import HYPERPRIOR as VARIABLE_HYPERPRIOR
from ahc_stream.codecs.learned.vbr import MEAN_SCALE as VARIABLE_MEAN_SCALE
from ahc_stream.codecs.learned.video import LearnedVideo
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.stream import Stream

CPU = torch.device("cpu")


def pictures(count: int, height: int, width: int, seed: int = 0) -> Tensor:
    """uint8 [count, 3, height, width]: smooth patches with some noise, each of its own."""
    random = torch.Generator().manual_seed(seed)
    smooth = F.interpolate(torch.rand(count, 3, 6, 6, generator=random), size=(height, width), mode="bilinear")
    noise = torch.rand(count, 3, height, width, generator=random)
    return (255 * (0.85 * smooth + 0.15 * noise)).to(torch.uint8)


def clip_of(frames: Tensor, consecutive: bool = False) -> Clip:
    keys = tuple(FrameKey("test", "clip", i) for i in range(len(frames)))
    return Clip(frames, keys, torch.arange(len(frames), dtype=torch.float64) / 25, consecutive)


ARCHITECTURES = {
    "bmshj2018-factorized": FACTORIZED,
    "bmshj2018-factorized-relu": FACTORIZED_RELU,
    "bmshj2018-hyperprior": HYPERPRIOR,
    "bmshj2018-hyperprior-vbr": VARIABLE_HYPERPRIOR,
    "mbt2018-mean": MEAN_SCALE,
    "mbt2018-mean-vbr": VARIABLE_MEAN_SCALE,
    "mbt2018": CONTEXT,
    "mbt2018-vbr": VARIABLE_CONTEXT,
    "cheng2020-anchor": ANCHOR,
    "cheng2020-anchor-checkerboard": CHECKERBOARD,
    "cheng2020-attn": ATTENTION,
    "elic2022-official": OFFICIAL,
    "elic2022-chandelier": CHANDELIER,
    "ssf2020": SCALE_SPACE_FLOW,
}
NARROW = {
    "cheng2020-anchor": (16,),
    "cheng2020-anchor-checkerboard": (18,),  # of a third of which its layers have multiples
    "cheng2020-attn": (16,),
    "ssf2020": (FlowWidths(),),
    "elic2022-official": (12, 20, (2, 4, 6, 8)),
    "elic2022-chandelier": (12, 20, (2, 4, 6, 8)),
    "bmshj2018-hyperprior-vbr": (16, 24, True),
    "mbt2018-mean-vbr": (16, 24, True),
}
"""Channels of each architecture that does not take (16, 24)."""


def narrow_channels(name: str) -> tuple:
    return NARROW.get(name, (16, 24))


@cache
def narrow(name: str, seed: int = 0) -> str:
    """A checkpoint file of that architecture with few channels, but for ssf2020, and random weights."""
    folder = Path(tempfile.mkdtemp(prefix="ahc-narrow-"))
    atexit.register(shutil.rmtree, folder)
    with torch.no_grad():
        networks = random_networks(ARCHITECTURES[name], narrow_channels(name), seed)
    torch.save(networks.state_dict(), folder / f"{name}.pth")
    return str(folder / f"{name}.pth")


def codec_of(name: str, weights: str | None = None, quality: float = 1, **options: str):
    """A codec with the narrow network, or with other weights."""
    return codecs.make(OperatingPoint(name, quality, tuple(options.items())), CPU, weights or narrow(name))


def fresh_codec_of(name: str, weights: str | None = None, **options: str):
    """A codec whose network is loaded anew: nothing of an encoder's can have stayed behind."""
    learned_model._loaded.forget()
    return codec_of(name, weights, **options)


def sent(bitstream: Bitstream) -> Bitstream:
    """The bitstream after a journey as bytes."""
    return Bitstream.from_bytes(bitstream.to_bytes())


def damaged(bitstream: Bitstream, count: int) -> Iterator[Bitstream]:
    """`count` copies, each with one byte inverted, spread over the first unit's payload."""
    unit = bitstream.units[0]
    for i in range(count):
        at = i * (len(unit.payload) - 1) // (count - 1)
        payload = bytearray(unit.payload)
        payload[at] ^= 0xFF
        yield replace(bitstream, units=(replace(unit, payload=bytes(payload)), *bitstream.units[1:]))


def errors_of_damage(codec, count: int) -> int:
    """How many of `count` damaged copies of a picture's stream the codec refuses; it never decodes another picture."""
    bitstream, reconstruction = codec.encode_with_reconstruction(clip_of(pictures(1, 64, 64)))
    errors = 0
    for each in damaged(bitstream, count):
        try:
            # the last bits of a string may say nothing about its symbols; then the picture is the right one
            assert torch.equal(codec.decode(each), reconstruction)
        except CodecError as error:
            errors += 1
            assert "frame 0" in str(error)
    return errors


def reconstructed(codec, clip: Clip) -> tuple[Bitstream, Tensor]:
    """The bitstream, and the pictures that the encoder expects a decoder to make: uint8 [N, 3, H, W]."""
    if not isinstance(codec, LearnedVideo):
        return codec.encode_with_reconstruction(clip)
    pictures: dict[int, Tensor] = {}
    encoder = codec.encoder(Stream.of(clip), watch=pictures.__setitem__)
    units = (*encoder.push(clip), *encoder.finish())
    bitstream = Bitstream(codec.point.codec, encoder.header, tuple(units))
    return bitstream, torch.cat([pictures[frame] for frame in range(len(clip))])
