"""Maps of class names."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ahc_stream.core.errors import InvalidValue, MediaError, MissingData
from ahc_stream.core.labels import CLASSES, TEXTS
from ahc_stream.datasets import Dataset
from ahc_stream.datasets.class_map import with_classes


def labelled(*classes: str) -> Dataset:
    rows = [{"dataset": "d", "item": str(n), "frame": 0, "class_name": name} for n, name in enumerate(classes)]
    tables = {"classification": pa.Table.from_pylist(rows, CLASSES), "ocr": TEXTS.empty_table()}
    return Dataset("d", (), tables)


def file(folder: Path, text: str) -> Path:
    (folder / "map.yaml").write_text(text)
    return folder / "map.yaml"


def test_named_classes_are_renamed_and_all_others_stay(tmp_path: Path) -> None:
    dataset = with_classes(labelled("lorry", "car", "lorry", "van"), file(tmp_path, "lorry: truck\nvan: truck\n"))
    assert dataset.labels["classification"]["class_name"].to_pylist() == ["truck", "car", "truck", "truck"]
    assert dataset.labels["classification"].schema == CLASSES and dataset.labels["ocr"].schema == TEXTS
    assert dataset.notes == ()


def test_a_name_that_no_label_has_is_noted_and_none_at_all_is_refused(tmp_path: Path) -> None:
    dataset = with_classes(labelled("lorry"), file(tmp_path, "lorry: truck\nlory: truck\n"))
    assert dataset.notes == ("map.yaml names classes that no label has: lory",)
    with pytest.raises(InvalidValue, match="unlike lory; got labels of lorry in d"):
        with_classes(labelled("lorry"), file(tmp_path, "lory: truck\n"))
    with pytest.raises(InvalidValue, match="no class"):
        with_classes(Dataset("d", ()), file(tmp_path, "a: b\n"))


@pytest.mark.parametrize("text", ["", "- a\n", "a: [b]\n", "no: b\n", "a:\n", "a: 'b\n"])
def test_what_is_no_map_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(MediaError, match=r"map\.yaml"):
        with_classes(labelled("a"), file(tmp_path, text))
    with pytest.raises(MissingData):
        with_classes(labelled("a"), tmp_path / "gone.yaml")
