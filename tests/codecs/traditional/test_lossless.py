"""Points that give every frame back bit for bit."""

from __future__ import annotations

import io
import subprocess

import av
import imageio_ffmpeg
import numpy as np
import pytest
import torch
from PIL import Image

from ahc_stream import codecs
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import InvalidValue
from tests.codecs import contract
from tests.codecs.contract import moving

NAMES = [name for name, entry in codecs.CODECS.items() if entry.can_be_lossless]


def hard(height: int, width: int) -> Clip:
    """Noise, and black and white side by side: what a transform that is not reversible loses first."""
    clip = moving(3, height, width)
    frames = clip.frames.clone()
    frames[0] = torch.randint(0, 256, (3, height, width), generator=torch.Generator().manual_seed(1))
    frames[1, :, :, ::2], frames[1, :, :, 1::2] = 0, 255
    return clip.with_frames(frames)


def test_the_lossless_ones_are_those_that_are_told_of():
    assert set(NAMES) == {"identity", "jpegxl", "jpegls", "htj2k", "png", "ffv1"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 1), (17, 23), (96, 131)])
def test_every_frame_comes_back_bit_for_bit(name, size):
    clip = hard(*size)
    bitstream = contract.holds_roundtrip(f"{name}@lossless", clip)
    assert torch.equal(contract.decode(f"{name}@lossless", bitstream), clip.frames)
    assert bitstream.frame_types == ("I", "I", "I")


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"identity"}))
def test_it_costs_less_than_the_samples_themselves(name):
    clip = moving(1, 96, 131)
    assert sum(contract.encode(f"{name}@lossless", clip).payload_bits) < 24 * 96 * 131


@pytest.mark.parametrize(
    ("text", "same"),
    [("jpegxl@lossless", "jpegxl@0"), ("htj2k@lossless,0.1", "htj2k@0,0.1"), ("png@lossless", "png")],
)
def test_lossless_is_another_word_for_a_quality_or_for_none(text, same):
    assert codecs.parse(text) == codecs.parse(same)


def test_a_codec_that_always_loses_says_which_do_not():
    with pytest.raises(InvalidValue, match=r"lossless.*jpegxl"):
        codecs.parse("jpeg@lossless")


@pytest.mark.parametrize("text", ["jpegxl@0.05", "htj2k@0.0005", "jpegxl@-1", "png@3"])
def test_between_lossless_and_the_range_there_is_nothing(text):
    with pytest.raises(InvalidValue):
        codecs.parse(text)


@pytest.mark.parametrize("text", ["png:effort=9", "ffv1:coder=rice", "jpegxl@lossless:effort=3"])
def test_an_option_changes_bytes_and_no_pixel(text):
    clip, default = moving(1, 96, 131), text.rpartition(":")[0]
    changed = contract.encode(text, clip)
    assert contract.payloads(changed) != contract.payloads(contract.encode(default, clip))
    assert torch.equal(contract.decode(text, changed), clip.frames)


def test_another_program_reads_the_same_png():
    clip = hard(17, 23)
    payloads = contract.payloads(contract.encode("png", clip))
    for payload, frame in zip(payloads, clip.frames, strict=True):
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(payload))), frame.permute(1, 2, 0).numpy())


def test_ffmpegs_own_decoders_read_the_same_htj2k_and_ffv1():
    clip = moving(1, 18, 24)  # of even sides, so that FFV1 has nothing to crop
    htj2k, ffv1 = contract.encode("htj2k@lossless", clip), contract.encode("ffv1", clip)
    expected = clip.frames[0].permute(1, 2, 0).numpy()
    for decoder, stream in (("jpeg2000", htj2k), ("ffv1", ffv1)):
        context = av.Codec(decoder, "r").create("video")
        if decoder == "ffv1":
            context.width, context.height = 24, 18
            context.extradata = bytes.fromhex(stream.header["extradata"])
        (payload,) = contract.payloads(stream)
        (frame,) = context.decode(av.Packet(payload)) + context.decode(None)
        assert frame.format.name == {"jpeg2000": "rgb24", "ffv1": "bgr0"}[decoder]
        assert np.array_equal(frame.to_ndarray(format="rgb24"), expected)


def test_the_ffmpeg_program_reads_the_same_jpeg_xl():
    clip = moving(1, 17, 23)
    (payload,) = contract.payloads(contract.encode("jpegxl@lossless", clip))
    read = ["-f", "jpegxl_pipe", "-i", "pipe:0", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    done = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *read], input=payload, capture_output=True)
    assert done.returncode == 0, done.stderr
    pixels = np.frombuffer(done.stdout, np.uint8).reshape(17, 23, 3)
    assert np.array_equal(pixels, clip.frames[0].permute(1, 2, 0).numpy())
