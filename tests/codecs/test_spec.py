"""Operating points as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream import codecs
from ahc_stream.core.errors import InvalidValue, UnknownName

VIDEO_WITH_RATES = [
    "h264",
    "h265",
    "av1",
    "av1-aom",
    "av1-rav1e",
    "vp9",
    "vvc",
    "ffmpeg:libvpx-vp9",
    "ffmpeg:mpeg4",
    "ffmpeg:libx264",
]


def options(text: str) -> dict[str, str]:
    (point,) = codecs.parse(text)
    return dict(point.options)


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
        ("h264@500k,1M,1.5M", [500, 1000, 1500]),
        ("h265@500k..2M..500k", [500, 1000, 1500, 2000]),
        ("av1@32,800k", [32, 800]),
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


@pytest.mark.parametrize("name", VIDEO_WITH_RATES)
def test_a_bit_rate_and_the_codecs_own_knob_never_share_their_options(name):
    rate, knob = codecs.parse(f"{name}@30,30k")[::-1]
    assert rate.quality == knob.quality == 30 and rate.options != knob.options
    assert dict(rate.options)["control"] == "bitrate" and dict(knob.options)["control"] in ("crf", "qp", "qscale")


@pytest.mark.parametrize("name", VIDEO_WITH_RATES)
def test_a_bit_rate_is_the_same_point_with_a_suffix_and_with_its_control(name):
    assert codecs.parse(f"{name}@1500k") == codecs.parse(f"{name}@1500:control=bitrate") == codecs.parse(f"{name}@1.5M")
    assert str(codecs.parse(f"{name}@1500k")[0]).startswith(f"{name}@1.5M:")


@given(
    name=st.sampled_from(VIDEO_WITH_RATES),
    kbits=st.integers(1, 1_000_000),
    bounds=st.sampled_from(["", "bound", "both"]),
)
def test_any_bit_rate_prints_as_a_text_that_reads_back(name, kbits, bounds):
    buffer = "" if not bounds or name not in ("h264", "h265") else f":maxrate={kbits}k"
    buffer += f":bufsize={kbits}k" if buffer and bounds == "both" else ""
    (point,) = codecs.parse(f"{name}@{kbits}k{buffer}")
    assert point.quality == kbits and codecs.parse(str(point)) == (point,)


@given(st.decimals(0, 51, allow_nan=False, places=9))
def test_any_quality_prints_as_a_text_that_reads_back(crf):
    (point,) = codecs.parse(f"h264@{crf:f}")
    assert codecs.parse(str(point)) == (point,)


def test_a_bound_on_the_rate_brings_a_buffer_of_two_seconds():
    assert options("h264@23:maxrate=1500k")["bufsize"] == "3M"
    assert options("h265@1M:maxrate=1M:bufsize=500k")["bufsize"] == "500k"
    assert options("h264@23")["maxrate"] == options("h264@23")["bufsize"] == "none"


@pytest.mark.parametrize("text", ["1500k", "1.5M", "1.50M", "01500k"])
def test_a_bound_has_one_spelling(text):
    assert options(f"h264@23:maxrate={text}")["maxrate"] == "1.5M"


@pytest.mark.parametrize(
    "text", ["h264@23:maxrate=1M", "h265@1M:maxrate=1M", "av1@500k", "av1@32:maxrate=1M", "ffmpeg:libsvtav1@500k"]
)
def test_one_thread_codes_where_several_would_change_the_bytes_from_run_to_run(text):
    assert options(text)["threads"] == "1" and options(text.partition("@")[0] + "@32")["threads"] == "4"


def test_zero_latency_is_without_b_frames():
    assert options("h264@23:tune=zerolatency")["bframes"] == options("h265@23:tune=zerolatency")["bframes"] == "0"


@pytest.mark.parametrize("name", ["ffmpeg:libx264", "ffmpeg:mpeg4", "ffmpeg:vc2", "ffmpeg:cfhd", "ffmpeg:libwebp"])
def test_any_encoder_runs_once_with_its_own_defaults_where_no_quality_is_named(name):
    (point,) = codecs.parse(name)
    assert point.quality is None and dict(point.options).get("control", "default") == "default"
    assert codecs.parse(str(point)) == (point,)


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
        ("h264@0k", "whole kbit"),
        ("h264@0.5k", "whole kbit"),
        ("h264@2000M", "whole kbit"),
        ("h264@infk", "qualities as"),
        ("h264@-1k", "qualities as"),
        ("h264@1m", "qualities as"),
        ("h264@500k..2M", "with its step"),
        ("h264@23..2M..1", "qualities as"),
        ("h264@500k:control=crf", "control=bitrate"),
        ("h264:control=bitrate", "h264@500k"),
        ("h264@1000.5:control=bitrate", "whole kbit"),
        ("h264@23:control=qp", r"crf\|bitrate"),
        ("jpeg@500k", r"1\.\.100"),
        ("ssf2020@500k", r"1\.\.9"),
        ("identity@500k", "none"),
        ("h264@23:bufsize=1M", "maxrate"),
        ("h264@23:maxrate=0k", "1500|1.5M"),
        ("h264@23:maxrate=1.0001k", "whole kbit"),
        ("h264@2M:maxrate=1M", "at least the bit rate"),
        ("av1@500k:maxrate=1M", "SVT-AV1 refuses"),
        ("av1@500k:gop=1", "SVT-AV1 refuses"),
        ("av1@500k:threads=4", "from run to run"),
        ("av1@32:maxrate=1M:threads=2", "from run to run"),
        ("h264@23:maxrate=1M:threads=2", "from run to run"),
        ("ffmpeg:libsvtav1@500k:threads=4", "from run to run"),
        ("vvc@500k:maxrate=1M", "it takes|It takes"),
        ("h264@23:tune=zerolatency:bframes=2", "bframes=2 beside it"),
        ("jpeg@101", r"1\.\.100"),
        ("jpeg@50.5", "whole number"),
        ("jpeg@nan", r"1\.\.100"),
        ("jpeg@", "qualities as"),
        ("jpeg@ten", "qualities as"),
        ("jpeg@90..10", "rises"),
        ("jpeg@1..9..0", "rises"),
        ("jpeg@1..2..1..1", "rises"),
        ("jpegxl@0.1..1", "do not reach 1"),
        ("jpegxl@1..3.5", "do not reach 3.5"),
        ("jpegxl@0.1..20..0.001", "at most 1000"),
        ("identity@3", "without a quality"),
        ("jpeg@50:quality=3", "subsampling=420"),
        ("jpeg@50:subsampling=411", r"420\|422\|444"),
        ("h264@23:gop=0", r"1\.\.100000"),
        ("h264@23:gop=-1", r"1\.\.100000"),
        ("h264@23:gop=8:gop=9", "once"),
        ("h264@23:gop=8:fast", r"1\.\.100000"),
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
