"""Coded frames to RGB and back, held to the float64 formula.

The tolerance is one grey level: both round once, swscale in fixed point. It holds for smooth content and for noise
alike, so at sharp chroma edges too, because both interpolate chroma bilinearly.
"""

from __future__ import annotations

import av
import numpy as np
import pytest

from ahc_stream.core.colour import Colour, colour_of, frame_to_planes, is_grey, is_ycbcr
from ahc_stream.core.errors import InvalidValue, MediaError
from tests.core.rgb import frame_to_rgb, rgb_to_frame
from tests.core.ycbcr import fill, planes_of, rgb_of, upsampled, ycbcr_of

COLOURS = [
    Colour(m, full, s) for m in ("bt601", "bt709", "bt2020") for full in (False, True) for s in ("left", "center")
]
SIZES = [(64, 96), (65, 97), (17, 33), (40, 6), (5, 9), (2, 3), (1, 1)]
FORMATS = ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le", "yuv420p12le"]


def coded(pixel_format: str, height: int, width: int, smooth: bool) -> av.VideoFrame:
    """A frame of waves, or of noise over the whole limited range."""
    frame = av.VideoFrame(width, height, pixel_format)
    unit = 2 ** (frame.format.components[0].bits - 8)
    random = np.random.default_rng(height * 1000 + width)
    planes = []
    for index, plane in enumerate(frame.planes):
        y, x = np.mgrid[: plane.height, : plane.width]
        waves = 128 + 60 * np.sin(x / 11 + index) * np.cos(y / 8 + index)
        noise = random.uniform(16, 236, (plane.height, plane.width))
        planes.append(np.rint((waves if smooth else noise) * unit))
    fill(frame, planes)
    return frame


@pytest.mark.parametrize("smooth", [True, False], ids=["smooth", "noise"])
@pytest.mark.parametrize("pixel_format", FORMATS)
def test_every_matrix_range_siting_and_size_is_within_one_grey_level_of_the_formula(pixel_format, smooth):
    for size in SIZES:
        frame = coded(pixel_format, *size, smooth)
        bits = frame.format.components[0].bits
        for colour in COLOURS:
            worst = np.abs(frame_to_rgb(frame, colour) - rgb_of(planes_of(frame), colour, bits)).max()
            assert worst <= 1, (size, colour)


@pytest.mark.parametrize("pixel_format", ["gray", "gray10le"])
@pytest.mark.parametrize("full_range", [False, True])
def test_grey_frames_keep_their_range(pixel_format, full_range):
    frame = coded(pixel_format, 33, 47, smooth=False)
    top = 2 ** frame.format.components[0].bits
    low, span = (0, top - 1) if full_range else (top / 16, 219 * top / 256)
    expected = np.clip(np.rint((planes_of(frame)[0].astype(float) - low) * 255 / span), 0, 255)
    rgb = frame_to_rgb(frame, Colour("bt709", full_range))
    assert (rgb == expected[..., None]).all()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv420p", "yuv422p"])
@pytest.mark.parametrize("colour", [Colour("bt709", False), Colour("bt601", True)])
def test_encoding_gives_the_samples_of_the_formula(pixel_format, size, colour):
    random = np.random.default_rng(0)
    rgb = np.clip(random.integers(60, 196, (1, 1, 3)) + random.integers(-9, 9, (*size, 3)), 0, 255).astype(np.uint8)
    frame = rgb_to_frame(rgb, pixel_format, colour)
    assert (frame.height, frame.width) == size
    exact = np.rint(ycbcr_of(rgb, colour))
    got = [upsampled(plane.astype(float), *size, colour.siting) for plane in planes_of(frame)]
    assert np.abs(got[0] - exact[..., 0]).max() <= 1
    for index in (1, 2):  # subsampled chroma is a mean of its neighbours: it stays within their range
        assert got[index].min() >= exact[..., index].min() - 1 and got[index].max() <= exact[..., index].max() + 1
    if pixel_format == "yuv444p":
        assert np.abs(np.stack(got, axis=-1) - exact).max() <= 1


def test_encoding_to_limited_range_is_unbiased():
    rgb = np.random.default_rng(3).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    colour = Colour("bt709", False)
    bias = np.stack(planes_of(rgb_to_frame(rgb, "yuv444p", colour)), axis=-1) - ycbcr_of(rgb, colour)
    assert np.abs(bias.mean((0, 1))).max() < 0.05


@pytest.mark.parametrize("siting", ["left", "center"])
def test_a_ramp_of_colour_survives_subsampling_only_where_the_siting_is_kept(siting):
    ramp = np.linspace(40, 210, 96)[None, :, None] * np.array([1.0, 0.5, 0.2]) + np.array([0, 40, 120])
    rgb = np.repeat(np.clip(ramp, 0, 255), 32, axis=0).astype(np.uint8)
    colour = Colour("bt709", False, siting)
    other = Colour("bt709", False, "center" if siting == "left" else "left")
    frame = rgb_to_frame(rgb, "yuv420p", colour)
    inside = slice(4, -4)
    kept = np.abs(frame_to_rgb(frame, colour)[:, inside].astype(int) - rgb[:, inside]).mean()
    moved = np.abs(frame_to_rgb(frame, other)[:, inside].astype(int) - rgb[:, inside]).mean()
    assert kept < moved


