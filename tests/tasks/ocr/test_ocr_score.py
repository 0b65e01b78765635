"""Reading scores by hand, and against the textbook's table of edit distances."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ahc_stream.core.labels import KEY, TEXTS
from ahc_stream.datasets.plates import REGIONS
from ahc_stream.tasks.ocr import score as ocr_score
from tests.tasks.score_traits import traits

SCHEMA = pa.schema([*KEY, *ocr_score.LINES])
FRAMES = pa.schema(KEY)


def at(item: str) -> dict:
    return {"dataset": "d", "item": item, "frame": 0}


def line(item: str, text: str, left: float = 0, top: float = 0, width: float = 100, height: float = 40) -> dict:
    corners = (left, top, left + width, top, left + width, top + height, left, top + height)
    return at(item) | dict(zip(ocr_score.LINES.names, (text, 0.9, *corners), strict=True))


def label(item: str, text: str) -> dict:
    return at(item) | {"text": text}


def tally(lines: list[dict], labels: list[dict], items: str, how: str = "plate") -> pa.Table:
    frames = pa.Table.from_pylist([at(item) for item in items], FRAMES)
    truth = pa.Table.from_pylist(labels, REGIONS if labels and "left" in labels[0] else TEXTS)
    return ocr_score.tally(pa.Table.from_pylist(lines, SCHEMA), truth, frames, how)


def test_one_right_one_with_two_errors_one_not_found():
    lines = [line("a", "ABC-123"), line("b", "XB10")]
    table = tally(lines, [label("a", "ABC123"), label("b", "AB1"), label("c", "9999")], "abc")
    assert table["read"].to_pylist() == ["ABC123", "XB10", ""]
    assert table["distance"].to_pylist() == [0, 2, 4] and table["length"].to_pylist() == [6, 3, 4]
    assert ocr_score.scores(table)(None) == pytest.approx({"exact": 1 / 3, "cer": 6 / 13, "exact_alike": 1 / 3})


def test_letters_and_digits_that_are_printed_alike_have_a_score_of_their_own():
    table = tally([line("a", "IDAHOHI"), line("b", "LOLWUT")], [label("a", "IDAH0HI"), label("b", "L0LWUX")], "ab")
    assert ocr_score.scores(table)(None) == pytest.approx({"exact": 0, "cer": 3 / 13, "exact_alike": 0.5})


def test_what_is_read_beside_the_number_does_not_count():
    lines = [line("a", "ALASKA", 20, 0, height=15), line("a", "FHG", 0, 20), line("a", "521", 110, 22)]
    table = tally(lines, [label("a", "fhg 521")], "a")
    assert table["read"].to_pylist() == ["FHG521"] and table["distance"].to_pylist() == [0]
    whole = tally(lines, [label("a", "ALASKA FHG  521")], "a", "all")
    assert whole["read"].to_pylist() == ["ALASKA FHG 521"] and whole["distance"].to_pylist() == [0]


def test_a_line_without_letter_or_digit_is_not_the_number_however_tall():
    assert tally([line("a", "--", height=90), line("a", "AB1")], [label("a", "AB1")], "a")["read"].to_pylist() == [
        "AB1"
    ]


def test_labels_with_a_region_take_the_lines_inside_it():
    region = {"left": 100.0, "top": 100.0, "right": 220.0, "bottom": 160.0}
    labels = [label("a", "AB1") | region, label("a", "CD2") | region | {"left": 300.0, "right": 420.0}]
    lines = [line("a", "TAXI", 0, 0, height=80), line("a", "AB1", 105, 105), line("a", "CD3", 310, 110)]
    table = tally(lines, labels, "a")
    assert table["read"].to_pylist() == ["AB1", "CD3"] and table["distance"].to_pylist() == [0, 1]
    assert ocr_score.outcomes(table).to_pylist() == [at("a") | {"correct": 0.0, "cer": 1 / 6}]


def test_frames_that_were_not_evaluated_and_frames_without_label_have_no_row():
    table = tally([line("a", "X"), line("b", "Y")], [label("a", "X"), label("c", "Z")], "ab")
    assert table["item"].to_pylist() == ["a"]
    assert tally([line("a", "X")], [], "a").num_rows == 0
    assert ocr_score.scores(tally([line("a", "X")], [], "a"))(None) == {}


def test_weights_count_as_copies_of_an_image():
    lines, labels = [line("a", "AB1"), line("b", "XX")], [label("a", "AB1"), label("b", "XYZ")]
    weighed = ocr_score.scores(tally(lines, labels, "ab"))(np.array([1.0, 3.0]))
    assert weighed == pytest.approx({"exact": 1 / 4, "cer": 6 / 12, "exact_alike": 1 / 4})


def test_the_original_as_reference_is_read_by_the_same_rule_and_may_be_empty():
    original = pa.Table.from_pylist(
        [line("a", "STATE", height=10), line("a", "AB1"), line("b", "CD")], pa.schema([*SCHEMA, ("codec", pa.string())])
    )
    labels = ocr_score.as_labels(original)
    frames = pa.Table.from_pylist([at(item) for item in "abcd"], FRAMES)
    now = pa.Table.from_pylist([line("a", "AB1"), line("b", "CE"), line("d", "GHOST")], SCHEMA)
    table = ocr_score.tally(now, labels, frames)
    assert table["text"].to_pylist() == ["AB1", "CD", "", ""] and table["read"].to_pylist() == [
        "AB1",
        "CE",
        "",
        "GHOST",
    ]
    assert ocr_score.scores(table)(None)["cer"] == pytest.approx(6 / 5)
    assert ocr_score.outcomes(table)["cer"].to_pylist() == [0.0, 0.5, 0.0, 5.0]
    assert ocr_score.outcomes(table)["correct"].to_pylist() == [1.0, 0.0, 1.0, 0.0]


def test_distances_are_those_of_the_textbook():
    rng = np.random.default_rng(0)
    for _ in range(40):
        text, read = ("".join(rng.choice(list("AB0"), rng.integers(0, 9))) for _ in range(2))
        table = tally([line("a", read)], [label("a", text)], "a")
        assert table["distance"].to_pylist() == [textbook_distance(text, read)], (text, read)


def textbook_distance(one: str, other: str) -> int:
    """Wagner and Fischer's table, 1974."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def test_a_region_holds_its_left_and_top_edge_and_not_the_right_and_bottom_one() -> None:
    region = {"left": 50.0, "top": 20.0, "right": 150.0, "bottom": 60.0}
    corners = {(50, 20): "IN", (150, 20): "RIGHT", (50, 60): "BELOW", (49, 20): "LEFT", (50, 19): "ABOVE"}
    lines = [line("a", text, x - 50, y - 20) for (x, y), text in corners.items()]  # centred at (x, y)
    assert tally(lines, [label("a", "IN") | region], "a", "all")["read"].to_pylist() == ["IN"]


def test_what_a_report_is_told_of_the_scores() -> None:
    assert traits(ocr_score.SCORES) == {
        "exact": "headline, share",
        "cer": "headline, share, lower is better",
        "improved": "headline, whole",
        "worsened": "headline, whole, lower is better",
        "unchanged": "headline, whole",
        "exact_alike": "share",
    }
