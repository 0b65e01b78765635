"""Items and labels of all that any start covers: tables that grow as shards and larger limits come."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.digests import ENDS, WHOLE, Digests, fingerprint
from ahc_stream.runs.keys import codes
from ahc_stream.tables import ITEMS


def as_table(items: Mapping[str, Digests]) -> pa.Table:
    """ITEMS of what a start asks for."""
    columns = {
        "item": list(items),
        "ends": [digests.get(ENDS) for digests in items.values()],
        "whole": [digests.get(WHOLE) for digests in items.values()],
    }
    return pa.table(columns, schema=ITEMS)


def merged(known: pa.Table, requested: pa.Table, replaced: Collection[str]) -> pa.Table:
    """ITEMS of both by name. Of an item that both have, a kind of digest that either lacks is the other's; of a
    replaced one, all are the new ones."""
    names = pa.array(sorted({*known["item"].to_pylist(), *requested["item"].to_pylist()}), pa.string())
    unchanged = only(known, pa.array(list(replaced), pa.string()), inside=False)

    def digests(kind: str) -> pa.ChunkedArray:
        return pc.coalesce(_by_name(requested, kind, names), _by_name(unchanged, kind, names))

    return pa.table({"item": names, "ends": digests(ENDS), "whole": digests(WHOLE)}, schema=ITEMS)


def _by_name(table: pa.Table, column: str, names: pa.Array) -> pa.ChunkedArray:
    """The column's values of `names`; null where the table has none."""
    return table[column].take(pc.index_in(names, table["item"].combine_chunks()))


def fingerprint_of(items: pa.Table) -> str:
    """Of the items as a whole, as a dataset of the same files has it."""
    digest_of_item = zip(items["item"].to_pylist(), items["ends"].to_pylist(), strict=True)
    return fingerprint(dict(digest_of_item))


@dataclass(frozen=True)
class Labels:
    """One table of labels, by item and within an item in the order of its dataset.

    corrected:  items that had other labels before.
    grown:      whether it is another table than before.
    """

    rows: pa.Table
    corrected: tuple[str, ...] = ()
    grown: bool = True


def merged_labels(known: pa.Table | None, requested: pa.Table, items: pa.Array, known_items: pa.Array) -> Labels:
    """The labels of `known` with those that `requested` has of `items`, which replace what was known of these."""
    new = _by_item(only(requested, items))
    if known is None:
        return Labels(new)
    old = only(known, items)
    if old.equals(new):
        return Labels(known, grown=False)
    differ = differing(old, new)
    corrected = pc.unique(differ.filter(pc.is_in(differ, known_items)))
    of_other_items = only(known, items, inside=False)
    rows = _by_item(pa.concat_tables([of_other_items, new]))
    return Labels(rows, tuple(corrected.to_pylist()))


def differing(one: pa.Table, other: pa.Table) -> pa.Array:
    """The items whose labels are not the same in both tables, in number, order or content."""
    old, new = _rows_of_items(_by_item(one)), _rows_of_items(_by_item(other))
    empty = one.slice(0, 0)
    names = sorted(old.keys() | new.keys())
    different = [name for name in names if not old.get(name, empty).equals(new.get(name, empty))]
    return pa.array(different, pa.string())


def _rows_of_items(rows: pa.Table) -> dict[str, pa.Table]:
    """Item -> its rows, of labels that are ordered by item."""
    if not rows.num_rows:
        return {}
    (code,) = codes([rows], ["item"])
    firsts = np.flatnonzero(np.diff(code)) + 1
    bounds = [0, *firsts.tolist(), len(code)]
    slices = [rows.slice(start, end - start) for start, end in pairwise(bounds)]
    return {piece["item"][0].as_py(): piece for piece in slices}


def only(rows: pa.Table, items: pa.Array, inside: bool = True) -> pa.Table:
    """The rows of `items`, or of all others."""
    among = pc.is_in(rows["item"], items)
    return rows.filter(among if inside else pc.invert(among))


def _by_item(rows: pa.Table) -> pa.Table:
    return rows.take(pc.sort_indices(rows["item"])).combine_chunks()
