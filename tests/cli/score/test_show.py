"""ahc-stream score detection, tracking, ocr and classification, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ahc_stream.cli.score.classification import classification
from ahc_stream.cli.score.detection import detection
from ahc_stream.cli.score.ocr import ocr
from ahc_stream.cli.score.tracking import tracking
from tests.cli.conftest import Cli
from tests.datasets.own.trees import put
from tests.submissions.test_detection import DOG, TRUTH, files
from tests.submissions.test_tracking import FOUND, WALK, sequence, tracks


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path]:
    """CSVs of predictions and truth: an image right, one wrong, one that nobody labelled."""
    rows = {"p.csv": "image,class\na,cat\nb,cat\nc,dog\n", "t.csv": "image,class\na,cat\nb,dog\n"}
    put(tmp_path, rows)
    return tmp_path / "p.csv", tmp_path / "t.csv"


def shown_json(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    (line,) = capsys.readouterr().out.splitlines()
    value: dict[str, object] = json.loads(line, parse_constant=pytest.fail)
    return value


def rows(text: str) -> list[list[str]]:
    """Cells of the printed tables, line by line."""
    return [
        [cell.strip() for cell in line.strip("┃│").replace("┃", "│").split("│")]
        for line in text.splitlines()
        if "│" in line or "┃" in line
    ]


def test_boxes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = files(tmp_path, TRUTH, [DOG | {"score": 0.9}, DOG | {"category_id": 99, "score": 1}])
    detection(*paths)
    shown = capsys.readouterr()
    cells = rows(shown.out)
    assert cells[0][:3] == ["mAP", "AP50", "AP75"] and cells[1][:3] == ["1.0000"] * 3
    assert cells[1][3:6] == ["-", "1.0000", "-"]  # the dog is of medium size
    assert cells[2:] == [["class", "AP"], ["dog", "1.0000"]] and "images: 2, labels: 1, boxes: 1" in shown.out
    assert "note: 1 box of categories that the truth does not list left out: 99" in shown.err
    detection(*paths, as_json=True)
    values = shown_json(capsys)
    assert values["mAP"] == values["ap_dog"] == 1 and values["mAP_small"] is None and values["images"] == 2
    assert len(values["notes"]) == 2  # type: ignore[arg-type]


def test_tracks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = tracks(tmp_path / "mine.txt", FOUND), sequence(tmp_path / "A", WALK)
    tracking(*paths)
    cells = rows(capsys.readouterr().out)
    assert cells[0][:4] == ["HOTA", "MOTA", "IDF1", "IDSW"] and cells[1][:4] == ["1.0000", "1.0000", "1.0000", "0"]
    assert cells[2][:2] == ["sequence", "HOTA"] and cells[3][:2] == ["A", "1.0000"]
    tracking(*paths, as_json=True)
    assert shown_json(capsys)["HOTA_A"] == 1


def test_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, {"p.csv": "a,AB 1\nb,X\n", "t.csv": "a,ab1\nb,XY\n"})
    ocr(tmp_path / "p.csv", tmp_path / "t.csv")
    text = capsys.readouterr().out
    assert rows(text) == [["exact", "CER", "exact_alike"], ["0.5000", "0.2000", "0.5000"]]
    assert "images: 2, compared: capital letters and digits alone" in text
    ocr(tmp_path / "p.csv", tmp_path / "t.csv", lines="all", as_json=True)
    assert shown_json(capsys)["exact"] == 0


def test_classes(tables: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    classification(*tables)
    shown = capsys.readouterr()
    cells = rows(shown.out)
    assert cells[0] == ["accuracy", "macro F1", "kappa", "mean_class_accuracy"] and cells[1][0] == "0.5000"
    assert cells[2:] == [
        ["class", "recall", "precision", "F1"],
        ["cat", "1.0000", "0.5000", "0.6667"],
        ["dog", "0.0000", "-", "0.0000"],
    ]
    assert "left out: c" in shown.err and "confusion" not in shown.out
    classification(*tables, as_json=True)
    values = shown_json(capsys)
    assert values["confusion_dog_cat"] == 1 and values["precision_dog"] is None and values["classes"] == 2


@pytest.mark.parametrize("task", ["detection", "tracking", "ocr", "classification"])
def test_wrong_files_are_exit_code_2_and_one_line(cli: Cli, task: str, tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(bytes(range(256)))
    for words in (("--predictions", "noise", "--truth", "noise"), ("--predictions", "none", "--truth", "none")):
        done = cli("score", task, *words)
        assert done.returncode == 2 and done.stdout == "", done.stderr
        assert done.stderr.startswith("ahc-stream: ") and len(done.stderr.splitlines()) == 1, done.stderr
