"""Failures as they are printed."""

from __future__ import annotations

from ahc_stream.core.clip import FrameKey
from ahc_stream.core.errors import CodecError, MediaError
from ahc_stream.core.failure import Failure
from ahc_stream.core.point import OperatingPoint


def test_a_failure_says_where_and_why() -> None:
    error = MediaError("a video", "text", "check it")
    assert str(Failure("d", "v", "open", error)) == f"d/v, stage open: {error}"


def test_a_failure_of_a_codec_says_its_point() -> None:
    error = CodecError("a frame", "none", "report it")
    point = OperatingPoint("h264", 23.0)
    failure = Failure("d", "v", "codec", error, FrameKey("d", "v", 3), point)
    assert str(failure) == f"d/v at h264@23, stage codec: {error}"
