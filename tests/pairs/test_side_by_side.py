"""Two streams in step, however each is cut into clips."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.errors import MediaError
from ahc_stream.pairs.side_by_side import side_by_side

LENGTHS = st.lists(st.integers(1, 5), min_size=1, max_size=6)


def clips(lengths: list[int], side: int = 4) -> Iterator[Clip]:
    first = 0
    for length in lengths:
        numbers = range(first, first + length)
        frames = torch.stack([torch.full((3, side, 4), number, dtype=torch.uint8) for number in numbers])
        keys = tuple(FrameKey("d", "i", number) for number in numbers)
        yield Clip(frames, keys, torch.zeros(length, dtype=torch.float64), consecutive=True)
        first += length


@settings(deadline=None)
@given(one=LENGTHS, other=LENGTHS)
def test_the_same_frames_meet_and_a_longer_side_is_an_error(one: list[int], other: list[int]) -> None:
    met: list[int] = []

    def walk() -> None:
        for left, right in side_by_side(clips(one), clips(other), "film"):
            assert left.keys == right.keys and torch.equal(left.frames, right.frames)
            met.extend(key.frame for key in left.keys)

    shorter = min(sum(one), sum(other))
    if sum(one) == sum(other):
        walk()
    else:
        longer = "the other" if sum(one) < sum(other) else "the reference"
        with pytest.raises(MediaError, match=rf"got {shorter} frames? in .*, and more in {longer}"):
            walk()
    assert met == list(range(shorter))


def test_a_side_without_a_frame_and_a_change_of_size_are_errors() -> None:
    with pytest.raises(MediaError, match="0 frames in the reference, and more in the other"):
        list(side_by_side(iter(()), clips([1]), "film"))
    assert list(side_by_side(iter(()), iter(()), "film")) == []
    walk = side_by_side(clips([2]), iter([*clips([1]), *list(clips([1, 1], side=6))[1:]]), "film")
    assert len(next(walk)[0]) == 1
    with pytest.raises(MediaError, match="4 x 4 and 4 x 6 from frame 1 on"):
        next(walk)
