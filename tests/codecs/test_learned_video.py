"""ssf2020: CompressAI's codec example in strings and pictures, closed GOPs, exact decoding, errors for damage."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ahc_stream.codecs.padding import Padding
from ahc_stream.core.errors import CodecError, InvalidValue
from tests.codecs.learned import clip_of, codec_of, damaged, fresh_codec_of, pictures, sent


def video(count: int, height: int, width: int) -> torch.Tensor:
    """One picture that moves to the left by two pixels a frame."""
    picture = pictures(1, height, width + 2 * count)
    return torch.cat([picture[..., 2 * i : 2 * i + width] for i in range(count)])


@pytest.fixture(scope="module")
def codec():
    return codec_of("ssf2020", "random:0", gop="2")


@pytest.fixture(scope="module")
def coded(codec):
    """Five frames with GOPs of two, and the encoder's reconstruction."""
    return codec.encode_with_reconstruction(clip_of(video(5, 100, 130), consecutive=True))


def test_gops_are_closed_and_as_long_as_asked(coded):
    assert coded[0].frame_types == ("I", "P", "I", "P", "I")


def test_a_fresh_codec_decodes_the_encoders_reconstruction(coded):
    bitstream, reconstruction = coded
    decoded = fresh_codec_of("ssf2020", "random:0", gop="2").decode(sent(bitstream))
    assert decoded.shape == (5, 3, 100, 130)
    assert torch.equal(decoded, reconstruction)


def test_strings_and_pictures_are_those_of_compressais_codec_example(codec, coded):
    bitstream, reconstruction = coded
    padding = Padding(100, 130, 128)
    network, reference = codec.model.network, torch.empty(0)
    with torch.no_grad():
        for i, frame in enumerate(video(5, 100, 130)):
            x = padding.to_network(frame[None])
            if i % 2 == 0:
                out, info = network.encode_keyframe(x)
                strings = [string for (string,) in info["strings"]]
                again = network.decode_keyframe(info["strings"], info["shape"])
            else:
                out, info = network.encode_inter(x, reference)
                strings = [string for key in ("motion", "residual") for (string,) in info["strings"][key]]
                again = network.decode_inter(reference, info["strings"], info["shape"])
            assert bitstream.units[i].payload == b"".join(strings)
            assert torch.equal(again, out)
            reference = out.clamp(0, 1)
            assert torch.equal(reconstruction[i], padding.to_frames(reference)[0])


def test_the_clamp_of_the_reference_matters_here(codec, coded):
    """Without it, as in `model.compress()`, a P frame is another string: the test above would not see the difference."""
    x = Padding(100, 130, 128).to_network(video(5, 100, 130)[:2])
    with torch.no_grad():
        out, _ = codec.model.network.encode_keyframe(x[:1])
        assert out.min() < 0 or out.max() > 1
        _, info = codec.model.network.encode_inter(x[1:], out)
    unclamped = b"".join(string for key in ("motion", "residual") for (string,) in info["strings"][key])
    assert unclamped != coded[0].units[1].payload


def test_pictures_that_are_not_consecutive_are_all_intra(codec):
    frames = pictures(2, 1, 1)
    bitstream, reconstruction = codec.encode_with_reconstruction(clip_of(frames))
    assert bitstream.frame_types == ("I", "I")
    assert torch.equal(codec.decode(bitstream), reconstruction) and reconstruction.shape == (2, 3, 1, 1)


def test_a_damaged_payload_is_an_error_that_names_the_frame(codec, coded):
    errors = 0
    for each in damaged(coded[0], 12):
        try:
            # the last bits of a string may say nothing about its symbols; then the pictures are the right ones
            assert torch.equal(codec.decode(each), coded[1])
        except CodecError as error:
            errors += 1
            assert "frame 0" in str(error)
    assert errors >= 11


def test_a_p_frame_without_a_reference_is_an_error(codec, coded):
    first, second = coded[0].units[:2]
    header = {**coded[0].header, "strings": coded[0].header["strings"][1:2]}
    alone = replace(coded[0], header=header, units=(replace(second, frame=0),))
    with pytest.raises(CodecError, match="an I frame"):
        codec.decode(alone)
    assert first.type == "I"


def test_the_estimate_is_close_to_the_real_rate(coded):
    for estimated, real in zip(coded[0].estimated_bits, coded[0].payload_bits, strict=True):
        assert estimated == pytest.approx(real, rel=0.3)


def test_a_gop_of_nothing_is_refused():
    with pytest.raises(InvalidValue):
        codec_of("ssf2020", "random:0", gop="0")
