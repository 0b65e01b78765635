"""Classes and probabilities of a CSV against true classes: the numbers of scikit-learn."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from ahc_stream.core.errors import InvalidValue, MediaError, MissingData
from ahc_stream.submissions import ScoredFiles, score_classes
from tests.datasets.own.trees import put

NAMES = ["ant", "bee, wild", "cat", "dog", "eel", "fox", "gnu"]


def table(path: Path, rows: Iterable[Iterable[object]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def classes(path: Path, names: list[str]) -> Path:
    return table(path, [("image", "class"), *((f"{n}.png", name) for n, name in enumerate(names))])


def assert_equal(ours: ScoredFiles, true: list[str], predicted: list[str]) -> None:
    expected = {
        "accuracy": sk.accuracy_score(true, predicted),
        "macro_f1": sk.f1_score(true, predicted, average="macro", zero_division=0),
    }
    if len({*true, *predicted}) > 1:
        expected["kappa"] = sk.cohen_kappa_score(true, predicted)
    recall = sk.recall_score(true, predicted, average=None, labels=sorted(set(true)), zero_division=0)
    expected |= {f"recall_{name}": value for name, value in zip(sorted(set(true)), recall, strict=True)}
    expected["mean_class_accuracy"] = float(np.mean(recall))
    found = sorted(set(true) & set(predicted))
    precision = sk.precision_score(true, predicted, average=None, labels=found) if found else []
    expected |= {f"precision_{name}": value for name, value in zip(found, precision, strict=True)}
    for name, value in expected.items():
        assert ours.scores[name] == pytest.approx(value, abs=1e-12), name
    for row, (a, b) in enumerate(zip(true, predicted, strict=True)):
        pairs = [pair for pair in zip(true, predicted, strict=True) if pair == (a, b)]
        assert ours.scores[f"confusion_{a}_{b}"] == len(pairs), row


LABELS = st.lists(st.tuples(st.sampled_from(NAMES[:4]), st.sampled_from(NAMES[:5])), min_size=1, max_size=30)


@settings(deadline=None, max_examples=60)
@given(pairs=LABELS.filter(lambda pairs: {a for a, _ in pairs} & {b for _, b in pairs}))
def test_classes_score_as_scikit_learn_has_them(tmp_path_factory: pytest.TempPathFactory, pairs) -> None:
    folder, (true, predicted) = tmp_path_factory.mktemp("classes"), map(list, zip(*pairs, strict=True))
    got = score_classes(classes(folder / "p.csv", predicted), classes(folder / "t.csv", true))
    assert_equal(got, true, predicted)
    assert not {"top5", "unknown_labels"} & got.scores.keys()


@pytest.mark.parametrize("scale", [1.0, 1e-9, 30.0])
def test_probabilities_score_as_scikit_learn_has_them(tmp_path: Path, scale: float) -> None:
    """Also where they differ by less than float32 holds, and where they are no probabilities."""
    draw = np.random.default_rng(3)
    true = draw.choice(NAMES, 60).tolist()
    numbers = (1 if scale < 1 else 0) + scale * draw.random((60, len(NAMES)))
    header = [("image", *NAMES)]
    rows = [(f"{n}.png", *map(repr, row)) for n, row in enumerate(numbers.tolist())]
    got = score_classes(table(tmp_path / "p.csv", header + rows), classes(tmp_path / "t.csv", true))
    assert_equal(got, true, [NAMES[number] for number in numbers.argmax(1)])
    labels = [NAMES.index(name) for name in true]
    assert got.scores["top5"] == pytest.approx(sk.top_k_accuracy_score(labels, numbers, k=5, labels=range(len(NAMES))))
    assert got.scores["unknown_labels"] == 0


def test_of_equal_numbers_the_first_column_counts(tmp_path: Path) -> None:
    read = table(tmp_path / "p.csv", [("image", "dog", "cat"), ("0.png", 0.5, 0.5)])
    assert score_classes(read, classes(tmp_path / "t.csv", ["dog"])).scores["accuracy"] == 1
    assert score_classes(read, classes(tmp_path / "t.csv", ["cat"])).scores["accuracy"] == 0


def test_a_tree_of_class_folders_is_a_truth(tmp_path: Path) -> None:
    root = put(tmp_path / "tree", dict.fromkeys(["val/cat/a.png", "val/dog/b.png", "train/cat/c.png"], ""))
    read = table(tmp_path / "p.csv", [("image", "class"), ("dog/b.png", "dog"), ("a.png", "dog"), ("c", "cat")])
    got = score_classes(read, root)
    assert got.scores["accuracy"] == 0.5 and got.facts == {"images": 2, "classes": 2}
    assert got.notes[0] == "1 image without a label left out: c"
    assert score_classes(read, root, split="train").scores["accuracy"] == 1
    with pytest.raises(MissingData, match="folders of classes"):
        score_classes(read, put(tmp_path / "loose", {"a.png": ""}))


def test_labels_without_a_column_are_wrong_and_said(tmp_path: Path) -> None:
    read = table(tmp_path / "p.csv", [("image", "dog", "cat"), ("0.png", 0.9, 0.1), ("1.png", 0.9, 0.1)])
    got = score_classes(read, classes(tmp_path / "t.csv", ["dog", "eel"]))
    assert got.scores["accuracy"] == 0.5 and got.scores["unknown_labels"] == 1
    assert any("1 of 2 label classes are unknown" in note and "eel: 1" in note for note in got.notes)


@pytest.mark.parametrize(
    ("rows", "error", "says"),
    [
        ([("image", "dog", "cat"), ("0.png", math.nan, 1)], MediaError, r"a finite number .* of '0\.png' in .*line 2"),
        ([("image", "dog", "cat"), ("0.png", "inf", 1)], MediaError, "line 2"),
        ([("image", "dog", "cat"), ("0.png", "1_0", 1)], MediaError, "line 2"),
        ([("image", "dog", "cat"), ("0.png", "", 1)], MediaError, "line 2"),
        ([("image", "dog", "cat"), ("0.png", 1)], MediaError, "3 fields .*line 2"),
        ([("image", "dog", "cat"), ("0.png", 1, 0), ("0.png", 0, 1)], MediaError, "one answer for '0.png'.*line 3"),
        ([("image", "dog"), ("0.png", 1)], InvalidValue, "a column class, or one for each class"),
        ([("image", "Dog", "Cat"), ("0.png", 1, 0)], InvalidValue, r"a class of the truth \(dog\).*got Dog, Cat"),
        ([("image", "class"), ("0.png", "16")], InvalidValue, r"a class of the truth \(dog\).*got 16"),
        ([("image", "class"), ("0.png", " ")], MediaError, r"a class of '0\.png' in .*line 2"),
        ([("image", "class"), ("0.png", "dog"), ("0.png", "cat")], MediaError, "got 'cat', and 'dog' in line 2"),
        ([("image", "class"), ("x.png", "dog")], MissingData, r"none for 1 of them: 0\.png"),
        ([("image", "class")], MissingData, r"none for 1 of them: 0\.png"),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_is_named(tmp_path: Path, rows, error, says: str) -> None:
    with pytest.raises(error, match=says):
        score_classes(table(tmp_path / "p.csv", rows), classes(tmp_path / "t.csv", ["dog"]))


def test_a_split_of_one_file_is_refused(tmp_path: Path) -> None:
    truth = classes(tmp_path / "t.csv", ["dog"])
    with pytest.raises(InvalidValue, match="--split"):
        score_classes(truth, truth, split="val")
