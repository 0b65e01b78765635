"""Keys of rows and spans of frames, against loops that say what is meant."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.runs.keys import at, codes, within

ROWS = st.lists(st.tuples(st.sampled_from([None, "a", "b", ""]), st.sampled_from([None, 0.5, 1.0])), max_size=8)


def table(rows: list[tuple], cut: int) -> pa.Table:
    """In two chunks."""
    chunks = [[dict(zip(("name", "value"), row, strict=True)) for row in chunk] for chunk in (rows[:cut], rows[cut:])]
    schema = pa.schema([("name", pa.string()), ("value", pa.float64())])
    return pa.concat_tables([pa.Table.from_pylist(chunk, schema=schema) for chunk in chunks])


@given(one=ROWS, other=ROWS, cut=st.integers(0, 8))
def test_two_rows_have_one_code_exactly_where_they_are_equal(one: list, other: list, cut: int) -> None:
    both = np.concatenate(codes([table(one, cut), table(other, cut)], ["name", "value"])).tolist()
    rows = one + other
    assert [[x == y for x in both] for y in both] == [[x == y for x in rows] for y in rows]


@given(
    spans=st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, 4)), st.integers(0, 9), max_size=6),
    places=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60)), max_size=20),
)
def test_frames_are_within_the_spans_of_their_own_code(spans: dict, places: list) -> None:
    """The spans of a code begin ten frames apart and are shorter."""
    begun = [(code, 10 * number, count) for (code, number), count in spans.items()]
    code, first, count = np.array(begun, np.int64).reshape(-1, 3).T
    inside = within(at(*np.array(places, np.int64).reshape(-1, 2).T), at(code, first), count)
    expected = [any(c == code and f <= frame < f + n for c, f, n in begun) for code, frame in places]
    assert inside.tolist() == expected
