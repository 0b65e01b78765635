"""Items and labels of all starts: against a model in dictionaries, and which files a start writes of them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream import runs
from ahc_stream.core.labels import CLASSES
from ahc_stream.runs.items import as_table, differing, merged, merged_labels
from tests.runs.sample_rows import labels, request

NAMES = st.sampled_from("abcd")
DIGESTS = st.fixed_dictionaries({}, optional={"ends": st.sampled_from("pq"), "whole": st.sampled_from("pq")})
ITEMS = st.dictionaries(NAMES, DIGESTS)
ROWS = st.lists(st.tuples(NAMES, st.sampled_from(("cat", "dog"))), max_size=6)


@given(known=ITEMS, requested=ITEMS, replaced=st.sets(NAMES))
def test_a_digest_is_the_new_one_or_the_one_that_was_known_of_the_same_file(known, requested, replaced) -> None:
    expected = []
    for name in sorted(known.keys() | requested.keys()):
        old = {} if name in replaced else known.get(name, {})
        expected.append({"item": name, "ends": None, "whole": None} | old | requested.get(name, {}))
    assert merged(as_table(known), as_table(requested), replaced).to_pylist() == expected


def classes(rows: list[tuple[str, str]]) -> pa.Table:
    values = [{"dataset": "d", "item": item, "frame": 0, "class_name": name} for item, name in rows]
    return pa.Table.from_pylist(values, schema=CLASSES)


def strings(names: set[str]) -> pa.Array:
    return pa.array(sorted(names), pa.string())


def by_item(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(rows, key=lambda row: row[0])


@given(known=ROWS, requested=ROWS, items=st.sets(NAMES), known_items=st.sets(NAMES))
def test_labels_of_the_starts_items_are_the_new_ones_and_others_stay(known, requested, items, known_items) -> None:
    known = by_item(known)
    old, new = ([row for row in by_item(rows) if row[0] in items] for rows in (known, requested))
    of = {name: tuple([row for row in rows if row[0] == name] for rows in (old, new)) for name in items}
    table = merged_labels(classes(known), classes(requested), strings(items), strings(known_items))
    assert table.rows == classes(by_item([row for row in known if row[0] not in items] + new))
    assert table.grown == (old != new)
    assert table.corrected == tuple(sorted(name for name in items & known_items if of[name][0] != of[name][1]))
    first = merged_labels(None, classes(requested), strings(items), strings(set()))
    assert (first.rows, first.grown, first.corrected) == (classes(new), True, ())


@given(one=ROWS, other=ROWS)
def test_items_differ_whose_labels_are_not_the_same_in_number_order_or_content(one, other) -> None:
    names = sorted({name for name, _ in (*one, *other)})
    rows_of = [{name: [row for row in rows if row[0] == name] for name in names} for rows in (one, other)]
    expected = [name for name in names if rows_of[0][name] != rows_of[1][name]]
    assert differing(classes(one), classes(other)).to_pylist() == expected


def test_items_and_labels_are_written_where_they_are_others_than_before(tmp_path: Path) -> None:
    """Each start writes what is new under its own number, and leaves no file that nothing names."""
    known, corrected = labels({"a": "cat", "b": "dog"}), labels({"a": "cat", "b": "fox"})
    for asked, items_of, labels_of in (
        (request("ab", labels=known), 1, 1),
        (request("ab", labels=known), 1, 1),
        (request("a", labels=known), 1, 1),
        (request("abc", labels=known), 4, 1),
        (request("abc", labels=corrected), 4, 5),
        (request("abc"), 4, 5),
    ):
        with runs.begin(tmp_path, asked):
            pass
        expected = {f"items/part-{items_of:04d}.parquet", f"labels_classification/part-{labels_of:04d}.parquet"}
        assert {record["file"] for record in runs.open(tmp_path).manifest["tables"].values()} == expected
        on_disk = [*tmp_path.glob("items/*"), *tmp_path.glob("labels_*/*")]
        assert {path.relative_to(tmp_path).as_posix() for path in on_disk} == expected
