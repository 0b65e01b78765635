"""Raw video: what its name says, and what has to be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream import datasets
from ahc_stream.core.errors import AhcStreamError, InvalidValue, MissingData
from ahc_stream.core.raw_video import RawVideo
from ahc_stream.datasets import ReadOptions
from ahc_stream.datasets.raw_names import raw_notes, raw_video

NOTHING = ReadOptions()


@pytest.mark.parametrize(
    ("name", "width", "height", "pixel_format", "rate"),
    [
        ("C_RaceHorses_2frames_832x480_30Hz_8bit_P420", 832, 480, "yuv420p", 30),
        ("BasketballDrill_832x480_50", 832, 480, "yuv420p", 50),
        ("FoodMarket4_3840x2160_60fps_10bit_420", 3840, 2160, "yuv420p10le", 60),
        ("Campfire_3840x2160_30fps_10bit_420_bt709_videoRange", 3840, 2160, "yuv420p10le", 30),
        ("Beauty_1920x1080_120fps_420_8bit_YUV", 1920, 1080, "yuv420p", 120),
        ("Traffic_2560x1600_30_crop", 2560, 1600, "yuv420p", 30),
        ("clip_64X48_29.97fps_yuv422p10le", 64, 48, "yuv422p10le", 29.97),
        ("EBULupoCandlelight_1920x1080_50_10bit_444", 1920, 1080, "yuv444p10le", 50),
        ("depth_1024x768_25_12bit_400", 1024, 768, "gray12le", 25),
        ("a_16x16", 16, 16, "yuv420p", 25),
        ("2-16x16-nv12", 16, 16, "nv12", 25),
    ],
)
def test_a_name_says_size_rate_and_format(name: str, width: int, height: int, pixel_format: str, rate: float) -> None:
    assert raw_video(Path(f"{name}.yuv"), NOTHING) == RawVideo(width, height, pixel_format, rate)


def test_a_chroma_format_right_behind_the_size_is_no_rate() -> None:
    assert raw_video(Path("a_16x16_422.yuv"), NOTHING) == RawVideo(16, 16, "yuv422p", 25)


def test_what_is_told_wins_and_what_nothing_says_is_noted() -> None:
    told = ReadOptions(size="64x48", pix_fmt="yuv422p", fps=12.5)
    path = Path("a_16x16_30_10bit.yuv")
    assert raw_video(path, told) == RawVideo(64, 48, "yuv422p", 12.5)
    assert list(raw_notes([path], NOTHING)) == [] == list(raw_notes([Path("b.yuv")], told))
    first, second = raw_notes([Path("b_16x16.yuv"), path], NOTHING)
    assert "yuv420p" in first and first.endswith("(b_16x16.yuv)")
    assert "25 per second" in second and second.endswith("(b_16x16.yuv)")


@pytest.mark.parametrize(
    ("name", "told", "error"),
    [
        ("foreman.yuv", {}, MissingData),
        ("a_0x16_30.yuv", {}, MissingData),
        ("a.yuv", {"size": "16"}, InvalidValue),
        ("a.yuv", {"size": "0x16"}, InvalidValue),
        ("a_16x16.yuv", {"pix_fmt": "yuyv422"}, InvalidValue),
        ("a_16x16.yuv", {"pix_fmt": "nonsense"}, InvalidValue),
    ],
)
def test_a_size_that_nothing_tells_and_odd_options_are_refused(
    name: str, told: dict[str, str], error: type[AhcStreamError]
) -> None:
    with pytest.raises(error, match=r"--size|--pix-fmt"):
        raw_video(Path(name), ReadOptions.of(told))


def test_a_folder_may_hold_raw_video_and_another_size_is_other_data(tmp_path: Path) -> None:
    for name in ("a_16x16_30.yuv", "b.mp4"):
        (tmp_path / name).write_bytes(b"x")
    raw, video = (item.raw for item in datasets.load(tmp_path).items)
    assert raw == RawVideo(16, 16, "yuv420p", 30) and video is None
    as_named = datasets.load(tmp_path).digests()
    as_told = datasets.load(tmp_path, reading=ReadOptions(size="8x8")).digests()
    assert [name for name in as_named if as_named[name] != as_told[name]] == ["a_16x16_30"]
    with pytest.raises(InvalidValue, match=r"no raw video.*got --fps"):
        datasets.load(tmp_path / "b.mp4", reading=ReadOptions(fps=30))
