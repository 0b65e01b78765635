"""x264, x265, SVT-AV1 and any encoder of PyAV's FFmpeg."""

from __future__ import annotations

import io
from collections import Counter

import av
import numpy as np
import pytest
import torch

from ahc_stream import codecs
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.errors import CodecError, InvalidValue
from tests.codecs import contract
from tests.codecs.contract import SIZES, kinds_of, moving, payloads

NAMED = {"h264": "h264@28", "h265": "h265@32", "av1": "av1@40", "vp9": "vp9@40:preset=8"}
ANY = [
    "ffmpeg:mpeg4@4",
    "ffmpeg:mpeg2video@4",
    "ffmpeg:libvpx-vp9@40:cpu-used=8",
    "ffmpeg:mjpeg@4",
    "ffmpeg:prores_ks@4",
]
LOSSLESS_RGB = ["ffmpeg:png", "ffmpeg:ffv1:pixel_format=bgr0", "ffv1", "ffv1:coder=rice"]


@pytest.mark.parametrize("text", NAMED.values())
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("frames", [1, 5])
def test_stored_bytes_decode_in_a_fresh_object_to_the_same_frames(text, size, frames):
    contract.holds_roundtrip(text, moving(frames, *size))


@pytest.mark.parametrize("text", ANY)
@pytest.mark.parametrize("size", [(1, 1), (149, 227)])
def test_any_encoder_keeps_the_contract(text, size):
    contract.holds_roundtrip(text, moving(5, *size))


@pytest.mark.parametrize("text", ["h264@28", "h265@32", "av1@40", "vp9@40", "ffmpeg:mpeg4@4"])
def test_stills_of_a_stack_do_not_depend_on_one_another(text):
    contract.codes_stills_alone(text)


@pytest.mark.parametrize("name", NAMED)
def test_more_bits_buy_a_smaller_error(name):
    contract.pays_for_quality(name, moving(5, 96, 128))


@pytest.mark.parametrize("text", [*NAMED.values(), "ffmpeg:mpeg4@4"])
def test_a_truncated_payload_is_an_error(text):
    contract.refuses_truncation(text, moving(3, 48, 64))


@pytest.mark.parametrize(
    "text", ["h264@28", "h264@28:threads=1", "h265@32", "av1@40", "vp9@40", "ffmpeg:libx264@28", "ffmpeg:mpeg4@4"]
)
def test_the_same_clip_gives_the_same_bytes_and_frames_every_time(text):
    clip = moving(5, 150, 228)  # where x264 with AVX-512 gave 20 streams in 30 runs
    scattered = [np.random.default_rng(i).bytes(50_000 * i) for i in range(1, 9)]  # what uninitialised memory may hold
    streams = [contract.encode(text, clip) for _ in range(6)]
    assert scattered and len({tuple(payloads(stream)) for stream in streams}) == 1
    frames = Counter(contract.decode(text, stream).numpy().tobytes() for stream in streams)
    assert len(frames) == 1


@pytest.mark.parametrize("text", ["h265@32", "av1@40", "vp9@40"])
def test_the_number_of_threads_does_not_change_the_bytes(text):
    clip = moving(6, 96, 128)
    assert payloads(contract.encode(f"{text}:threads=1", clip)) == payloads(contract.encode(f"{text}:threads=4", clip))


@pytest.mark.parametrize(
    "text", ["h264@28:gop=4", "h265@32:gop=4", "av1@40:gop=4", "vp9@40:gop=4", "ffmpeg:mpeg4@4:gop=4"]
)
def test_gops_begin_where_they_are_told_and_are_closed(text):
    clip = moving(10, 64, 96)
    clip = clip.with_frames(clip.frames[:1].repeat(10, 1, 1, 1))  # at rest: x264 begins a GOP at a cut too
    bitstream = contract.encode(text, clip)
    assert [i for i, kind in enumerate(bitstream.frame_types) if kind == "I"] == [0, 4, 8]
    second = [unit for unit in bitstream.units if 4 <= unit.frame < 8]
    context = av.CodecContext.create(
        {"av1": "libdav1d", "h265": "hevc", "h264": "h264", "vp9": "vp9"}.get(text[:4].rstrip("@"), "mpeg4"), "r"
    )
    frames = [frame for unit in second for frame in context.decode(_packet(unit.payload))] + context.decode(None)
    assert len(frames) == 4


def _packet(payload: bytes) -> av.Packet:
    packet = av.Packet(len(payload))
    packet.update(payload)
    return packet


