"""What cuDNN is called with: the memory layout, the type and the rounding that an arithmetic of transforms promises."""

from __future__ import annotations

import pytest
import torch

from ahc_stream.core.sessions import decode
from tests.codecs.learned.learned import reconstructed
from tests.gpu.pretend import Convolution, Gpu
from tests.gpu.test_codecs import clip_on_gpu, codec_on_gpu

TENSOR_CORES = [
    ("ssf2020-lite", "float16", Convolution(True, torch.float16, False)),
    ("ssf2020-lite", "tf32", Convolution(True, torch.float32, True)),
    ("mbt2018-mean", "tf32", Convolution(True, torch.float32, True)),
]
PLAIN = Convolution(False, torch.float32, False)
"""Of the entropy parameters, whatever the transforms are."""


@pytest.mark.parametrize(("name", "transforms", "kind"), TENSOR_CORES)
def test_transforms_keep_channels_last_and_entropy_parameters_stay_as_they_are(
    gpu: Gpu, name: str, transforms: str, kind: Convolution
) -> None:
    clip = clip_on_gpu(2, consecutive=name == "ssf2020-lite")
    codec = codec_on_gpu(name, transforms=transforms)
    bitstream, expected = reconstructed(codec, clip)
    assert bitstream.header["transforms"] == transforms
    assert torch.equal(decode(codec, bitstream), expected)
    assert set(gpu.convolutions) == {kind, PLAIN}
    with_transforms = gpu.convolutions.count(kind)
    gpu.convolutions.clear()
    plain_codec = codec_on_gpu(name)
    plain_bitstream, _ = reconstructed(plain_codec, clip)
    decode(plain_codec, plain_bitstream)
    assert set(gpu.convolutions) == {PLAIN} and with_transforms < len(gpu.convolutions)
