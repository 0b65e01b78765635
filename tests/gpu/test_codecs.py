"""Every codec of the table on the pretended GPU: no devices mixed, and what is decoded is what its encoder expected."""

from __future__ import annotations

import pytest
import torch

from ahc_stream import codecs
from ahc_stream.codecs.table import BUILT_IN, CODECS
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import MissingExtra
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import decode, encode
from tests.codecs.learned.learned import ARCHITECTURES, clip_of, narrow, pictures, reconstructed, sent
from tests.gpu.pretend import CUDA, Gpu

LEARNED = sorted(name for name in BUILT_IN if CODECS[name].family == "learned")
OTHERS = sorted(BUILT_IN.difference(LEARNED))


def codec_on_gpu(name: str, **options: str):
    weights = narrow(name) if name in ARCHITECTURES else None
    quality = None if CODECS[name].knob is None else CODECS[name].knob.defaults[0]
    return codecs.make(OperatingPoint(name, quality, tuple(options.items())), CUDA, weights)


def clip_on_gpu(count: int, side: int = 64, consecutive: bool = False) -> Clip:
    return clip_of(pictures(count, side, side).to(CUDA), consecutive)


@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_codec_decodes_what_it_encoded(gpu: Gpu, name: str) -> None:
    codec = codec_on_gpu(name)
    clip = clip_on_gpu(2, consecutive=CODECS[name].medium == "video")
    bitstream, expected = reconstructed(codec, clip)
    frames = decode(codec, sent(bitstream))
    assert bitstream.header["device"] == "cuda"
    assert frames.device == CUDA and torch.equal(frames, expected)


@pytest.mark.parametrize("name", OTHERS)
def test_a_traditional_codec_takes_frames_of_the_gpu_and_gives_them_back_there(gpu: Gpu, name: str) -> None:
    try:
        codec = codec_on_gpu(name)
        frames = decode(codec, sent(encode(codec, clip_on_gpu(2, consecutive=True))))
    except MissingExtra as error:
        pytest.skip(str(error))
    assert frames.device == CUDA and frames.shape == (2, 3, 64, 64)
