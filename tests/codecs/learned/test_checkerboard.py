"""Latents in a few steps, by checkerboards and groups of channels: CompressAI's strings and pictures."""

from __future__ import annotations

import pytest
import torch

from ahc_stream.codecs.learned.checkpoint import State
from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.core.errors import CodecError
from tests.codecs.learned.learned import ARCHITECTURES, NARROW, clip_of, codec_of, narrow, pictures

BOARD, OFFICIAL, CHANDELIER = "cheng2020-anchor-checkerboard", "elic2022-official", "elic2022-chandelier"
PADDING = PicturePadding(65, 130, 64)
SEEN_BY_THE_LAST = {OFFICIAL: (True, True, True), CHANDELIER: (True, False, True)}
"""Of four groups, whether the last sees the one before."""


@torch.no_grad()
@pytest.mark.usefixtures("one_thread")  # with two, a sum's order depends on how a call is cut among them
@pytest.mark.parametrize("name", [BOARD, OFFICIAL, CHANDELIER])
def test_strings_and_picture_are_those_of_compressai(name):
    frames = pictures(2, 65, 130)
    codec = codec_of(name)
    bitstream, reconstruction = codec.encode_with_reconstruction(clip_of(frames))
    for i, unit in enumerate(bitstream.units):
        theirs = codec.model.network.compress(PADDING.to_network(frames[i : i + 1]))
        x_hat = codec.model.network.decompress(**{key: theirs[key] for key in ("strings", "shape")})["x_hat"]
        strings = [string for (string,) in theirs["strings"]]
        assert unit.payload == b"".join(strings) and list(unit.parts) == [len(string) for string in strings]
        assert bitstream.header["latent"] == list(theirs["shape"]["hyper"])
        assert torch.equal(reconstruction[i : i + 1], PADDING.to_frames(x_hat))


@torch.no_grad()
@pytest.mark.parametrize("name", [BOARD, OFFICIAL, CHANDELIER])
def test_the_estimate_is_that_of_forward(name):
    codec, frames = codec_of(name), pictures(1, 65, 130)
    likelihoods = codec.model.network(PADDING.to_network(frames))["likelihoods"].values()
    forward = sum(float(-torch.log2(each).double().sum()) for each in likelihoods)
    assert codec.encode(clip_of(frames)).estimated_bits[0] == pytest.approx(forward, rel=1e-6)


@torch.no_grad()
def test_what_is_between_the_anchors_is_coded_under_what_they_are():
    board = codec_of(BOARD).prior.steps
    sides = torch.randn(2, 1, 36, 4, 4, generator=torch.Generator().manual_seed(0))
    nothing = torch.zeros(2, 1, 18, 4, 4)
    anchors = nothing.clone()
    anchors[0] = 3
    between = nothing.clone()
    between[1] = 3
    first, second = (board._parameters(step, nothing, sides)[0] for step in (0, 1))
    assert torch.equal(board._parameters(0, anchors, sides)[0], first)
    assert not torch.equal(board._parameters(1, anchors, sides)[0], second)
    assert torch.equal(board._parameters(1, between, sides)[0], second)


@torch.no_grad()
@pytest.mark.parametrize("name", [OFFICIAL, CHANDELIER])
def test_a_group_sees_the_groups_that_its_architecture_lets_it_see(name):
    _, _, widths = NARROW[name]
    groups = codec_of(name).prior.steps
    hyper, known = torch.zeros(1, 8, 4, 4), [torch.zeros(1, width, 4, 4) for width in widths[:-1]]
    nothing = groups._side(known, hyper)
    for number, seen in enumerate(SEEN_BY_THE_LAST[name]):
        other = [torch.ones_like(each) if number == i else each for i, each in enumerate(known)]
        assert torch.equal(groups._side(other, hyper), nothing) != seen
    assert torch.equal(groups._side([], hyper), hyper)


@pytest.mark.parametrize("name", [OFFICIAL, CHANDELIER])
def test_a_frame_has_two_strings_for_each_group_and_one_of_z(name):
    prior = codec_of(name).prior
    assert prior.steps.count == 2 * len(NARROW[name][2]) and prior.strings == prior.steps.count + 1


@pytest.mark.parametrize("name", [OFFICIAL, CHANDELIER])
def test_a_checkpoint_says_how_its_channels_are_grouped(name):
    state: State = torch.load(narrow(name))
    assert ARCHITECTURES[name].channels_of(state) == NARROW[name]
    other = {OFFICIAL: CHANDELIER, CHANDELIER: OFFICIAL}[name]
    with pytest.raises(CodecError, match=f"a checkpoint of {other}"):
        codec_of(other, narrow(name))
