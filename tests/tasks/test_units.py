"""The units of a tally: which row belongs to which, in the order of first appearance."""

from __future__ import annotations

import random

import pyarrow as pa

from ahc_stream.core.labels import KEY
from ahc_stream.tasks import units


def table(*keys: tuple[str, str, int]) -> pa.Table:
    names = [name for name, _ in KEY]
    return pa.Table.from_pylist([dict(zip(names, key, strict=True)) for key in keys], pa.schema(KEY))


ROWS = table(("d", "b", 1), ("d", "a", 0), ("d", "b", 1), ("e", "b", 1), ("d", "b", 0), ("d", "a", 0))


def test_each_unit_stands_once_in_the_order_of_first_appearance() -> None:
    assert units.of(ROWS) == table(("d", "b", 1), ("d", "a", 0), ("e", "b", 1), ("d", "b", 0))
    assert units.numbers(ROWS).tolist() == [0, 1, 0, 2, 3, 1]


def test_rows_find_their_place_among_units_or_none() -> None:
    among = table(("d", "b", 0), ("d", "a", 0))
    assert units.places(ROWS, among).tolist() == [-1, 1, -1, -1, 0, 1]
    assert units.places(ROWS, table()).tolist() == [-1] * 6 and units.places(table(), among).tolist() == []


def test_many_rows_in_many_chunks_are_numbered_as_a_dictionary_would() -> None:
    draw = random.Random(1)
    keys = [(draw.choice("de"), f"item {draw.randrange(40)}", draw.randrange(30)) for _ in range(3000)]
    chunked = pa.concat_tables([table(*keys[:1000]), table(*keys[1000:])])
    place = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    assert units.numbers(chunked).tolist() == [place[key] for key in keys]
    assert units.of(chunked) == table(*place)
