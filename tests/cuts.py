"""Ways to cut a stream into clips, for tests that nothing depends on it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

Cut = list[slice]


def cuts(frames: int) -> st.SearchStrategy[Cut]:
    """Draws slices, of one frame at least, that cover so many frames in order."""
    inner = st.sets(st.integers(1, frames - 1)) if frames > 1 else st.just(set())
    return inner.map(lambda borders: slices([0, *sorted(borders), frames]))


def slices(borders: list[int]) -> Cut:
    """The slices between rising borders."""
    return [slice(start, stop) for start, stop in pairwise(borders)]
