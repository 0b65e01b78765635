"""Texts of a CSV against texts of another one: exact match and character error rate, by their definitions."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ahc_stream.core.errors import InvalidValue, MediaError, MissingData
from ahc_stream.submissions import score_texts
from tests.conftest import real
from tests.datasets.own.trees import put


def table(path: Path, rows: dict[str, str]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("image", "text"), *rows.items()])
    return path


def distance(one: str, other: str) -> int:
    """Levenshtein's, row by row."""
    before = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
        before = row
    return before[-1]


TEXTS = st.text(st.sampled_from("AB0 "), max_size=6)


@settings(deadline=None, max_examples=60)
@given(pairs=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), lines=st.sampled_from(["plate", "all"]))
def test_scores_are_those_of_the_definition(tmp_path_factory: pytest.TempPathFactory, pairs, lines: str) -> None:
    folder = tmp_path_factory.mktemp("texts")
    truth = table(folder / "t.csv", {f"{n}.png": true for n, (true, _) in enumerate(pairs)})
    read = table(folder / "p.csv", {f"{n}.png": found for n, (_, found) in reversed(list(enumerate(pairs)))})
    join = "" if lines == "plate" else " "
    bare = [(join.join(true.split()), join.join(found.split())) for true, found in pairs]
    got = score_texts(read, truth, lines)
    assert got.scores["exact"] == pytest.approx(sum(true == found for true, found in bare) / len(bare))
    length = sum(len(true) for true, _ in bare)
    errors = sum(distance(*pair) for pair in bare)
    assert got.scores["cer"] == pytest.approx(errors / length if length else float("nan"), nan_ok=True)
    assert got.facts["images"] == len(pairs)


def test_what_is_compared_is_asked_for(tmp_path: Path) -> None:
    truth, read = table(tmp_path / "t.csv", {"a": "ab-1"}), table(tmp_path / "p.csv", {"a": "AB 1"})
    assert score_texts(read, truth).scores["exact"] == 1
    assert score_texts(read, truth, "all").scores["exact"] == 0
    with pytest.raises(InvalidValue, match=r"lines=plate\|all"):
        score_texts(read, truth, "words")


def test_plates_as_their_owner_lays_them_out(tmp_path: Path) -> None:
    root = put(
        tmp_path / "plates", {"groundtruth.csv": "usimages/a.png,tx,ABC1\n".replace("usimages/", ""), "a.png": ""}
    )
    read = table(tmp_path / "p.csv", {"a": "ABC1"})
    assert score_texts(read, root).scores["exact"] == 1
    photo = put(tmp_path / "photo", {"b.jpg": "", "b.txt": "b.jpg\t1\t1\t9\t9\tXYZ\n"})
    assert score_texts(table(tmp_path / "q.csv", {"b.jpg": "XYZ"}), photo).scores["exact"] == 1
    (photo / "b.txt").write_text("b.jpg\t1\t1\t9\t9\tXYZ\nb.jpg\t20\t1\t9\t9\tUVW\n")
    with pytest.raises(InvalidValue, match=r"one text for each image of .*several of b\.jpg"):
        score_texts(read, photo)
    with pytest.raises(MissingData, match="labels of plates"):
        score_texts(read, put(tmp_path / "none", {"x.txt": ""}))


def test_real_plates_read_as_they_are_labelled(tmp_path: Path) -> None:
    root = real("datasets/us-license-plates")
    assert score_texts(root / "groundtruth.csv", root).scores["exact"] == 1


def test_every_image_needs_one_text(tmp_path: Path) -> None:
    truth = table(tmp_path / "t.csv", {"a": "1", "b": "2"})
    with pytest.raises(MissingData, match="none for 1 of them: b"):
        score_texts(table(tmp_path / "p.csv", {"a": "1"}), truth)
    got = score_texts(table(tmp_path / "p.csv", {"a": "1", "b": "", "c": "3"}), truth)
    assert got.scores["exact"] == 0.5 and got.notes == ("1 image without a label left out: c",)
    (tmp_path / "p.csv").write_text("image,text\na,1\nb,2\na,3\n")
    with pytest.raises(MediaError, match=r"one answer for 'a' in .*p\.csv, line 4"):
        score_texts(tmp_path / "p.csv", truth)
