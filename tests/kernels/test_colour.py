"""The compiled conversion of 4:2:0, held bit for bit to libswscale's as `core.swscale` calls it."""

from __future__ import annotations

from itertools import product

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ahc_stream.core import swscale
from ahc_stream.core.colour import Colour, Matrix
from ahc_stream.core.frame_planes import planes_of
from ahc_stream.kernels.colour import from_rgb, to_rgb

Bytes = np.ndarray
COLOURS = [
    Colour(m, full, s) for m in ("bt601", "bt709", "bt2020") for full in (False, True) for s in ("left", "center")
]
MATRICES: tuple[Matrix, ...] = ("bt601", "bt709", "bt2020")


def ids(colour: Colour) -> str:
    return f"{colour.matrix}-{'full' if colour.full_range else 'limited'}-{colour.siting}"


def empty_planes(height: int, width: int) -> tuple[Bytes, Bytes, Bytes]:
    chroma = (height + 1) // 2, (width + 1) // 2
    return np.empty((height, width), np.uint8), np.empty(chroma, np.uint8), np.empty(chroma, np.uint8)


def frame_of(planes: tuple[Bytes, ...]) -> av.VideoFrame:
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, values in zip(planes_of(frame), planes, strict=True):
        plane[:] = values
    return frame


def noise(height: int, width: int, seed: int) -> tuple[Bytes, ...]:
    random = np.random.default_rng(seed)
    return tuple(random.integers(0, 256, plane.shape, dtype=np.uint8) for plane in empty_planes(height, width))


def check_to_rgb(planes: tuple[Bytes, ...], colour: Colour) -> None:
    expected = np.empty((3, *planes[0].shape), np.uint8)
    swscale.to_rgb(frame_of(planes), colour, expected)
    got = np.empty_like(expected)
    to_rgb(*planes, colour.matrix, colour.full_range, colour.siting == "center", got)
    assert np.array_equal(got, expected)


def check_from_rgb(rgb: Bytes, colour: Colour) -> None:
    expected = planes_of(swscale.from_rgb(rgb, "yuv420p", colour))
    got = empty_planes(*rgb.shape[1:])
    from_rgb(rgb, colour.matrix, colour.full_range, colour.siting == "center", *got)
    for ours, theirs in zip(got, expected, strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("colour", COLOURS, ids=ids)
@given(st.integers(1, 70), st.integers(1, 150), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_every_size_is_converted_as_libswscale_does(colour, height, width, seed):
    check_to_rgb(noise(height, width, seed), colour)
    check_from_rgb(np.random.default_rng(seed).integers(0, 256, (3, height, width), dtype=np.uint8), colour)


@pytest.mark.parametrize("colour", COLOURS, ids=ids)
def test_samples_of_all_levels_are_converted_as_libswscale_does(colour):
    """Noise over all of 0..255, so samples that no colour has too, where libswscale's sums overflow."""
    check_to_rgb(noise(1024, 1024, seed=0), colour)


@pytest.mark.parametrize(("matrix", "full_range"), list(product(MATRICES, (False, True))))
def test_every_luma_with_every_chroma_is_converted_as_libswscale_does(matrix, full_range):
    """All of Y and Cb with some of Cr, and the other way round: flat where it counts, so with no neighbours' share."""
    y = np.tile(np.repeat(np.arange(256, dtype=np.uint8), 2), (2 * 256, 1))
    chroma = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 256, axis=1)
    for level in range(0, 256, 15):
        other = np.full_like(chroma, level)
        check_to_rgb((y, chroma, other), Colour(matrix, full_range))
        check_to_rgb((y, other, chroma), Colour(matrix, full_range))


@pytest.mark.parametrize(("matrix", "full_range"), list(product(MATRICES, (False, True))))
def test_every_colour_is_converted_as_libswscale_does(matrix, full_range):
    colours = np.arange(2**24, dtype=np.uint32).reshape(4096, 4096)
    rgb = np.stack([colours >> shift & 255 for shift in (16, 8, 0)]).astype(np.uint8)
    check_from_rgb(rgb, Colour(matrix, full_range))


def test_rows_may_lie_apart():
    planes = noise(20, 30, seed=1)
    apart = [np.pad(plane, ((0, 0), (0, 7)))[:, : plane.shape[1]] for plane in planes]
    out = np.empty((3, 20, 40), np.uint8)[:, :, 5:35]
    expected = np.empty((3, 20, 30), np.uint8)
    to_rgb(*planes, "bt709", False, False, expected)
    to_rgb(*apart, "bt709", False, False, out)
    assert np.array_equal(out, expected)
    back, expected_back = empty_planes(20, 30), empty_planes(20, 30)
    from_rgb(out, "bt709", False, False, *back)
    from_rgb(expected, "bt709", False, False, *expected_back)
    assert all(map(np.array_equal, back, expected_back))


@pytest.mark.parametrize("shape", [(3, 20, 31), (3, 21, 30), (3, 0, 30)])
def test_another_size_is_refused(shape):
    y, cb, cr = empty_planes(20, 30)
    with pytest.raises(ValueError, match="needed"):
        to_rgb(y, cb, cr, "bt709", False, False, np.empty(shape, np.uint8))
    with pytest.raises(ValueError, match="needed"):
        from_rgb(np.empty(shape, np.uint8), "bt709", False, False, y, cb, cr)


def test_samples_of_a_row_that_lie_apart_are_refused():
    interleaved = np.empty((20, 30, 3), np.uint8).transpose(2, 0, 1)
    with pytest.raises(ValueError, match="whole rows"):
        to_rgb(*empty_planes(20, 30), "bt709", False, False, interleaved)
