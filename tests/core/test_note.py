"""Remarks about items, one line for each."""

from __future__ import annotations

import pytest

from ahc_stream.core.note import ItemNote, summary


def test_a_note_prints_its_item_and_its_text() -> None:
    assert str(ItemNote("d", "v", "no tag")) == "d/v: no tag"


@pytest.mark.parametrize(
    ("count", "named"),
    [(1, "v0"), (2, "v0, v1"), (3, "v0, v1, v2"), (4, "v0, v1, v2 and 1 more"), (9, "v0, v1, v2 and 6 more")],
)
def test_a_summary_names_three_items_and_counts_the_rest(count: int, named: str) -> None:
    notes = [ItemNote("d", f"v{number}", "no tag") for number in range(count)]
    assert summary([*notes, *notes]) == (f"no tag ({named})",)


def test_remarks_keep_the_order_in_which_they_came() -> None:
    notes = [ItemNote("d", "b", "dark"), ItemNote("d", "a", "no tag"), ItemNote("d", "a", "dark")]
    assert summary(notes) == ("dark (b, a)", "no tag (a)")
