"""Autoregressive image codecs: the strings of CompressAI's serial loops, exact decoding, errors for damage."""

from __future__ import annotations

import pytest
import torch

from ahc_stream.codecs.padding import Padding
from ahc_stream.core.errors import CodecError
from tests.codecs.learned import clip_of, codec_of, damaged, fresh_codec_of, narrow, pictures, sent

MODELS = ["mbt2018", "cheng2020-anchor", "cheng2020-attn"]


@pytest.mark.parametrize("name", MODELS)
def test_strings_and_picture_are_those_of_compressai(name):
    frames = pictures(2, 50, 70)
    codec = codec_of(name)
    bitstream, reconstruction = codec.encode_with_reconstruction(clip_of(frames))
    padding = Padding(50, 70, 64)
    for i, unit in enumerate(bitstream.units):
        # one frame at a time, as the codec works on the CPU: a batch rounds some pixel in 50,000 the other way
        with torch.no_grad():
            theirs = codec.model.network.compress(padding.to_network(frames[i : i + 1]))
            x_hat = codec.model.network.decompress(theirs["strings"], theirs["shape"])["x_hat"]
        assert unit.payload == b"".join(string for (string,) in theirs["strings"])
        assert bitstream.header["latent"] == list(theirs["shape"])
        assert torch.equal(reconstruction[i : i + 1], padding.to_frames(x_hat))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("size", [(1, 1), (65, 30)])
def test_a_fresh_codec_decodes_the_encoders_reconstruction(name, size):
    bitstream, reconstruction = codec_of(name).encode_with_reconstruction(clip_of(pictures(1, *size)))
    decoded = fresh_codec_of(name).decode(sent(bitstream))
    assert torch.equal(decoded, reconstruction) and decoded.shape[2:] == size


@pytest.mark.parametrize("name", MODELS)
def test_three_frames_at_once_are_three_frames_one_by_one(name):
    frames = pictures(3, 64, 64)
    codec = codec_of(name)
    together = codec.encode(clip_of(frames))
    alone = [codec.encode(clip_of(frame[None])).units[0].payload for frame in frames]
    assert [unit.payload for unit in together.units] == alone


@pytest.mark.parametrize("name", MODELS)
def test_a_damaged_payload_is_an_error_and_never_a_wrong_picture(name):
    codec = codec_of(name)
    bitstream, reconstruction = codec.encode_with_reconstruction(clip_of(pictures(1, 64, 64)))
    errors = 0
    for each in damaged(bitstream, 16):
        try:
            # the last bits of a string may say nothing about its symbols; then the picture is the right one
            assert torch.equal(codec.decode(each), reconstruction)
        except CodecError as error:
            errors += 1
            assert "frame 0" in str(error)
    assert errors >= 14


@pytest.mark.parametrize("name", MODELS)
def test_the_estimate_is_of_the_symbols_really_coded(name):
    """forward() quantises y without its mean, so its estimate is another one; this one is close to the rate."""
    bitstream = codec_of(name).encode(clip_of(pictures(1, 64, 128)))
    assert bitstream.estimated_bits[0] == pytest.approx(bitstream.payload_bits[0], rel=0.25)


@pytest.mark.parametrize(("asked", "given"), [("cheng2020-anchor", "mbt2018"), ("mbt2018", "cheng2020-attn")])
def test_a_checkpoint_of_another_architecture_is_refused_by_the_names_that_differ(asked, given):
    with pytest.raises(CodecError, match=rf"a checkpoint of {asked}; got without g_a\.\S+, .* with g_a"):
        codec_of(asked, narrow(given))
