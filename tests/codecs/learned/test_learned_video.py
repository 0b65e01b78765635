"""ssf2020: CompressAI's codec example in strings and pictures, closed GOPs, exact decoding, errors for damage."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ahc_stream import codecs
from ahc_stream.codecs.learned import model as learned_model
from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.codecs.learned.video import LearnedVideo
from ahc_stream.core import sessions
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.stream import Stream
from ahc_stream.core.threads import torch_threads
from tests.codecs.learned.exact_weights import exact_checkpoint
from tests.codecs.learned.learned import CPU, clip_of, damaged, pictures, reconstructed, sent
from tests.conftest import real


def flow(**options: str) -> LearnedVideo:
    """ssf2020 with narrow exact weights."""
    codec = codecs.make(OperatingPoint("ssf2020", 1, tuple(options.items())), CPU, exact_checkpoint("ssf2020"))
    assert isinstance(codec, LearnedVideo)
    return codec


def fresh_flow(**options: str) -> LearnedVideo:
    """Its network is loaded anew: nothing of an encoder's can have stayed behind."""
    learned_model._loaded.forget()
    return flow(**options)


def first_frames(path: Path, count: int) -> torch.Tensor:
    import av

    with av.open(str(path)) as file:
        arrays = [frame.to_ndarray(format="rgb24") for frame in islice(file.decode(video=0), count)]
    return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous()


def video(count: int, height: int, width: int) -> torch.Tensor:
    """One picture that moves to the left by two pixels a frame."""
    picture = pictures(1, height, width + 2 * count)
    return torch.cat([picture[..., 2 * i : 2 * i + width] for i in range(count)])


@pytest.fixture(scope="module")
def codec():
    return flow(gop="2")


@pytest.fixture(scope="module")
def coded(codec):
    """Five frames with GOPs of two, and the encoder's reconstruction."""
    return reconstructed(codec, clip_of(video(5, 100, 130), consecutive=True))


def test_gops_are_closed_and_as_long_as_asked(coded):
    assert coded[0].frame_types == ("I", "P", "I", "P", "I")


def test_a_fresh_codec_decodes_the_encoders_reconstruction(coded):
    bitstream, reconstruction = coded
    decoded = sessions.decode(fresh_flow(gop="2"), sent(bitstream))
    assert decoded.shape == (5, 3, 100, 130)
    assert torch.equal(decoded, reconstruction)


def test_strings_and_pictures_are_those_of_compressais_codec_example():
    """In CompressAI's arithmetic, bit for bit: its example's loop, with the clamp, on the same frames."""
    codec = flow(gop="2", transforms="compressai")
    bitstream, reconstruction = reconstructed(codec, clip_of(video(5, 100, 130), consecutive=True))
    padding = PicturePadding(100, 130, 128)
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


def test_our_arithmetic_gives_compressais_rate_and_pictures_up_to_rounding(coded):
    """The latents differ by some 1e-5, so a symbol near the middle between two is now and then the other one.

    One such symbol moves a few pixels by part of a quantiser's step. With these weights a step is about one grey level.
    """
    exact = flow(gop="2", transforms="compressai")
    bitstream, reconstruction = reconstructed(exact, clip_of(video(5, 100, 130), consecutive=True))
    for ours, theirs in zip(coded[0].payload_bits, bitstream.payload_bits, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)
    difference = (coded[1].int() - reconstruction.int()).abs()
    assert difference.max() <= 2 and difference.float().mean() < 0.01


def test_the_clamp_of_the_reference_matters_here(codec, coded):
    """Without it, as in `model.compress()`, a P frame is another string, which the test above would not see."""
    x = PicturePadding(100, 130, 128).to_network(video(5, 100, 130)[:2])
    with torch.no_grad():
        out, _ = codec.model.network.encode_keyframe(x[:1])
        assert out.min() < 0 or out.max() > 1
        _, info = codec.model.network.encode_inter(x[1:], out)
    unclamped = b"".join(string for key in ("motion", "residual") for (string,) in info["strings"][key])
    assert unclamped != coded[0].units[1].payload


@settings(deadline=None, max_examples=12)
@given(cuts=st.sets(st.integers(1, 6)), batch=st.integers(1, 3), gop=st.integers(1, 4), ahead=st.integers(1, 5))
def test_neither_bytes_nor_pictures_depend_on_how_the_stream_is_cut(cuts, batch, gop, ahead):
    """Seven frames, in GOPs that go in step by one, two or three; pushed in drawn pieces to encoder and decoder."""
    clip = clip_of(video(7, 40, 50), consecutive=True)
    codec = replace(flow(gop=str(gop)), gop=gop, batch=batch)
    whole, reconstruction = reconstructed(codec, clip)
    pieces = [slice(*edges) for edges in pairwise([0, *sorted(cuts), 7])]
    encoder = codec.encoder(Stream.of(clip))
    pushed = [encoder.push(clip[piece]) for piece in pieces]
    units = [unit for part in (*pushed, encoder.finish()) for unit in part]
    assert tuple(units) == whole.units
    decoder = codec.decoder(whole.header)
    decoder._ahead = ahead
    blocks = [block for piece in pieces for block in decoder.push(whole.units[piece])]
    assert torch.equal(torch.cat([*blocks, *decoder.finish()]), reconstruction)
    if batch == 1:  # as on the CPU: nothing waits
        assert [len(part) for part in pushed] == [piece.stop - piece.start for piece in pieces]


