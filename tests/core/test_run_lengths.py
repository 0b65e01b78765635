"""Run lengths of masks, as pycocotools writes and reads them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from ahc_stream.core.run_lengths import lengths_of, mask_of, packed, unpacked

drawn = settings(max_examples=60, deadline=None)


@st.composite
def masks(draw: st.DrawFn) -> np.ndarray:
    """Of any size and density, with runs short and long."""
    height, width = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    mask = generator.random((height, width)) < draw(st.sampled_from([0, 0.01, 0.5, 0.99, 1]))
    return np.repeat(mask, draw(st.sampled_from([1, 40])), axis=0)


@drawn
@given(mask=masks())
def test_a_mask_has_the_text_that_pycocotools_writes_and_comes_back(mask: np.ndarray) -> None:
    lengths = lengths_of(mask)
    assert lengths.sum() == mask.size and lengths[1::2].sum() == mask.sum()
    text = packed(lengths)
    assert text == coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"]
    assert np.array_equal(unpacked(text), lengths)
    assert np.array_equal(mask_of(lengths, *mask.shape), mask)


@drawn
@given(lengths=st.lists(st.integers(0, 10**10), max_size=40))
def test_any_lengths_come_back(lengths: list[int]) -> None:
    assert unpacked(packed(np.array(lengths, np.int64))).tolist() == lengths


@drawn
@given(text=st.binary(max_size=40))
def test_any_bytes_are_lengths_or_a_value_error(text: bytes) -> None:
    try:
        lengths = unpacked(text)
    except ValueError:
        return
    assert (lengths >= 0).all()


@pytest.mark.parametrize("text", [b"P", b"0P", b"/", b"p", b"P" * 40 + b"0", b"P" * 12 + b"0", b"O"])
def test_what_is_no_text_of_lengths_is_refused(text: bytes) -> None:
    """An end in the middle of a length, characters outside of the alphabet, a length that never ends, one below 0."""
    with pytest.raises(ValueError):
        unpacked(text)


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="12 pixels of 3 x 5"):
        mask_of(np.array([5, 7]), 3, 5)
