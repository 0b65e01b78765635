"""Encoders keep the bit rate that a point names, and the bound on it: measured on what they write."""

from __future__ import annotations

import numpy as np
import pytest

from tests.codecs.traditional.encoding import RATE, encode, pictures_of
from tests.conftest import real

SECONDS = 24
HEIGHT, WIDTH = 136, 320


@pytest.fixture(scope="module")
def bikes() -> tuple[np.ndarray, ...]:
    """Ten seconds with cuts, played forth and back."""
    return pictures_of(real("clips/bikes.mp4"), HEIGHT, WIDTH, int(SECONDS * RATE))


@pytest.mark.parametrize("text", ["h264@{}k", "h265@{}k:preset=veryfast", "ffmpeg:libvpx-vp9@{}k:cpu-used=8"])
@pytest.mark.parametrize("kbits", [150, 400])
def test_a_bit_rate_is_kept_within_a_tenth(text, kbits, bikes):
    assert encode(text.format(kbits), bikes).kbits_per_second == pytest.approx(kbits, rel=0.1)


@pytest.mark.parametrize(
    "text",
    [
        "h264@200k",
        "h264@23:maxrate=100k",
        "h264@200k:maxrate=200k",
        "h265@200k",
        "h265@200k:maxrate=200k",
        "av1@200k",
        "av1@25:maxrate=100k",
        "ffmpeg:libvpx-vp9@200k:cpu-used=8",
        "ffmpeg:libsvtav1@200k:preset=8",
        "ffmpeg:mpeg4@200k",
    ],
)
def test_a_rate_is_controlled_alike_every_time(text, bikes):
    assert len({encode(text, bikes[:100]).payload for _ in range(8)}) == 1


def windows(sizes: tuple[int, ...], seconds: float) -> np.ndarray:
    """Bits in every window of that many seconds."""
    frames = round(seconds * RATE)
    total = np.concatenate([[0], np.cumsum(8 * np.array(sizes))])
    return total[frames:] - total[:-frames]


@pytest.mark.parametrize("name", ["h264", "h265"])
@pytest.mark.parametrize(("quality", "kbits"), [("18", 200), ("200k", 200)])
def test_no_window_holds_more_than_the_buffer_and_what_flows_into_it(name, quality, kbits, bikes):
    """A decoder's buffer of B bits is filled at R bits per second: t seconds of the stream are at most B + R t."""
    preset = "preset=veryfast"
    free = encode(f"{name}@{quality}:{preset}", bikes)
    bound = encode(f"{name}@{quality}:{preset}:maxrate={kbits}k:bufsize={kbits}k", bikes)
    for seconds in (0.5, 1, 2, 5):
        most = 1000 * kbits * (1 + seconds)
        assert windows(bound.sizes, seconds).max() <= 1.02 * most  # a frame may miss by what its own rate is missed by
    assert windows(free.sizes, 2).max() > 1.15 * windows(bound.sizes, 2).max()


@pytest.mark.parametrize("kbits", [150, 400])
def test_svt_av1_stays_less_than_a_sixth_below_its_bit_rate(kbits, bikes):
    assert 5 / 6 * kbits < encode(f"av1@{kbits}k", bikes).kbits_per_second < 1.1 * kbits


def test_a_capped_crf_of_svt_av1_lowers_the_peak(bikes):
    free, bound = encode("av1@20:preset=10", bikes), encode("av1@20:preset=10:maxrate=200k", bikes)
    assert bound.kbits_per_second < 0.8 * free.kbits_per_second
    assert bound.kbits_per_second < 1.1 * 200
