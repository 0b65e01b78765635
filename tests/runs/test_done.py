"""What is done, against a model: every frame that is there from a number on, every stream all of whose frames are."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.core.clip import Item
from ahc_stream.runs.done import CommittedWork
from ahc_stream.tables import with_start
from tests.runs.sample_rows import IDENTITY, JPEG, SCHEMAS, WEBP, frames, stream

POINTS = (JPEG, WEBP, IDENTITY)
PLACES = st.tuples(st.sampled_from("abc"), st.sampled_from(POINTS))
PRESENT = st.dictionaries(PLACES, st.sets(st.integers(0, 6)), max_size=5)
STREAMS = st.dictionaries(st.tuples(PLACES, st.sampled_from((0, 3))), st.integers(1, 3), max_size=6)


def joined(name: str, pieces: list[pa.Table]) -> pa.Table:
    """Rows of one table, all of start 1."""
    rows = pa.concat_tables([SCHEMAS[name].empty_table(), *pieces])
    start = pa.array([1] * rows.num_rows, with_start(SCHEMAS[name]).field("start").type)
    return rows.append_column(with_start(SCHEMAS[name]).field("start"), start)


def committed(present, streams) -> CommittedWork:
    """Of streams that begin at frame 0 or 3, of which the one at 3 is the item's last."""
    rows_of_frames = [frames(item, sorted(numbers), point)["frames"] for (item, point), numbers in present.items()]
    rows_of_streams = [
        stream(item, count, point, begins, final=begins == 3)["streams"]
        for ((item, point), begins), count in streams.items()
    ]
    return CommittedWork(joined("streams", rows_of_streams), joined("frames", rows_of_frames))


@given(present=PRESENT, streams=STREAMS, first=st.integers(0, 7))
def test_frames_and_streams_are_done_where_they_are_there(present, streams, first: int) -> None:
    done = committed(present, streams)
    for item in "abcz":
        for point in POINTS:
            there = present.get((item, point), set())
            assert done.frames("d", item, first, point) == {number for number in there if number >= first}
            assert done.frames("other", item, first, point) == set()
            covered = set()
            for begins in (0, 3):
                numbers = set(range(begins, begins + streams.get(((item, point), begins), 0)))
                is_done = bool(numbers) and numbers <= there
                assert done.stream("d", item, begins, point) == is_done
                covered |= numbers if is_done else set()
            is_finished = 3 in covered and covered >= {0, 1, 2}
            assert done.item(Item("d", item, "video", (Path("x"),)), [point]) == is_finished


@given(present=PRESENT, streams=STREAMS, names=st.sets(st.sampled_from("abcz")))
def test_of_some_items_alone_the_same_is_said_and_of_others_nothing(present, streams, names: set[str]) -> None:
    done = committed(present, streams)
    part = done.only("d", names)
    for item in "abcz":
        for point in POINTS:
            known = item in names
            assert part.frames("d", item, 0, point) == (done.frames("d", item, 0, point) if known else set())
            for begins in (0, 3):
                assert part.stream("d", item, begins, point) == (known and done.stream("d", item, begins, point))
            whole = Item("d", item, "video", (Path("x"),))
            assert part.item(whole, [point]) == (known and done.item(whole, [point]))
