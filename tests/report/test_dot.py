"""Short names of points and curves: the codec, its quality, and of its options those that tell its curves apart."""

from __future__ import annotations

import pytest

from ahc_stream.report.dot import Dot, curve_names, labels


def dot(codec: str, quality: float | None = None, options: str = "") -> Dot:
    return Dot({"codec": codec, "quality": quality, "options": options}, {"bpp": 1.0}, {}, {}, {})


@pytest.mark.parametrize(
    ("dots", "expected"),
    [
        ([dot("identity"), dot("jpeg", 5.0, "subsampling=420"), dot("webp", 80.0)], ["identity", "jpeg@5", "webp@80"]),
        (
            [dot("jpeg", 5.0, "subsampling=420:fast=1"), dot("jpeg", 5.0, "subsampling=444:fast=1"), dot("jpeg", 7.5)],
            ["jpeg@5 subsampling=420 fast=1", "jpeg@5 subsampling=444 fast=1", "jpeg@7.5"],
        ),
        ([dot("h264", 500.0, "control=bitrate"), dot("h264", 28.0)], ["h264@500k control=bitrate", "h264@28"]),
        ([dot("x", None, "a=1:b=2"), dot("x", None, "a=1:b=3")], ["x b=2", "x b=3"]),
        ([dot("x", 1.0, "a=1"), dot("y", 1.0, "a=2")], ["x@1", "y@1"]),
    ],
)
def test_a_label_tells_what_differs(dots: list[Dot], expected: list[str]) -> None:
    assert list(labels(dots)) == expected
    assert len(curve_names(dots)) == len({d.curve for d in dots if not d.is_original})