@pytest.mark.parametrize("pixel_format", ["gbrp", "rgb24", "bgr24", "rgb0", "bgr0", "0rgb", "0bgr"])
@pytest.mark.parametrize("size", SIZES)
def test_rgb_formats_lose_nothing(pixel_format, size):
    rgb = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert (frame_to_rgb(rgb_to_frame(rgb, pixel_format, Colour("bt601", False))) == rgb).all()


def test_semi_planar_formats_hold_the_samples_of_the_planar_ones():
    rgb = np.random.default_rng(2).integers(0, 256, (33, 47, 3), dtype=np.uint8)
    colour = Colour("bt709", False)
    for planar, semi in (("yuv420p", "nv12"), ("yuv420p10le", "p010le")):
        one, two = (frame_to_rgb(rgb_to_frame(rgb, name, colour)) for name in (planar, semi))
        assert (one == two).all()


def test_planes_are_written_into_the_given_array():
    frame = coded("yuv420p", 8, 8, smooth=True)
    out = np.zeros((3, 8, 8), np.uint8)
    assert frame_to_planes(frame, out=out) is out and out.any()


@pytest.mark.parametrize("colour", [c for c in COLOURS if c.siting == "left"])
def test_a_coded_frame_carries_its_colour(colour):
    assert colour_of(rgb_to_frame(np.zeros((16, 16, 3), np.uint8), "yuv420p", colour)) == colour


@pytest.mark.parametrize(
    ("pixel_format", "height", "codec", "expected"),
    [
        ("yuv420p", 719, "h264", Colour("bt601", False)),
        ("yuv420p", 720, "hevc", Colour("bt709", False)),
        ("yuvj420p", 480, "h264", Colour("bt601", True)),
        ("yuvj420p", 480, "mjpeg", Colour("bt601", True, "center")),
        ("yuv420p", 480, "vp9", Colour("bt601", False, "center")),
    ],
)
def test_what_a_stream_does_not_say_follows_the_documented_rule(pixel_format, height, codec, expected):
    assert colour_of(av.VideoFrame(64, height, pixel_format), codec) == expected


def test_a_matrix_that_is_not_converted_is_refused():
    frame = av.VideoFrame(16, 16, "yuv420p")
    frame.colorspace = 8  # YCgCo
    with pytest.raises(MediaError, match=r"H\.273 code 8"):
        frame_to_rgb(frame)


@pytest.mark.parametrize("pixel_format", ["yuva420p", "rgba", "yuv411p", "xyz12le"])
def test_a_pixel_format_that_is_not_converted_is_refused(pixel_format):
    with pytest.raises(MediaError, match=pixel_format):
        frame_to_rgb(av.VideoFrame(16, 16, pixel_format), Colour("bt709", False))


@pytest.mark.parametrize("pixel_format", ["gray", "yuva420p", "nonsense"])
def test_encoding_to_a_format_without_a_rule_is_refused(pixel_format):
    with pytest.raises(InvalidValue, match=pixel_format):
        rgb_to_frame(np.zeros((16, 16, 3), np.uint8), pixel_format, Colour("bt709", False))


def test_limited_range_in_a_full_range_format_is_refused():
    with pytest.raises(InvalidValue, match="yuvj420p"):
        rgb_to_frame(np.zeros((16, 16, 3), np.uint8), "yuvj420p", Colour("bt601", False))


@pytest.mark.parametrize(("tag", "matrix"), [(1, "bt709"), (5, "bt601"), (6, "bt601"), (9, "bt2020")])
@pytest.mark.parametrize(("stated", "full"), [(0, False), (1, False), (2, True)])
def test_a_stated_matrix_and_range_are_taken_by_their_codes_in_h_273(tag, matrix, stated, full):
    frame = av.VideoFrame(64, 720 if matrix == "bt601" else 480, "yuv420p")
    frame.colorspace, frame.color_range = tag, stated
    assert colour_of(frame, "h264") == Colour(matrix, full)


def test_the_tag_of_a_frame_that_is_no_ycbcr_says_nothing():
    frame = av.VideoFrame(64, 480, "gbrp")
    frame.colorspace = 9
    assert colour_of(frame).matrix == "bt601"


@pytest.mark.parametrize(
    ("codec", "stated", "full"),
    [("", 0, False), ("h264", 0, False), ("ffv1", 0, True), ("ffv1", 1, False), ("h264", 2, True), ("", 2, True)],
)
def test_a_grey_sample_is_a_level_where_no_standard_says_limited(codec, stated, full):
    frame = av.VideoFrame(64, 480, "gray")
    frame.color_range = stated
    assert colour_of(frame, codec).full_range is full


def test_a_ycbcr_frame_is_limited_whatever_its_codec():
    assert not colour_of(av.VideoFrame(64, 480, "yuv420p"), "ffv1").full_range


def test_pixel_formats_are_told_apart():
    names = ("gray", "gray10le", "yuv420p", "yuvj422p", "nv12", "p010le", "rgb24", "yuva420p", "gray8a")
    assert [name for name in names if is_grey(name)] == ["gray", "gray10le"]
    assert [name for name in names if is_ycbcr(name)] == ["yuv420p", "yuvj422p", "nv12", "p010le"]
