"""Qualities as text."""

from __future__ import annotations

import pytest

from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.quality import quality_text, rate_text


@pytest.mark.parametrize(
    ("quality", "text"),
    [
        (None, ""),
        (23, "23"),
        (23.0, "23"),
        (0.5, "0.5"),
        (22.1234567, "22.1234567"),
        (1234567, "1234567"),
        (1e-7, "0.0000001"),
    ],
)
def test_a_quality_has_all_digits_that_it_needs_and_no_exponent(quality, text):
    assert quality_text(quality, "gop=32") == text


@pytest.mark.parametrize(
    ("kbits", "text"), [(1, "1k"), (999, "999k"), (1000, "1M"), (1500, "1.5M"), (1234567, "1234.567M")]
)
def test_a_rate_has_one_spelling(kbits, text):
    assert rate_text(kbits) == text


@pytest.mark.parametrize("options", ["control=bitrate", "a=1:control=bitrate:gop=3"])
def test_the_options_say_that_a_quality_is_a_rate(options):
    assert quality_text(500, options) == "500k"


@pytest.mark.parametrize("options", ["control=crf", "mycontrol=bitrate", "control=bitrates", r"x=a\:control=bitrate"])
def test_other_options_do_not(options):
    assert quality_text(500, options) == "500"


def test_a_point_says_its_quality_as_people_write_it():
    assert str(OperatingPoint("h264", 1500.0, (("control", "bitrate"),))) == "h264@1.5M:control=bitrate"
