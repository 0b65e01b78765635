"""Labels that a task cannot be scored against."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.core.label_check import check_classes, check_labelled
from ahc_stream.core.labels import BOXES, CLASSES, TEXTS


def boxes(*rows: tuple[str, bool]) -> pa.Table:
    corners = {"x1": 0.0, "y1": 0.0, "x2": 1.0, "y2": 1.0, "area": 1.0}
    keys = {"dataset": "d", "item": "i", "frame": 0, "track_id": -1}
    return pa.Table.from_pylist([{**keys, **corners, "class_name": name, "ignore": i} for name, i in rows], BOXES)


def test_labels_to_ignore_are_none_to_find() -> None:
    check_labelled("detection", boxes(("dog", False)), 1)
    for table in (boxes(), boxes(("dog", True)), TEXTS.empty_table()):
        with pytest.raises(MissingData, match="none to find in 3 images"):
            check_labelled("detection", table, 3)


def test_one_class_in_common_is_enough_and_none_is_an_error() -> None:
    check_classes("detection", ("person", "dog"), boxes(("dog", False), ("vase", False)))
    check_classes("ocr", ("a",), TEXTS.empty_table())
    with pytest.raises(InvalidValue, match=r"0 of 2 label classes \(Hund, Vase\) are classes of the model"):
        check_classes("detection", ("person", "dog"), boxes(("Hund", False), ("Vase", False), ("dog", True)))
    named = pa.table({"dataset": ["d"], "item": ["i"], "frame": [0], "class_name": ["nv"]}, schema=CLASSES)
    with pytest.raises(InvalidValue, match="0 of 1"):
        check_classes("classification", ("nevus", "melanoma"), named)


def test_an_error_shows_three_names_of_either_side() -> None:
    found = boxes(*((name, False) for name in "badc"))
    with pytest.raises(InvalidValue) as error:
        check_classes("detection", ("x", "z", "y"), found)
    assert error.value.expected.endswith("such as x, y, z")
    assert "0 of 4 label classes (a, b, c ...)" in error.value.got
