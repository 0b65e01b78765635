"""Of several video streams in a file the right one is taken, the choice is said, and another one can be named."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.sources.made import CASES, Outcome, ffmpeg, film, outcome

X264 = ("-c:v", "libx264", "-preset", "ultrafast")


def picture(path: Path, size: tuple[int, int]) -> Path:
    Image.new("RGB", size, "red").save(path)
    return path


def joined(path: Path, *inputs: Path, options: tuple[str, ...] = ()) -> Path:
    """The video streams of these files, one after the other, in one file."""
    named = [argument for source in inputs for argument in ("-i", str(source))]
    mapped = [argument for number in range(len(inputs)) for argument in ("-map", f"{number}:v")]
    ffmpeg(*named, *mapped, "-c", "copy", *options, path)
    return path


def is_film(got: Outcome, size: tuple[int, int] = (96, 128), frames: int = 10) -> bool:
    return got.error is None and got.frames.shape == (frames, *size, 3)


@pytest.mark.parametrize("name", ["cover_first.mp4", "cover.mkv"])
def test_a_cover_in_front_is_not_the_film(name: str) -> None:
    got = outcome(CASES / name)
    assert is_film(got)
    (note,) = got.notes_with("video streams")
    assert "took #1" in note and "FILE#N" in note


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_a_cover_behind_the_film_is_not_the_film(tmp_path: Path, suffix: str) -> None:
    small = film(tmp_path / "film.mp4", *X264, frames=10)
    cover = picture(tmp_path / "cover.png", (640, 640))
    both = joined(tmp_path / f"both.{suffix}", small, cover, options=("-disposition:v:1", "attached_pic"))
    assert is_film(outcome(both))


def test_a_large_picture_track_that_is_marked_as_default_is_not_the_film(tmp_path: Path) -> None:
    small = film(tmp_path / "film.mp4", *X264, frames=10)
    cover = picture(tmp_path / "cover.jpg", (640, 480))
    options = ("-disposition:v:0", "default", "-disposition:v:1", "0")
    assert is_film(outcome(joined(tmp_path / "both.mkv", cover, small, options=options)))


@pytest.mark.parametrize(("default", "size"), [(None, (192, 256)), (0, (96, 128)), (1, (192, 256))])
def test_of_two_films_the_default_one_wins_then_the_larger_one(
    tmp_path: Path, default: int | None, size: tuple[int, int]
) -> None:
    small = film(tmp_path / "small.mp4", *X264, frames=10)
    large = film(tmp_path / "large.mp4", *X264, frames=10, size="256x192")
    options = [
        option for number in (0, 1) for option in (f"-disposition:v:{number}", "default" if number == default else "0")
    ]
    got = outcome(joined(tmp_path / "both.mkv", small, large, options=tuple(options)))
    assert is_film(got, size) and got.notes_with("2 video streams")


def test_the_first_of_equal_films_is_taken(tmp_path: Path) -> None:
    one = film(tmp_path / "one.mp4", *X264, frames=10)
    two = film(tmp_path / "two.mp4", *X264, frames=7)
    assert outcome(joined(tmp_path / "both.ts", one, two)).count == 10


def test_another_stream_can_be_named() -> None:
    got = outcome(CASES / "cover.mkv", stream=0)
    assert got.frames.shape == (1, 32, 32, 3) and not got.notes_with("video streams")
    assert "#0, #1; got #7" in str(outcome(CASES / "cover.mkv", stream=7).error)


def test_a_film_alone_is_not_spoken_of(tmp_path: Path) -> None:
    assert not outcome(film(tmp_path / "film.mp4", *X264)).notes_with("stream")


def test_a_recording_whose_only_picture_is_its_cover_says_so(tmp_path: Path) -> None:
    cover = picture(tmp_path / "cover.png", (64, 48))
    inputs = ("-f", "lavfi", "-i", "sine=duration=1", "-i", cover, "-map", "0", "-map", "1")
    ffmpeg(*inputs, "-c:a", "aac", "-c:v", "copy", "-disposition:v", "attached_pic", tmp_path / "a.m4v")
    got = outcome(tmp_path / "a.m4v")
    assert got.count == 1 and got.notes_with("marked as a picture")