@pytest.mark.parametrize(("text", "kinds"), [("h264@28", "IPB"), ("h265@32", "IPB"), ("h264@28:bframes=0", "IP")])
def test_frame_types_are_those_of_the_decoder(text, kinds):
    bitstream = contract.encode(text, moving(9, 96, 128))
    seen = _decoded_elsewhere(bitstream, {"h264": "h264", "h265": "hevc"}[text[:4]])
    assert "".join(bitstream.frame_types) == kinds_of(seen)
    assert set(bitstream.frame_types) == set(kinds)


@pytest.mark.parametrize(("text", "raw"), [("h264@28", "h264"), ("h265@32", "hevc"), ("av1@40", "obu")])
def test_the_payload_is_a_stream_that_any_reader_opens(text, raw):
    clip = moving(9, 96, 128)
    bitstream = contract.encode(text, clip)
    frames = _decoded_elsewhere(bitstream, raw)
    assert len(frames) == len(clip) and (frames[0].width, frames[0].height) == (128, 96)
    assert int(frames[0].colorspace) == 1 and int(frames[0].color_range) == 1  # H.273: BT.709, limited


def _decoded_elsewhere(bitstream: Bitstream, raw: str) -> list[av.VideoFrame]:
    with av.open(io.BytesIO(b"".join(payloads(bitstream))), format=raw) as container:
        return list(container.decode(video=0))


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
@pytest.mark.parametrize("tagged", ["limited", "full"])
def test_matrix_and_range_are_tagged_and_only_rounding_is_lost(matrix, tagged):
    clip, text = moving(1, 64, 96), f"h264@0:matrix={matrix}:range={tagged}:pixel_format=yuv444p"  # CRF 0 is lossless
    bitstream = contract.encode(text, clip)
    (frame,) = _decoded_elsewhere(bitstream, "h264")
    assert int(frame.colorspace) == {"bt601": 6, "bt709": 1}[matrix]  # H.273, MatrixCoefficients
    assert int(frame.color_range) == {"limited": 1, "full": 2}[tagged]
    # Blue is 1.16 Y + 2.11 Cb at the most, so half a step of each moves it by 1.64, and it is rounded again.
    assert (contract.decode(text, bitstream).int() - clip.frames.int()).abs().max() <= 2


def test_at_high_quality_and_full_chroma_little_is_lost():
    assert contract.error("h265@1:pixel_format=yuv444p10le", moving(2, 49, 63)) < 4  # PSNR above 42 dB


@pytest.mark.parametrize("text", LOSSLESS_RGB)
def test_a_lossless_encoder_of_rgb_returns_the_frames_in_order(text):
    clip = moving(5, 17, 23)
    assert torch.equal(contract.decode(text, contract.holds_roundtrip(text, clip)), clip.frames)


def test_settings_spelt_out_by_the_encoder_are_not_charged_for():
    assert all(b"x264" not in payload for payload in payloads(contract.encode("h264@28", moving(3, 48, 64))))
    assert all(b"x265" not in payload for payload in payloads(contract.encode("h265@32", moving(3, 48, 64))))


@pytest.mark.parametrize(
    "text",
    [
        "h264@28:preset=ultrafast",
        "h264@28:tune=psnr",
        "h265@32:tune=ssim",
        "av1@40:tune=vq",
        "av1@40:preset=12",
        "h264@28:bframes=0",
        "h265@32:pixel_format=yuv420p10le",
        "vp9@40:preset=8",
        "vp9@40:tune=ssim",
        "vp9@40:pixel_format=yuv444p",
        "ffmpeg:mpeg4@4:bf=2",
    ],
)
def test_an_option_changes_the_bytes(text):
    clip = moving(6, 96, 128)
    assert payloads(contract.encode(text, clip)) != payloads(contract.encode(text.rpartition(":")[0], clip))


def test_a_missing_frame_is_an_error():
    bitstream = contract.encode("h264@28:bframes=0", moving(3, 48, 64))
    decoder = codecs.make(contract.point("h264@28"), contract.CPU).decoder(bitstream.header)
    with pytest.raises(CodecError):
        decoder.push([bitstream.units[0], bitstream.units[2]])
        decoder.finish()


def test_a_size_that_the_encoder_refuses_is_an_error_of_ours():
    with pytest.raises(CodecError, match="dnxhd"):
        contract.encode("ffmpeg:dnxhd", moving(1, 48, 64))


def test_a_full_range_format_with_a_limited_range_is_refused():
    with pytest.raises(InvalidValue, match="full range"):
        contract.encode("ffmpeg:mjpeg@4:range=limited", moving(1, 48, 64))
