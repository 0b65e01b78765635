"""transforms=fixed: the networks up to rounding, and the same pictures whatever threads encoder and decoder have."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from ahc_stream import codecs
from ahc_stream.codecs.learned.fixed_networks import fixed
from ahc_stream.core import sessions
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.threads import torch_threads
from tests.codecs.learned.learned import CPU, clip_of, codec_of, fresh_codec_of, pictures, reconstructed, sent

IMAGES = [
    "bmshj2018-factorized",
    "bmshj2018-factorized-relu",
    "bmshj2018-hyperprior",
    "mbt2018-mean",
    "mbt2018-mean-vbr",
    "mbt2018",
    "cheng2020-anchor",
    "cheng2020-attn",
    "elic2022-official",
]


@torch.no_grad()
@pytest.mark.parametrize("name", IMAGES)
def test_the_networks_are_compressais_up_to_rounding(name):
    network = codec_of(name).model.network
    picture = pictures(1, 64, 128) / 255
    latent = network.g_a(picture)
    for ours, theirs in ((fixed(network.g_a)(picture), latent), (fixed(network.g_s)(latent), network.g_s(latent))):
        # some ten layers of 1e-5 each; on some processors oneDNN's own sums, which are compared with, round by 3e-4
        assert (ours - theirs).abs().max() <= 5e-4 * theirs.abs().max()


@pytest.mark.parametrize("name", [*IMAGES, "ssf2020"])
def test_a_decoder_with_other_threads_gives_the_encoders_reconstruction(name):
    clip = clip_of(pictures(2, 65, 130), consecutive=True)
    with torch_threads(4):
        bitstream, reconstruction = reconstructed(codec_of(name, transforms="fixed"), clip)
    assert bitstream.header["transforms"] == "fixed"
    with torch_threads(1):
        decoded = sessions.decode(fresh_codec_of(name, transforms="fixed"), sent(bitstream))
    assert torch.equal(decoded, reconstruction)


@pytest.mark.parametrize("name", [*IMAGES, "ssf2020"])
def test_a_decoder_takes_the_transforms_of_the_stream(name):
    clip = clip_of(pictures(2, 64, 64), consecutive=True)
    codec = codec_of(name, transforms="fixed")
    bitstream, reconstruction = reconstructed(codec, clip)
    assert torch.equal(sessions.decode(codec_of(name), bitstream), reconstruction)
    theirs, reconstruction = reconstructed(codec_of(name), clip)
    assert torch.equal(sessions.decode(codec, theirs), reconstruction)


@pytest.mark.parametrize("name", IMAGES)
def test_rate_and_pictures_are_those_of_compressais_transforms_up_to_rounding(name):
    """A symbol on the edge between two may be the other one. A context model then quantises all later ones otherwise,
    around another mean: its pictures are as close to the original, and not to each other."""
    clip = clip_of(pictures(1, 128, 128))
    bitstream, picture = reconstructed(codec_of(name, "random:0", transforms="fixed"), clip)
    theirs, their_picture = reconstructed(codec_of(name, "random:0"), clip)
    assert bitstream.payload_bits[0] == pytest.approx(theirs.payload_bits[0], rel=2e-3)
    if name in IMAGES[:3]:
        assert (picture.int() - their_picture.int()).abs().float().mean() < 0.02


def test_a_stream_of_unknown_transforms_is_refused():
    codec = codec_of(IMAGES[0])
    bitstream = codec.encode(clip_of(pictures(1, 64, 64)))
    for wrong in ("float8", 3):
        with pytest.raises(InvalidValue, match="transforms as one of compressai, fixed"):
            codec.decode(replace(bitstream, header={**bitstream.header, "transforms": wrong}))


def test_compressais_transforms_are_named_neither_in_a_point_nor_in_a_header():
    for text in ("mbt2018-mean@1", "mbt2018-mean@1:transforms=compressai"):
        assert codecs.parse(text)[0].options_text == "metric=mse"
    assert codecs.parse("mbt2018-mean@1:transforms=fixed")[0].options_text == "metric=mse:transforms=fixed"
    assert "transforms" not in codec_of(IMAGES[0]).encode(clip_of(pictures(1, 64, 64))).header


def test_lanes_share_one_copy_and_it_goes_with_the_networks():
    network = codec_of(IMAGES[2]).model.network
    assert fixed(network.g_a) is fixed(network.g_a)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 4, 7, padding=3),
        nn.Conv2d(4, 4, 3),
        nn.Conv2d(4, 4, 3, padding=1, groups=2),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.ConvTranspose2d(4, 4, 5, 2, 2),
        nn.Sequential(nn.Conv2d(4, 36, 3, padding=1), nn.PixelShuffle(3)),
    ],
)
def test_a_layer_that_has_no_such_form_is_an_error(layer):
    with pytest.raises(CodecError, match="transforms=fixed"):
        fixed(nn.Sequential(layer))


def test_another_device_is_refused():
    codec = codec_of(IMAGES[0])
    elsewhere = replace(codec, model=replace(codec.model, device=torch.device("meta")))
    bitstream = codec.encode(clip_of(pictures(1, 64, 64)))
    with pytest.raises(CodecError, match="CPU"):
        elsewhere.decode(replace(bitstream, header={**bitstream.header, "transforms": "fixed"}))
    assert codec.model.device == CPU
