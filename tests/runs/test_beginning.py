"""What a start notes: replaced items, corrected labels, other versions; items by name, and where many by number."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream import runs
from tests.runs.sample_rows import frames, labels, request, stream


def notes_of(out: Path, asked: runs.Request) -> tuple[str, ...]:
    with runs.begin(out, asked) as start:
        return start.notes


@pytest.mark.parametrize(
    ("names", "told"), [("a", "1 item (a)"), ("abc", "3 items (a, b, c)"), ("abcd", "4 items (a, b, c ...)")]
)
def test_three_items_are_named_and_more_are_counted(tmp_path: Path, names: str, told: str) -> None:
    with runs.begin(tmp_path, request(names, labels=labels(dict.fromkeys(names, "cat")))) as start:
        start.add(frames(names[0]) | stream(names[0], complete=False))  # begun, and finished nowhere
    corrected = labels(dict.fromkeys(names, "dog"))
    (note,) = notes_of(tmp_path, request(names, labels=corrected))
    assert note == f"labels_classification: the labels of {told} are others than before and were taken over"
    others = {name: f"another {name}" for name in names}
    (note,) = notes_of(tmp_path, request(others, labels=corrected))
    assert note.startswith(f"{told}: finished nowhere")
    assert runs.open(tmp_path).manifest["replaced"] == dict.fromkeys(names, 3) and runs.verify(tmp_path) == []


def test_versions_are_compared_with_those_of_the_latest_start(tmp_path: Path) -> None:
    def provenance(**versions: str) -> dict:
        return {"commit": "0" * 40, "versions": versions, "hardware": {}}

    notes = [
        notes_of(tmp_path, request(provenance=provenance(**versions)))
        for versions in ({"numpy": "1"}, {"numpy": "2"}, {"numpy": "2"}, {"torch": "2"})
    ]
    assert notes == [
        (),
        ("start 1 ran with other versions: numpy 1, now 2",),
        (),
        ("start 3 ran with other versions: numpy 2, now None; torch None, now 2",),
    ]
