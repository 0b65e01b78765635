"""Damaged files by the hundred: nothing but our own errors, no hang, no process left behind.

AHC_STREAM_FUZZ_IMAGES and AHC_STREAM_FUZZ_VIDEOS ask for other numbers of them; docs/reliability.md has figures.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.sources import video_file
from tests.sources.made import film, outcome
from tests.sources.streams import scene

IMAGES = int(os.environ.get("AHC_STREAM_FUZZ_IMAGES", "3000"))
VIDEOS = int(os.environ.get("AHC_STREAM_FUZZ_VIDEOS", "1000"))
ASKED_FOR_REASONS = 20
"""Of so many videos one is asked for FFmpeg's reason, for which a process is started: it takes thirty times as long as
the video itself."""
LONGEST_SECONDS = 30.0
"""For one file of some kilobytes, on a busy machine."""

Random = np.random.Generator
PICTURES = ("avif", "bmp", "gif", "jp2", "jpg", "png", "pgm", "ppm", "tif", "webp")
FILMS = {
    "mp4": ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2"),
    "mkv": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"),
    "webm": ("-c:v", "libvpx-vp9", "-cpu-used", "8"),
    "avi": ("-c:v", "mpeg4", "-bf", "2"),
    "ts": ("-c:v", "mpeg2video", "-bf", "2"),
}


def flipped(data: bytearray, random: Random) -> None:
    """Up to 20 bytes are other ones."""
    for at in random.integers(0, len(data), random.integers(1, 21)):
        data[at] ^= int(random.integers(1, 256))


def shortened(data: bytearray, random: Random) -> None:
    """The end is missing."""
    del data[int(random.integers(1, len(data))) :]


def blanked(data: bytearray, random: Random) -> None:
    """A part is zeros."""
    at = int(random.integers(0, len(data)))
    size = min(len(data) - at, int(random.integers(1, 2000)))
    data[at : at + size] = bytes(size)


def doubled(data: bytearray, random: Random) -> None:
    """A part stands there twice."""
    at = int(random.integers(0, len(data)))
    data[at:at] = data[at : at + int(random.integers(1, 2000))]


def holed(data: bytearray, random: Random) -> None:
    """A part is taken out."""
    at = int(random.integers(0, len(data)))
    del data[at : at + int(random.integers(1, 500))]


DAMAGES: tuple[Callable[[bytearray, Random], None], ...] = (flipped, shortened, blanked, doubled, holed)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A small file of each kind, by its suffix."""
    folder = tmp_path_factory.mktemp("originals")
    picture = Image.fromarray(scene(48, 64, 1))
    for suffix in PICTURES:
        shown = picture.convert("L") if suffix == "pgm" else picture
        shown.save(folder / f"a.{suffix}")
    for suffix, options in FILMS.items():
        film(folder / f"a.{suffix}", *options, frames=12, size="64x48")
    return {path.suffix[1:]: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(autouse=True)
def seldom_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    ask, calls = video_file.reason_for, count()
    monkeypatch.setattr(video_file, "reason_for", lambda *of: "" if next(calls) % ASKED_FOR_REASONS else ask(*of))


def fuzzed(originals: dict[str, bytes], suffixes: tuple[str, ...], files: int, folder: Path, seed: int) -> Counter[str]:
    """What came of so many damaged files: "whole", or the name of the error. Anything but ours is raised."""
    random, results = np.random.default_rng(seed), Counter[str]()
    for number in range(files):
        suffix = suffixes[number % len(suffixes)]
        damage = DAMAGES[number // len(suffixes) % len(DAMAGES)]
        data = bytearray(originals[suffix])
        damage(data, random)
        path = folder / f"{number}.{suffix}"
        path.write_bytes(data)
        began = time.monotonic()
        try:
            got = outcome(path)
        except Exception as error:
            kept = Path(os.environ.get("AHC_STREAM_FUZZ_KEEP", folder)) / path.name
            kept.write_bytes(data)
            raise AssertionError(f"{type(error).__name__} from {kept}, {damage.__name__}") from error
        assert time.monotonic() - began < LONGEST_SECONDS, f"{path}, {damage.__name__}"
        assert got.error is None or isinstance(got.error, (MediaError, MissingData))
        results[type(got.error).__name__ if got.error else "whole"] += 1
        path.unlink()
    return results


def processes() -> set[psutil.Process]:
    """Those that this one has started and that live; other tests may have left some."""
    return set(psutil.Process().children(recursive=True))


@pytest.mark.timeout(1200)
def test_damaged_images(originals: dict[str, bytes], tmp_path: Path, record_property: Callable[..., None]) -> None:
    before = processes()
    results = fuzzed(originals, PICTURES, IMAGES, tmp_path, 11)
    record_property("results", dict(results))
    print(f"images: {dict(results)}")
    assert results.total() == IMAGES and results["MediaError"] > IMAGES // 10
    assert processes() <= before


@pytest.mark.timeout(1200)
def test_damaged_videos(originals: dict[str, bytes], tmp_path: Path, record_property: Callable[..., None]) -> None:
    before = processes()
    results = fuzzed(originals, tuple(FILMS), VIDEOS, tmp_path, 12)
    record_property("results", dict(results))
    print(f"videos: {dict(results)}")
    assert results.total() == VIDEOS and results["MediaError"] > VIDEOS // 4
    assert processes() <= before
