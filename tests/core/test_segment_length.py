"""The option `segment`."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream import codecs
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.segment_length import SegmentLength

VIDEO = [
    *("h264", "h265", "av1", "vvc", "av1-aom", "av1-rav1e", "vp9"),
    *("ssf2020", "ssf2020-lite", "ffmpeg:libx264", "ffmpeg:mpeg4", "ffmpeg:ffv1"),
]


def value(text: str) -> str:
    return dict(codecs.parse(text)[0].options)["segment"]


@pytest.mark.parametrize("name", VIDEO)
def test_every_codec_of_video_is_coded_in_one_piece_unless_asked(name):
    assert value(name) == "none" and value(f"{name}:segment=300") == "300"


@pytest.mark.parametrize("name", ["jpeg", "identity", "mbt2018", "ffmpeg:mjpeg"])
def test_a_codec_that_codes_every_frame_alone_has_no_segments(name):
    with pytest.raises(InvalidValue, match="segment"):
        codecs.parse(f"{name}:segment=300")


@pytest.mark.parametrize(("text", "one"), [("0300", "300"), ("10.0s", "10s"), ("2.50s", "2.5s"), ("0.040s", "0.04s")])
def test_a_length_has_one_spelling(text, one):
    assert value(f"h264@23:segment={text}") == one
    assert codecs.parse(f"h264@23:segment={text}") == codecs.parse(f"h264@23:segment={one}")


@pytest.mark.parametrize("text", ["0", "-1", "0s", "1.5", "s", "10m", "1e3", "none ", "٣", "0.0001s", "inf"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(InvalidValue, match="frames as 300, or seconds as 10s"):
        codecs.parse(f"h264@23:segment={text}")


def test_none_is_no_segment():
    assert SegmentLength.parse("none") is None


@given(frame=st.integers(0, 10**6), length=st.integers(1, 10**4))
def test_parts_of_frames_have_that_many_whatever_their_times(frame, length):
    segments = SegmentLength.parse(str(length))
    begins = segments.segment(frame, 0.0) != segments.segment(frame - 1, 99.0) if frame else True
    assert begins == (frame % length == 0)


@given(
    rate=st.sampled_from([Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60), Fraction(24000, 1001)]),
    millis=st.integers(1, 20_000),
    frame=st.integers(1, 200_000),
)
def test_parts_of_seconds_begin_with_the_first_frame_whose_time_reaches_a_multiple(rate, millis, frame):
    segments = SegmentLength.parse(f"{millis / 1000:.3f}s")
    length = Fraction(millis, 1000)
    before, now = (number / rate for number in (frame - 1, frame))
    reached = any(before < k * length <= now for k in range(int(before / length), int(now / length) + 1))
    parts = [segments.segment(number, float(number / rate)) for number in (frame - 1, frame)]
    assert (parts[0] != parts[1]) == reached


def test_a_gap_in_time_leaves_parts_out_and_begins_one():
    segments = SegmentLength.parse("2s")
    assert [segments.segment(frame, seconds) for frame, seconds in enumerate([0, 1.9, 2.0, 9.5, 9.6])] == [
        0,
        0,
        1,
        4,
        4,
    ]


def test_a_time_that_is_short_of_its_multiple_by_a_rounding_reaches_it():
    assert SegmentLength.parse("2.5s").segment(75, 2.4999999999) == 1
