"""The checkerboard context model: CompressAI's strings and pictures, in two steps."""

from __future__ import annotations

import torch

from ahc_stream.codecs.learned.padding import PicturePadding
from tests.codecs.learned.learned import clip_of, codec_of, pictures

NAME = "cheng2020-anchor-checkerboard"
PADDING = PicturePadding(65, 130, 64)


@torch.no_grad()
def test_strings_and_picture_are_those_of_compressai():
    frames = pictures(2, 65, 130)
    codec = codec_of(NAME)
    bitstream, reconstruction = codec.encode_with_reconstruction(clip_of(frames))
    for i, unit in enumerate(bitstream.units):
        theirs = codec.model.network.compress(PADDING.to_network(frames[i : i + 1]))
        x_hat = codec.model.network.decompress(**{key: theirs[key] for key in ("strings", "shape")})["x_hat"]
        assert unit.payload == b"".join(string for (string,) in theirs["strings"])
        assert bitstream.header["latent"] == list(theirs["shape"]["hyper"])
        assert torch.equal(reconstruction[i : i + 1], PADDING.to_frames(x_hat))


@torch.no_grad()
def test_what_is_between_the_anchors_is_coded_under_what_they_are():
    prior = codec_of(NAME).prior
    hyper = torch.randn(1, 36, 4, 8, generator=torch.Generator().manual_seed(0))
    nothing = torch.zeros(2, 1, 18, 4, 4)
    anchors = nothing.clone()
    anchors[0] = 3
    between = nothing.clone()
    between[1] = 3
    first, second = (prior._parameters(step, nothing, hyper)[0] for step in (0, 1))
    assert torch.equal(prior._parameters(0, anchors, hyper)[0], first)
    assert not torch.equal(prior._parameters(1, anchors, hyper)[0], second)
    assert torch.equal(prior._parameters(1, between, hyper)[0], second)
