"""Frames as people name them, and slices of Python as the oracle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.frame_selection import frame_selection

END = st.integers(0, 999) | st.none()


@given(END, END)
def test_two_ends_are_those_of_a_slice(first: int | None, stop: int | None) -> None:
    text = f"{'' if first is None else first}:{'' if stop is None else stop}"
    if first is None and stop is None:
        with pytest.raises(InvalidValue):
            frame_selection(text)
    else:
        assert frame_selection(text) == (first, stop)


@given(st.integers(0, 999))
def test_one_number_is_one_frame(number: int) -> None:
    assert list(range(2000)[slice(*frame_selection(str(number)))]) == [number]


@pytest.mark.parametrize("text", ["", "a", "-1", "1:2:3", "\u00b2", "1.5", " 1"])
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="A:B"):
        frame_selection(text)
