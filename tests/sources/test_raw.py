"""Raw video: the pixels, times and notes of a .y4m of the same frames, and a file that ends within a frame."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.errors import MediaError
from ahc_stream.core.raw_video import RawVideo
from ahc_stream.sources import Limits, opened
from ahc_stream.sources.raw import frame_count
from tests.sources.made import ffmpeg, film
from tests.sources.streams import CPU, pixels


def raw_item(path: Path, size: str, pixel_format: str, rate: float = 10) -> Item:
    width, height = map(int, size.split("x"))
    return Item("d", path.stem, "video", (path,), raw=RawVideo(width, height, pixel_format, rate))


def clips_of(item: Item, isolate: bool = False, limits: Limits | None = None) -> tuple[list[Clip], list[str]]:
    media = opened(item, 3, CPU, limits=limits or Limits(), isolate=isolate)
    return list(media.clips()), [note.text for note in media.notes]


@pytest.mark.parametrize(
    ("pixel_format", "size"),
    [("yuv420p", "128x96"), ("yuv420p", "127x95"), ("yuv422p", "66x50"), ("yuv444p", "64x48"), ("gray", "33x21")],
)
def test_a_file_and_a_y4m_of_its_frames_are_the_same_video(tmp_path: Path, pixel_format: str, size: str) -> None:
    scaled = ("-vf", f"scale={size.replace('x', ':')}")  # FFmpeg's test pictures have even sides
    y4m = film(tmp_path / "a.y4m", *scaled, "-pix_fmt", pixel_format, "-strict", "-1", frames=7)
    ffmpeg("-i", y4m, "-f", "rawvideo", tmp_path / "a.yuv")
    item = raw_item(tmp_path / "a.yuv", size, pixel_format)
    (raw, raw_notes), (known, _) = clips_of(item), clips_of(Item("d", "a", "video", (y4m,)))
    assert torch.equal(pixels(raw), pixels(known)) and [clip.keys for clip in raw] == [clip.keys for clip in known]
    assert torch.allclose(torch.cat([clip.pts_seconds for clip in raw]), torch.cat([c.pts_seconds for c in known]))
    assert any("range is not stated" in text for text in raw_notes)
    assert opened(item, 3, CPU).timing == (10.0, Fraction(1, 10))
    assert frame_count(item.paths[0], item.raw) == 7
    isolated, notes = clips_of(item, isolate=True)
    assert torch.equal(pixels(isolated), pixels(raw)) and notes == raw_notes


@pytest.mark.parametrize(("pixel_format", "step"), [("yuv420p10le", 4), ("yuv422p12le", 16), ("yuv444p16le", 256)])
def test_deeper_samples_are_the_levels_of_eight_bits_that_they_are_multiples_of(
    tmp_path: Path, pixel_format: str, step: int
) -> None:
    """A deep sample of an 8-bit one times 2^(bits - 8) stands for the same colour, within the rounding of one level."""
    chroma = pixel_format.partition("p")[0]
    planes = np.random.default_rng(1).integers(16, 236, 64 * 48).astype(np.uint8)
    divisor = {"yuv420": 4, "yuv422": 2, "yuv444": 1}[chroma]
    grey = np.full(2 * len(planes) // divisor, 128, np.uint8)
    samples = np.concatenate([planes, grey])
    (tmp_path / "8.yuv").write_bytes(samples.tobytes())
    (tmp_path / "deep.yuv").write_bytes((samples.astype("<u2") * step).tobytes())
    shallow, _ = clips_of(raw_item(tmp_path / "8.yuv", "64x48", f"{chroma}p"))
    deep, _ = clips_of(raw_item(tmp_path / "deep.yuv", "64x48", pixel_format))
    assert (pixels(shallow).int() - pixels(deep).int()).abs().max() <= 1


@pytest.mark.parametrize("isolate", [False, True])
def test_a_file_that_ends_within_a_frame_gives_those_before_it(tmp_path: Path, isolate: bool) -> None:
    (tmp_path / "a.yuv").write_bytes(bytes(2 * 16 * 16 * 3 // 2 + 5))
    clips = opened(raw_item(tmp_path / "a.yuv", "16x16", "yuv420p"), 3, CPU, isolate=isolate).clips()
    assert len(next(clips)) == 2
    with pytest.raises(
        MediaError, match=r"whole frames of 384 bytes \(16 x 16 yuv420p, 10 per second\).*2 of them and 5"
    ):
        next(clips)


def test_an_empty_file_a_large_frame_and_another_source_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yuv").write_bytes(b"")
    item = raw_item(tmp_path / "a.yuv", "16x16", "yuv420p")
    with pytest.raises(MediaError, match="0 of them and 0 bytes"):
        clips_of(item)
    with pytest.raises(MediaError, match="--max-pixels 256"):
        clips_of(item, limits=Limits(frame_pixels=100))
    for source in ("decord", "dali"):
        with pytest.raises(MediaError, match="Choose pyav"):
            list(opened(item, 3, CPU, source).clips())
