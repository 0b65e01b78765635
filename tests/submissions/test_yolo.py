"""YOLO's text files of found boxes, as ultralytics writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream.core.errors import AhcStreamError, InvalidValue, MediaError, MissingData
from ahc_stream.submissions import score_detection
from tests.datasets.own.trees import put, yolo

EXACT = "1 0.5 0.5 0.25 0.5"


def found(tmp_path: Path, files: dict[str, str]) -> Path:
    return put(tmp_path / "labels", files)


@pytest.mark.parametrize("truth", ["data.yaml", ""], ids=["file", "folder"])
def test_boxes_are_scored_against_the_labels_of_the_split(tmp_path: Path, truth: str) -> None:
    own = yolo(tmp_path / "own") / truth
    texts = found(tmp_path, {"a.txt": f"{EXACT} 0.9\n0 0.1 0.1 0.1 0.1 0.8\n"})
    got = score_detection(texts, own)
    assert got.scores["mAP"] == got.scores["ap_dog"] == 1  # cats have no label in this split
    assert got.facts == {"images": 2, "labels": 1, "boxes": 2}
    assert any("1 of 2 images without a found box" in note for note in got.notes)
    train = found(tmp_path / "train", {"c.txt": "0 0.5 0.5 1 1 0.9\n"})
    assert score_detection(train, own, split="train").scores["ap_cat"] == 1


def test_a_false_box_of_a_higher_score_costs(tmp_path: Path) -> None:
    texts = found(tmp_path, {"a.txt": f"{EXACT} 0.5\n", "b.txt": "1 0.5 0.5 0.5 0.5 0.9\n"})
    assert score_detection(texts, yolo(tmp_path / "own")).scores["mAP"] == pytest.approx(0.5)


def test_rows_without_a_confidence_count_alike_and_a_note_says_so(tmp_path: Path) -> None:
    texts = found(tmp_path, {"a.txt": f"{EXACT}\n"})
    got = score_detection(texts, yolo(tmp_path / "own"))
    assert got.scores["mAP"] == 1 and any("save_conf" in note for note in got.notes)
    (texts / "b.txt").write_text(f"{EXACT} 0.5\n")
    with pytest.raises(MediaError, match="1 of 2 rows without it"):
        score_detection(texts, yolo(tmp_path / "own"))


def test_files_below_folders_are_found_by_their_path(tmp_path: Path) -> None:
    own = put(tmp_path / "own", {"images/x/a.png": "", "images/y/a.png": "", "labels/x/a.txt": "0 0.5 0.5 1 1\n"})
    texts = found(tmp_path, {"images/x/a.txt": "0 0.5 0.5 1 1 0.5\n"})
    assert score_detection(texts, own).scores["mAP"] == 1
    flat = found(tmp_path / "flat", {"a.txt": "0 0.5 0.5 1 1 0.5\n"})
    with pytest.raises(MediaError, match=r"a\.txt, which is of images/x/a, images/y/a"):
        score_detection(flat, own)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2 0.5 0.5 0.1 0.1 0.5", "the number of a class from 0 to 1"),
        ("1 0.5 0.5 0.1 0.1 nan", "a score"),
        ("1 0.5 0.5 -0.1 0.1 0.5", "a share of the picture's side"),
        ("1 0.5 0.5 0.1", "class cx cy w h confidence"),
        ("1 0.5 0.5 0.1 0.1 0.5 7", "class cx cy w h confidence"),
        ("dog 0.5 0.5 0.1 0.1 0.5", "the number of a class"),
        ("1 320 240 64 48 0.5", "a share of the picture"),
    ],
)
def test_an_odd_row_is_named(tmp_path: Path, row: str, says: str) -> None:
    texts = found(tmp_path, {"a.txt": f"{EXACT} 0.9\n{row}\n"})
    with pytest.raises(MediaError, match=rf"{says}.* in .*a\.txt, line 2"):
        score_detection(texts, yolo(tmp_path / "own"))


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    own = yolo(tmp_path / "own")
    with pytest.raises(MediaError, match=r"z\.txt, which is of none"):
        score_detection(found(tmp_path, {"z.txt": f"{EXACT} 0.9\n"}), own)
    with pytest.raises(MissingData, match="text files of found boxes"):
        score_detection(put(tmp_path / "empty", {"x.csv": ""}), own)
    texts = found(tmp_path / "other", {"a.txt": f"{EXACT} 0.9\n"})
    with pytest.raises(InvalidValue, match="YOLO's truth"):
        score_detection(texts, put(tmp_path, {"instances.json": "{}"}) / "instances.json")
    with pytest.raises(MissingData, match="nothing at"):
        score_detection(texts, tmp_path / "nowhere")
    with pytest.raises(AhcStreamError):
        score_detection(texts, texts)
