"""The report counts, for each operating point, what became right and what became wrong."""

from __future__ import annotations

import pyarrow as pa

from ahc_stream import tasks
from ahc_stream.core.labels import KEY
from ahc_stream.report import scores
from ahc_stream.tasks.ocr.score import LINES


def point(codec: str, quality: float | None) -> dict:
    return {"codec": codec, "quality": quality, "options": ""}


def scored(at: dict, **read: str) -> scores.Scored:
    spec = tasks.parse("ocr")
    keys = {item: {"dataset": "d", "item": item, "frame": 0} for item in read}
    frames = pa.Table.from_pylist(list(keys.values()), pa.schema(KEY))
    labels = pa.Table.from_pylist([key | {"text": item.upper()} for item, key in keys.items()])
    rows = [keys[item] | dict.fromkeys(LINES.names, 1.0) | {"text": text} for item, text in read.items()]
    predictions = pa.Table.from_pylist(rows, pa.schema([*KEY, *LINES]))
    return scores.Scored(spec, at, "labels", tasks.tally(spec, predictions, labels, frames))


def test_plates_improved_worsened_and_unchanged_stand_beside_the_scores() -> None:
    original, coded = point("identity", None), point("jpeg", 5.0)
    found = [scored(original, ab="AB", cd="XX", ef="EF"), scored(coded, ab="AX", cd="CD", ef="EF")]
    first, second = (points["ocr"] for points in scores.task_points([(original, None), (coded, None)], found))
    assert [first.counts[name] for name in ("improved", "worsened", "unchanged")] == [0, 0, 3]
    assert [second.counts[name] for name in ("improved", "worsened", "unchanged")] == [1, 1, 1]
    columns = dict(second.columns("ocr"))
    assert columns["ocr_unchanged_right"] == 1 and columns["ocr_exact_change"] == 0


def test_without_the_original_nothing_is_counted() -> None:
    coded = point("jpeg", 5.0)
    (points,) = scores.task_points([(coded, None)], [scored(coded, ab="AB")])
    row = dict(points["ocr"].columns("ocr"))
    assert row["ocr_exact"] == 1 and row["ocr_exact_change"] is None and "ocr_improved" not in row