def test_a_gop_that_ends_early_decodes_among_longer_ones():
    """As at the end of a segment."""
    codec = replace(flow(gop="4"), batch=2)
    long, short = (reconstructed(codec, clip_of(video(n, 40, 50), consecutive=True)) for n in (4, 2))
    parts = [(long, 0), (short, 4), (long, 6), (long, 10)]
    units = [replace(unit, frame=start + unit.frame) for (coded, _), start in parts for unit in coded.units]
    decoder = codec.decoder(long[0].header)
    frames = torch.cat([*decoder.push(units), *decoder.finish()])
    assert torch.equal(frames, torch.cat([pictures for (_, pictures), _ in parts]))


def test_frames_that_went_through_a_transform_together_decode_alone_to_the_same():
    """As on a GPU. oneDNN's sums depend on the shape too, so a decoder fills its batch up to the encoder's."""
    codec = flow(gop="3")
    coded, reconstruction = reconstructed(replace(codec, batch=3), clip_of(video(7, 100, 130), True))
    assert coded.header["batch"] == 3
    assert torch.equal(sessions.decode(codec, coded), reconstruction)
    units = tuple(replace(unit, frame=i) for i, unit in enumerate(coded.units[3:6]))
    gop = replace(coded, units=units)
    assert torch.equal(sessions.decode(codec, gop), reconstruction[3:6])


def test_a_gop_decodes_alone_to_the_frames_it_had_among_others(codec, coded):
    bitstream, reconstruction = coded
    units = tuple(replace(unit, frame=i) for i, unit in enumerate(bitstream.units[2:4]))
    gop = replace(bitstream, units=units)
    assert torch.equal(sessions.decode(codec, gop), reconstruction[2:4])


def test_a_decoder_with_other_threads_gives_the_encoders_reconstruction(codec):
    """oneDNN's sums depend on the number of threads, so the stream says how many the encoder had."""
    clip = clip_of(video(3, 100, 130), consecutive=True)
    with torch_threads(4):
        bitstream, reconstruction = reconstructed(codec, clip)
    with torch_threads(1):
        assert torch.equal(sessions.decode(codec, bitstream), reconstruction)
        assert torch.get_num_threads() == 1


def test_coders_write_the_same_and_read_each_other(coded):
    clip = clip_of(video(5, 100, 130), consecutive=True)
    point = OperatingPoint("ssf2020", 1, (("gop", "2"),))
    other = codecs.make(point, CPU, exact_checkpoint("ssf2020"), entropy="compressai")
    assert sessions.encode(other, clip).units == coded[0].units
    assert torch.equal(sessions.decode(other, coded[0]), coded[1])


@pytest.mark.parametrize(("name", "value"), [("batch", 0), ("threads", 1 << 20), ("transforms", "float8")])
def test_a_header_with_impossible_numerics_is_an_error(codec, coded, name, value):
    with pytest.raises((CodecError, InvalidValue), match=name):
        sessions.decode(codec, replace(coded[0], header={**coded[0].header, name: value}))


@pytest.mark.parametrize("transforms", ["float16", "tf32"])
def test_what_runs_on_tensor_cores_needs_a_gpu_to_encode_and_to_decode(codec, coded, transforms):
    with pytest.raises(CodecError, match="a CUDA device"):
        flow(transforms=transforms)
    with pytest.raises(CodecError, match="a CUDA device"):
        sessions.decode(codec, replace(coded[0], header={**coded[0].header, "transforms": transforms}))


def test_a_real_clip_decodes_to_the_encoders_reconstruction():
    """Nine frames of 176 x 144 in GOPs of four, the last of one frame."""
    path = real("clips/carphone_pristine.mp4")
    frames = first_frames(path, 9)
    bitstream, reconstruction = reconstructed(flow(gop="4"), clip_of(frames, consecutive=True))
    decoded = sessions.decode(fresh_flow(), sent(bitstream))
    assert bitstream.frame_types == tuple("IPPPIPPPI")
    assert torch.equal(decoded, reconstruction)


def test_pictures_that_are_not_consecutive_are_all_intra(codec):
    stills = clip_of(pictures(2, 1, 1))
    bitstream = sessions.encode(codec, stills)
    assert bitstream.frame_types == ("I", "I")
    alone = [sessions.decode(codec, sessions.encode(codec, stills[i : i + 1])) for i in range(2)]
    assert torch.equal(sessions.decode(codec, bitstream), torch.cat(alone))


def test_a_damaged_payload_is_an_error_that_names_the_frame(codec, coded):
    errors = 0
    for each in damaged(coded[0], 12):
        try:
            # the last bits of a string may say nothing about its symbols; then the pictures are the right ones
            assert torch.equal(sessions.decode(codec, each), coded[1])
        except CodecError as error:
            errors += 1
            assert "frame 0" in str(error)
    assert errors >= 11


def test_a_p_frame_without_a_reference_is_an_error(codec, coded):
    first, second = coded[0].units[:2]
    alone = replace(coded[0], units=(replace(second, frame=0),))
    with pytest.raises(CodecError, match="an I frame"):
        sessions.decode(codec, alone)
    assert first.type == "I"


def test_the_estimate_is_close_to_the_real_rate(coded):
    for estimated, written in zip(coded[0].estimated_bits, coded[0].payload_bits, strict=True):
        assert estimated == pytest.approx(written, rel=0.3)


def test_a_gop_of_nothing_is_refused():
    with pytest.raises(InvalidValue):
        flow(gop="0")
