"""Operating points as text."""

from __future__ import annotations

import pytest

from ahc_stream import codecs
from ahc_stream.core.errors import InvalidValue, UnknownName


def qualities(text: str) -> list[float | None]:
    return [point.quality for point in codecs.parse(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("h265@22,27,32", [22, 27, 32]),
        ("cheng2020-anchor@1..6", [1, 2, 3, 4, 5, 6]),
        ("jpeg@10..90..20", [10, 30, 50, 70, 90]),
        ("jpeg@10..95..20", [10, 30, 50, 70, 90]),
        ("jpegxl@0.1..0.5..0.1", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("jpegxl@0.5,1..3", [0.5, 1, 2, 3]),
        ("identity", [None]),
    ],
)
def test_lists_and_ranges_of_qualities_are_read(text, expected):
    assert qualities(text) == expected


def test_without_qualities_the_tables_defaults_apply():
    assert qualities("jpeg2000") == list(codecs.CODECS["jpeg2000"].qualities())


def test_a_quality_named_twice_counts_once():
    assert qualities("jpeg@50,10..50..20,10") == [50, 10, 30]


def test_named_options_join_the_defaults_in_sorted_order():
    (point,) = codecs.parse("h264@23:preset=fast:gop=016")
    options = dict(point.options)
    assert options["preset"] == "fast" and options["gop"] == "16"
    assert options["pixel_format"] == "yuv420p" and options["tune"] == "none" and options["bframes"] == "3"
    assert list(point.options) == sorted(point.options)


def test_an_option_spelt_out_at_its_default_is_the_same_point():
    assert codecs.parse("jpeg@50:subsampling=420") == codecs.parse("jpeg@50")


@pytest.mark.parametrize(
    "text",
    [
        "identity",
        "jpegxl@0.5",
        "h265@32:gop=8",
        "cheng2020-attn@3:metric=ms-ssim",
        "ffmpeg:mpeg4@3:bf=2",
        r"ffmpeg:libx265@28:x265-params=rd=2\:aq-mode=2",
    ],
)
def test_what_a_point_prints_is_read_back_as_that_point(text):
    (point,) = codecs.parse(text)
    assert codecs.parse(str(point)) == (point,)


def test_a_backslash_takes_a_colon_literally():
    (point,) = codecs.parse(r"ffmpeg:libx265@28:x265-params=rd=2\:aq-mode=2")
    assert point.codec == "ffmpeg:libx265" and dict(point.options)["x265-params"] == "rd=2:aq-mode=2"


@pytest.mark.parametrize(
    ("text", "nearest"), [("h256@22", "h265"), ("jpg", "jpeg"), ("H265", "h265"), ("ffmpeg:libx256@1", "libx26")]
)
def test_an_unknown_codec_names_the_nearest(text, nearest):
    with pytest.raises(UnknownName, match=f"did you mean '{nearest}|Did you mean '{nearest}"):
        codecs.parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jpeg@101", r"1\.\.100"),
        ("jpeg@50.5", "whole number"),
        ("jpeg@nan", r"1\.\.100"),
        ("jpeg@", "qualities as"),
        ("jpeg@ten", "qualities as"),
        ("jpeg@90..10", "rises"),
        ("jpeg@1..9..0", "rises"),
        ("jpeg@1..2..1..1", "rises"),
        ("jpegxl@0.1..20..0.001", "at most 1000"),
        ("identity@3", "without a quality"),
        ("jpeg@50:quality=3", "subsampling=420"),
        ("jpeg@50:subsampling=411", r"420\|422\|444"),
        ("h264@23:gop=0", r"1\.\.100000"),
        ("h264@23:gop=-1", r"1\.\.100000"),
        ("h264@23:gop=8:gop=9", "once"),
        ("h264@23:gop=8:fast", "key=value"),
        ("h264@23:gop=", "key=value"),
        ("ffmpeg:mpeg4@3:colour=red", "it takes|It takes"),
        ("ffmpeg:ffv1@3", "without a quality"),
    ],
)
def test_what_a_codec_does_not_take_is_refused_with_what_it_does(text, said):
    with pytest.raises(InvalidValue, match=said):
        codecs.parse(text)


def test_an_audio_encoder_is_no_codec():
    with pytest.raises(UnknownName):
        codecs.parse("ffmpeg:aac")
