"""Image codecs that are not autoregressive: CompressAI's strings, exact decoding, errors in place of wrong pictures."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ahc_stream import codecs
from ahc_stream.codecs.learned import memory
from ahc_stream.codecs.learned import model as learned_model
from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.core.errors import CodecError, EntropyDesync, UnknownName
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.protocols import ClipCodec
from tests.codecs.learned.learned import (
    CPU,
    clip_of,
    codec_of,
    errors_of_damage,
    fresh_codec_of,
    narrow,
    pictures,
    sent,
)

MODELS = ["bmshj2018-factorized", "bmshj2018-hyperprior", "mbt2018-mean", "bmshj2018-factorized-relu"]
OTHERS = ["bmshj2018-hyperprior-vbr", "mbt2018-mean-vbr", "cheng2020-anchor-checkerboard", "elic2022-official"]
TWIN = "elic2022-chandelier"
"""Its networks are as wide and as deep as those of elic2022-official."""
ALL = [*MODELS, *OTHERS, TWIN]


def compressai_input(frames: torch.Tensor) -> torch.Tensor:
    return PicturePadding(*frames.shape[2:], 64).to_network(frames)


@pytest.mark.parametrize("name", MODELS)
def test_strings_and_picture_are_those_of_compressai(name):
    frames = pictures(2, 65, 130)
    codec = codec_of(name)
    bitstream, reconstruction = codec.encode_with_reconstruction(clip_of(frames))
    padding = PicturePadding(65, 130, 64)
    for i, unit in enumerate(bitstream.units):
        # one frame at a time, as the codec works on the CPU: a batch rounds some pixel in 50,000 the other way
        with torch.no_grad():
            theirs = codec.model.network.compress(padding.to_network(frames[i : i + 1]))
            x_hat = codec.model.network.decompress(theirs["strings"], theirs["shape"])["x_hat"]
        assert unit.payload == b"".join(string for (string,) in theirs["strings"])
        assert bitstream.header["latent"] == list(theirs["shape"])
        assert torch.equal(reconstruction[i : i + 1], padding.to_frames(x_hat))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("size", [(1, 1), (65, 130)])
def test_a_fresh_codec_decodes_the_encoders_reconstruction(name, size):
    clip = clip_of(pictures(2, *size))
    bitstream, reconstruction = codec_of(name).encode_with_reconstruction(clip)
    decoded = fresh_codec_of(name).decode(sent(bitstream))
    assert decoded.dtype == torch.uint8 and decoded.shape == clip.frames.shape
    assert torch.equal(decoded, reconstruction)


@pytest.mark.parametrize("name", ALL)
def test_three_frames_at_once_are_three_frames_one_by_one(name):
    frames = pictures(3, 64, 64)
    codec = codec_of(name)
    together = codec.encode(clip_of(frames))
    alone = [codec.encode(clip_of(frame[None])).units[0] for frame in frames]
    assert [unit.payload for unit in together.units] == [unit.payload for unit in alone]
    assert [unit.checksum for unit in together.units] == [unit.checksum for unit in alone]
    assert together.frame_types == ("I", "I", "I")
    assert len({unit.payload for unit in together.units}) == 3


@pytest.mark.parametrize("name", ALL)
def test_frames_come_in_presentation_order_whatever_the_order_of_their_units(name):
    codec = codec_of(name)
    bitstream, reconstruction = codec.encode_with_reconstruction(clip_of(pictures(3, 64, 64)))
    first, second, third = bitstream.units
    assert torch.equal(codec.decode(replace(bitstream, units=(third, first, second))), reconstruction)


def test_a_picture_that_memory_cannot_hold_is_refused_before_its_strings_are_read(monkeypatch):
    codec = codec_of(MODELS[0])
    bitstream = codec.encode(clip_of(pictures(1, 64, 64)))
    monkeypatch.setattr(memory, "machine_memory", lambda: 1 << 10)
    with pytest.raises(CodecError, match="64 x 64 pixels, which take"):
        codec.decode(bitstream)


@pytest.mark.parametrize("name", ALL)
def test_a_damaged_payload_is_an_error_and_never_a_wrong_picture(name):
    codec = codec_of(name)
    assert errors_of_damage(codec, 24) >= 22


@pytest.mark.parametrize("name", ALL)
def test_the_coders_write_and_read_the_same_bytes(name):
    point, clip = OperatingPoint(name, 1), clip_of(pictures(2, 64, 128))
    ours, theirs = (codecs.make(point, CPU, narrow(name), entropy=coder) for coder in ("native", "compressai"))
    bitstream, reconstruction = ours.encode_with_reconstruction(clip)
    assert theirs.encode(clip) == bitstream
    assert torch.equal(theirs.decode(bitstream), reconstruction)


def test_a_coder_that_is_not_there_is_named():
    with pytest.raises(UnknownName, match="native"):
        codecs.make(OperatingPoint(MODELS[0], 1), CPU, narrow(MODELS[0]), entropy="nativ")


def test_the_estimate_is_close_to_the_real_rate():
    for name in ALL:
        bitstream = codec_of(name).encode(clip_of(pictures(1, 128, 128)))
        assert bitstream.estimated_bits[0] == pytest.approx(bitstream.payload_bits[0], rel=0.25)


def test_the_estimate_is_that_of_forward_where_both_quantise_alike():
    frames = pictures(1, 64, 64)
    for name in MODELS:
        codec = codec_of(name)
        with torch.no_grad():
            likelihoods = codec.model.network(compressai_input(frames))["likelihoods"].values()
        forward = sum(float(-torch.log2(each).double().sum()) for each in likelihoods)
        assert codec.encode(clip_of(frames)).estimated_bits[0] == pytest.approx(forward, rel=1e-6)


def test_random_weights_give_symbols_worth_coding_and_grey_pictures():
    for name in (*MODELS, *OTHERS):
        codec = codec_of(name, "random:0")
        bitstream, reconstruction = codec.encode_with_reconstruction(clip_of(pictures(1, 128, 128)))
        assert 1 < bitstream.payload_bits[0] / 128**2 < 8
        assert 5 < reconstruction.float().std() < 80


def test_the_seed_alone_decides_random_weights():
    clip = clip_of(pictures(1, 64, 64))
    first = codec_of(MODELS[0], "random:0").encode(clip)
    torch.manual_seed(5)
    assert fresh_codec_of(MODELS[0], "random:0").encode(clip) == first
    assert codec_of(MODELS[0], "random:1").encode(clip).units != first.units


@pytest.mark.parametrize("part", ["model", "quality", "metric", "weights", "cdf", "arithmetic"])
def test_a_stream_of_another_model_is_refused_by_the_part_that_differs(part):
    codec = codec_of(MODELS[1])
    bitstream = codec.encode(clip_of(pictures(1, 64, 64)))
    bitstream.header[part] = "other"
    with pytest.raises(CodecError, match=f"whose {part} is .*got 'other'"):
        codec.decode(bitstream)


@pytest.mark.parametrize(("part", "value"), [("size", [64]), ("size", [64, 65]), ("padding", [0]), ("latent", [9, 9])])
def test_a_header_that_does_not_fit_is_refused(part, value):
    codec = codec_of(MODELS[1])
    bitstream = codec.encode(clip_of(pictures(1, 64, 64)))
    bitstream.header[part] = value
    with pytest.raises(CodecError):
        codec.decode(bitstream)


@pytest.mark.parametrize("parts", [(), (1, 2), (4, 8, 12)])
def test_parts_that_are_not_the_strings_are_refused(parts):
    codec = codec_of(MODELS[1])
    bitstream = codec.encode(clip_of(pictures(1, 64, 64)))
    unit = replace(bitstream.units[0], parts=parts)
    with pytest.raises(CodecError, match="2 strings that fill frame 0"):
        codec.decode(replace(bitstream, units=(unit,)))


def test_symbols_of_another_frame_are_a_desync():
    codec = codec_of(MODELS[1])
    bitstream = codec.encode(clip_of(pictures(2, 64, 64)))
    first, second = bitstream.units
    swapped = replace(bitstream, units=(first, replace(second, checksum=first.checksum)))
    with pytest.raises(EntropyDesync, match="frame 1"):
        codec.decode(swapped)


def test_a_codec_is_a_codec_and_names_its_weights():
    codec = codec_of(MODELS[0], "random:0")
    assert isinstance(codec, ClipCodec) and codec.intra_only
    assert codec.point.options_text == "metric=mse:weights=random-0"


def test_lanes_share_one_network():
    first, second, other = (codec_of(MODELS[0], narrow(MODELS[0], seed)) for seed in (0, 0, 1))
    assert first.model is second.model and first.prior is not second.prior
    assert first.model is not other.model


def test_a_network_that_blows_up_is_an_error():
    codec = fresh_codec_of(MODELS[0])
    codec.model.network.g_a[6].bias.fill_(float("nan"))
    with pytest.raises(CodecError, match="latents within"):
        codec.encode(clip_of(pictures(1, 64, 64)))
    learned_model._loaded.forget()  # not a network for the next test
