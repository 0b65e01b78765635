"""Items and labels of all that any start covers: tables that grow as shards and larger limits come."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

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


def merged(known: pa.Table, asked: pa.Table, replaced: Collection[str]) -> pa.Table:
    """ITEMS of both by name. Of an item that both have, a kind of digest that either lacks is the other's; of a replaced
    one, all are the new ones."""
    names = pa.array(sorted({*known["item"].to_pylist(), *asked["item"].to_pylist()}), pa.string())
    fresh = only(known, pa.array(list(replaced), pa.string()), inside=False)
    columns = {kind: pc.coalesce(*(_by_name(side, kind, names) for side in (asked, fresh))) for kind in (ENDS, WHOLE)}
    return pa.table({"item": names, "ends": columns[ENDS], "whole": columns[WHOLE]}, schema=ITEMS)


def _by_name(table: pa.Table, column: str, names: pa.Array) -> pa.ChunkedArray:
    """The column's values of `names`; null where the table has none."""
    return table[column].take(pc.index_in(names, table["item"].combine_chunks()))


def fingerprint_of(items: pa.Table) -> str:
    """Of the items as a whole, as a dataset of the same files has it."""
    return fingerprint(dict(zip(items["item"].to_pylist(), items["ends"].to_pylist(), strict=True)))


@dataclass(frozen=True)
class Labels:
    """One table of labels, by item and within an item in the order of its dataset.

    corrected:  items that had other labels before.
    grown:      whether it is another table than before.
    """

    rows: pa.Table
    corrected: tuple[str, ...] = ()
    grown: bool = True


def merged_labels(known: pa.Table | None, asked: pa.Table, items: pa.Array, known_items: pa.Array) -> Labels:
    """The labels of `known` with those that `asked` has of `items`, which replace what was known of these."""
    ours = _by_item(only(asked, items))
    if known is None:
        return Labels(ours)
    theirs = only(known, items)
    if theirs.equals(ours):
        return Labels(known, grown=False)
    differ = differing(theirs, ours)
    corrected = pc.unique(differ.filter(pc.is_in(differ, known_items)))
    rows = _by_item(pa.concat_tables([only(known, items, inside=False), ours]))
    return Labels(rows, tuple(corrected.to_pylist()))


def differing(one: pa.Table, other: pa.Table) -> pa.Array:
    """The items whose labels are not the same in both tables, in number, order or content."""
    sides = [dict(_split(_by_item(side))) for side in (one, other)]
    names = sides[0].keys() | sides[1].keys()
    empty = one.slice(0, 0)
    return pa.array(
        [n for n in sorted(names) if not sides[0].get(n, empty).equals(sides[1].get(n, empty))], pa.string()
    )


def _split(rows: pa.Table) -> list[tuple[str, pa.Table]]:
    """(item, its rows) of labels that are ordered by item."""
    (code,) = codes([rows], ["item"])
    ends = [place for place in range(1, len(code)) if code[place] != code[place - 1]]
    bounds = [0, *ends, len(code)] if len(code) else []
    parts = [rows.slice(start, end - start) for start, end in pairwise(bounds)]
    return [(part["item"][0].as_py(), part) for part in parts]


def only(rows: pa.Table, items: pa.Array, inside: bool = True) -> pa.Table:
    """The rows of `items`, or of all others."""
    among = pc.is_in(rows["item"], items)
    return rows.filter(among if inside else pc.invert(among))


def _by_item(rows: pa.Table) -> pa.Table:
    return rows.take(pc.sort_indices(rows["item"])).combine_chunks()
