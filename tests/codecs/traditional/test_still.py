"""JPEG, JPEG 2000, HTJ2K, WebP, AVIF, HEIC, JPEG XL, JPEG-LS, PNG."""

from __future__ import annotations

import io
import struct

import av
import numpy as np
import pytest
import torch
from PIL import Image

from tests.codecs import contract
from tests.codecs.contract import SIZES, moving

LOSSY = ["jpeg", "mozjpeg", "jpegli", "jpeg2000", "htj2k", "webp", "avif", "heic", "jpegxl", "jpegls"]
NAMES = [*(name for name in LOSSY if name != "heic"), "heic:preset=ultrafast", "png"]


def rgb(clip, index: int = 0) -> np.ndarray:
    return clip.frames[index].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", SIZES)
def test_stored_bytes_decode_in_a_fresh_object_to_the_same_frames(name, size):
    assert contract.holds_roundtrip(name, moving(2, *size)).frame_types == ("I", "I")


@pytest.mark.parametrize("name", LOSSY)
def test_more_bits_buy_a_smaller_error(name):
    contract.pays_for_quality(name, moving(1, 64, 96) if name == "heic" else moving(1, 149, 227))


@pytest.mark.parametrize("name", NAMES)
def test_a_truncated_payload_is_an_error(name):
    contract.refuses_truncation(name, moving(2, 64, 48))


@pytest.mark.parametrize("name", NAMES)
def test_video_is_coded_frame_by_frame(name):
    video, stack = moving(3, 24, 40), moving(3, 24, 40, consecutive=False)
    assert contract.payloads(contract.encode(name, video)) == contract.payloads(contract.encode(name, stack))
    contract.codes_stills_alone(name)


@pytest.mark.parametrize("quality", [1, 10, 50, 90, 100])
@pytest.mark.parametrize("subsampling", ["420", "422", "444"])
@pytest.mark.parametrize("size", [(17, 23), (149, 227)])
def test_jpeg_bytes_are_pillows(quality, subsampling, size):
    clip, expected = moving(1, *size), io.BytesIO()
    Image.fromarray(rgb(clip)).save(expected, "JPEG", quality=quality, subsampling=":".join(subsampling))
    bitstream = contract.encode(f"jpeg@{quality}:subsampling={subsampling}", clip)
    assert contract.payloads(bitstream) == [expected.getvalue()]


@pytest.mark.parametrize("name", ["jpeg", "webp", "jpeg2000", "avif"])
def test_frames_are_those_of_another_decoder(name):
    bitstream = contract.encode(name, moving(1, 64, 48))
    (payload,) = contract.payloads(bitstream)
    expected = np.asarray(Image.open(io.BytesIO(payload)).convert("RGB")).astype(int)
    ours = contract.decode(name, bitstream)[0].permute(1, 2, 0).numpy().astype(int)
    # Pillow links other builds, whose upsampling and inverse transforms round otherwise.
    assert np.abs(ours - expected).mean() < 0.5


def test_webp_is_lossy_at_every_quality():
    clip = moving(1, 64, 48)
    assert all(contract.error(f"webp@{quality}", clip) > 0 for quality in (0, 80, 100))


@pytest.mark.parametrize("step", [0.01, 0.1])
def test_htj2k_frames_are_those_of_ffmpegs_decoder_where_the_wavelet_overshoots(step):
    clip = moving(1, 64, 96)
    frames = clip.frames.clone()
    frames[0, :, 16:48, 20:60] = 255
    frames[0, :, 24:32, 30:40] = 0
    clip = clip.with_frames(frames)
    bitstream = contract.encode(f"htj2k@{step}", clip)
    context = av.Codec("jpeg2000", "r").create("video")
    (frame,) = context.decode(av.Packet(contract.payloads(bitstream)[0])) + context.decode(None)
    ours = rgb(clip.with_frames(contract.decode("htj2k", bitstream))).astype(int)
    assert np.abs(ours - frame.to_ndarray(format="rgb24")).max() <= 1
    assert np.abs(ours - rgb(clip)).max() < 128  # white stays white


def test_heic_frames_are_those_of_ffmpegs_decoder_and_colours_are_tagged():
    clip = moving(1, 64, 96)
    bitstream = contract.encode("heic@60:preset=ultrafast", clip)
    (payload,) = contract.payloads(bitstream)
    assert b"colrnclx" + struct.pack(">3HB", 1, 13, 6, 128) in payload  # BT.709, sRGB, BT.601, full range
    with av.open(io.BytesIO(payload)) as container:
        frame = next(container.decode(video=0))
    assert frame.format.name in ("yuvj420p", "yuv420p") and int(frame.color_range) == 2 and int(frame.colorspace) == 6
    planes = frame.to_ndarray().astype(float)  # of 4:2:0: luma, then a quarter of the rows for either chroma
    chroma = planes[64:].reshape(2, 32, 48).repeat(2, axis=1).repeat(2, axis=2) - 128  # libheif repeats chroma
    expected = np.stack(
        [
            planes[:64] + 1.402 * chroma[1],
            planes[:64] - 0.344136 * chroma[0] - 0.714136 * chroma[1],
            planes[:64] + 1.772 * chroma[0],
        ]
    ).clip(0, 255)
    # Both decoders of HEVC give the same planes; libheif converts them in fixed point.
    assert np.abs(contract.decode("heic", bitstream)[0].numpy() - expected).max() <= 2


@pytest.mark.parametrize("size", [(1, 1), (64, 64), (97, 101)])
def test_heic_bytes_repeat(size):
    clip = moving(1, *size)
    assert len({tuple(contract.payloads(contract.encode("heic@40:preset=ultrafast", clip))) for _ in range(8)}) == 1


@pytest.mark.parametrize("target", [32, 40])
def test_jpeg2000_reaches_the_psnr_it_is_told(target):
    psnr = 10 * np.log10(255**2 / contract.error(f"jpeg2000@{target}", moving(1, 149, 227)))
    assert abs(psnr - target) < 1.5  # OpenJPEG stops at the end of a coding pass


@pytest.mark.parametrize("near", [0, 3])
def test_jpegls_keeps_every_sample_within_its_error(near):
    clip = moving(1, 64, 48)
    decoded = contract.decode("jpegls@0", contract.encode(f"jpegls@{near}", clip))
    assert (decoded.int() - clip.frames.int()).abs().max() == near


@pytest.mark.parametrize(
    "option",
    ["webp@50:effort=6", "avif@60:speed=10", "avif@60:subsampling=444", "jpegxl@2:effort=3", "heic@50:preset=fast"],
)
def test_an_option_changes_the_bytes(option):
    clip = moving(1, 64, 48)
    changed, default = contract.encode(option, clip), contract.encode(option.split(":")[0], clip)
    assert contract.payloads(changed) != contract.payloads(default)


@pytest.mark.gpu
def test_frames_on_another_device_type_stay_there():
    from ahc_stream import codecs

    device, clip = torch.device("cuda"), moving(2, 17, 23)
    for name in (*NAMES, "identity", "h264"):
        point = codecs.parse(name)[0]
        decoded = codecs.make(point, device).decode(
            codecs.make(point, device).encode(clip.with_frames(clip.frames.to(device)))
        )
        assert decoded.device.type == "cuda"
        assert torch.equal(decoded.cpu(), contract.decode(str(point), contract.encode(str(point), clip)))
