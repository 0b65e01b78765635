"""Scores of classification: hand-computed cases, scikit-learn as the oracle, windows of video, odd labels."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn import metrics

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.labels import CLASSES, KEY
from ahc_stream.tasks import units
from ahc_stream.tasks.classification import score as classification_score
from ahc_stream.tasks.classification.score import CLASSIFICATIONS
from tests.tasks.score_traits import traits

ABC = ("a", "b", "c")


def said(rows: Sequence[tuple[str, int, Sequence[float]]], classes: Sequence[str] = ABC) -> pa.Table:
    """Predictions from (item, frame, probabilities)."""
    columns = {
        "dataset": ["d"] * len(rows),
        "item": [item for item, _, _ in rows],
        "frame": [frame for _, frame, _ in rows],
        "class_name": [classes[int(np.argmax(p))] for _, _, p in rows],
        "probability": [max(p) for _, _, p in rows],
        "probabilities": [p for _, _, p in rows],
        "classes": ["\n".join(classes)] * len(rows),
    }
    return pa.table(columns, schema=pa.schema([*KEY, *CLASSIFICATIONS]))


def labelled(truth: Mapping[str, str]) -> pa.Table:
    columns = {"dataset": ["d"] * len(truth), "item": list(truth), "frame": [0] * len(truth)}
    return pa.table(columns | {"class_name": list(truth.values())}, schema=CLASSES)


def evaluated(items: Sequence[str], frames: int = 1) -> pa.Table:
    keys = [("d", item, frame) for item in items for frame in range(frames)]
    return pa.table(dict(zip((name for name, _ in KEY), zip(*keys, strict=True), strict=True)), schema=pa.schema(KEY))


def tally_of(rows, truth, frames=1) -> pa.Table:
    return classification_score.tally(said(rows), labelled(truth), evaluated(list(truth), frames))


def random_case(units: int = 300, classes: int = 12) -> tuple[list[str], np.ndarray, pa.Table, pa.Table, pa.Table]:
    random = np.random.default_rng(7)
    names = [f"class {number:02d}" for number in range(classes)]
    truth = random.integers(0, classes - 2, units)  # two classes have no label
    logits = random.normal(size=(units, classes)) + 1.5 * np.eye(classes)[truth]
    probabilities = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)
    items = [f"image {number}" for number in range(units)]
    rows = [(item, 0, row.tolist()) for item, row in zip(items, probabilities, strict=True)]
    labels = labelled(dict(zip(items, (names[t] for t in truth), strict=True)))
    return names, probabilities, said(rows, names), labels, evaluated(items)


def test_four_images_by_hand() -> None:
    rows = [
        ("1", 0, (0.7, 0.2, 0.1)),  # a, right
        ("2", 0, (0.5, 0.4, 0.1)),  # b, said a
        ("3", 0, (0.1, 0.8, 0.1)),  # b, right
        ("4", 0, (0.6, 0.3, 0.1)),  # c, said a
    ]
    tally = tally_of(rows, {"1": "a", "2": "b", "3": "b", "4": "c"})
    assert tally["rank"].to_pylist() == [1, 2, 1, 3]
    assert tally["probability"].to_pylist() == pytest.approx([0.7, 0.4, 0.8, 0.1])
    scores = classification_score.scores(tally)(None)
    assert scores["accuracy"] == 0.5 and scores["top5"] == 1.0 and scores["unknown_labels"] == 0
    assert scores["mean_class_accuracy"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert scores["f1_a"] == pytest.approx(2 * 1 / (1 + 3))
    assert scores["macro_f1"] == pytest.approx((0.5 + 2 / 3 + 0) / 3)
    chance = (1 * 3 + 2 * 1 + 1 * 0) / 16
    assert scores["kappa"] == pytest.approx((0.5 - chance) / (1 - chance))
    assert scores["precision_a"] == pytest.approx(1 / 3) and math.isnan(scores["precision_c"])
    counts = {name: value for name, value in scores.items() if name.startswith("confusion_")}
    assert counts == {"confusion_a_a": 1, "confusion_b_a": 1, "confusion_b_b": 1, "confusion_c_a": 1}


def by_scikit_learn(truth: np.ndarray, best: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes that are said and not to be found, which the case holds on purpose
        return {
            "accuracy": metrics.accuracy_score(truth, best, sample_weight=weight),
            "macro_f1": metrics.f1_score(truth, best, average="macro", sample_weight=weight),
            "kappa": metrics.cohen_kappa_score(truth, best, sample_weight=weight),
            "mean_class_accuracy": metrics.balanced_accuracy_score(truth, best, sample_weight=weight),
        }


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_are_those_of_scikit_learn(weighted: bool) -> None:
    names, probabilities, predictions, labels, frames = random_case()
    tally = classification_score.tally(predictions, labels, frames)
    random = np.random.default_rng(3)
    weights = random.multinomial(300, np.full(300, 1 / 300)).astype(float) if weighted else None
    scores = classification_score.scores(tally)(weights)
    truth = np.array(labels["class_name"])
    best = np.array(names)[probabilities.argmax(1)]
    weight = np.ones(300) if weights is None else weights
    for name, value in by_scikit_learn(truth[weight > 0], best[weight > 0], weight[weight > 0]).items():
        assert scores[name] == pytest.approx(value, abs=1e-12), name
    numbers = np.array([names.index(name) for name in truth])
    top5 = metrics.top_k_accuracy_score(numbers, probabilities, k=5, labels=range(12), sample_weight=weight)
    assert scores["top5"] == pytest.approx(top5, abs=1e-12)
    present = sorted(set(truth))
    each = metrics.precision_recall_fscore_support(truth, best, labels=present, sample_weight=weight)
    for kind, values in zip(("precision", "recall", "f1"), each, strict=False):
        assert [scores[f"{kind}_{name}"] for name in present] == pytest.approx(list(values), abs=1e-12)
    matrix = metrics.confusion_matrix(truth, best, labels=names, sample_weight=weight)
    for (t, p), count in np.ndenumerate(matrix):
        assert scores.get(f"confusion_{names[t]}_{names[p]}", 0) == pytest.approx(count)


def test_a_thousand_draws_of_a_thousand_units_take_about_a_second() -> None:
    _, _, predictions, labels, frames = random_case(units=1000, classes=101)
    of = classification_score.scores(classification_score.tally(predictions, labels, frames))
    weights = np.ones(1000)
    start = time.process_time()
    for _ in range(200):
        of(weights)
    assert (time.process_time() - start) / 200 < 0.003  # 0.4 ms alone; three times the aim, for a busy machine


def test_windows_of_a_video_are_averaged() -> None:
    rows = [("v", 0, (0.6, 0.4, 0.0)), ("v", 16, (0.1, 0.3, 0.6)), ("v", 32, (0.2, 0.7, 0.1))]
    tally = tally_of(rows, {"v": "b"}, frames=40)
    assert tally.num_rows == 1 and tally["frame"].to_pylist() == [0]
    assert tally["predicted"].to_pylist() == ["b"]
    assert tally["probability"].to_pylist() == pytest.approx([1.4 / 3])


def test_windows_may_come_in_any_order_and_in_chunks() -> None:
    rows = [("v", 0, (0.6, 0.4, 0.0)), ("w", 0, (0.0, 0.0, 1.0)), ("v", 16, (0.0, 1.0, 0.0))]
    whole = tally_of(rows, {"v": "b", "w": "c"}, frames=2)
    parts = pa.concat_tables([said(rows[2:]), said(rows[:1], ABC), said(rows[1:2])])
    labels = labelled({"v": "b", "w": "c"})
    again = classification_score.tally(parts, labels, evaluated(["v", "w"], 2))
    assert again.equals(whole) and whole["rank"].to_pylist() == [1, 1]


def test_of_equal_probabilities_the_first_class_ranks_first() -> None:
    rows = [("1", 0, (0.4, 0.4, 0.2)), ("2", 0, (0.4, 0.4, 0.2))]
    tally = tally_of(rows, {"1": "a", "2": "b"})
    assert tally["predicted"].to_pylist() == ["a", "a"] and tally["rank"].to_pylist() == [1, 2]


def test_a_label_that_the_model_does_not_know_counts_as_wrong_and_is_said() -> None:
    tally = tally_of([("1", 0, (1.0, 0, 0)), ("2", 0, (1.0, 0, 0))], {"1": "a", "2": "zebra"})
    scores = classification_score.scores(tally)(None)
    assert (scores["accuracy"], scores["top5"], scores["unknown_labels"]) == (0.5, 0.5, 1)
    assert scores["confusion_zebra_a"] == 1 and scores["recall_zebra"] == 0


def test_an_item_without_prediction_counts_as_wrong() -> None:
    tally = tally_of([("1", 0, (1.0, 0, 0))], {"1": "a", "2": "a"})
    assert classification_score.scores(tally)(None)["accuracy"] == 0.5
    none = classification_score.tally(said([]), labelled({"1": "a"}), evaluated(["1"]))
    assert classification_score.scores(none)(None)["accuracy"] == 0


def test_labels_of_items_that_were_not_evaluated_do_not_count() -> None:
    predictions, labels = said([("1", 0, (1.0, 0, 0))]), labelled({"1": "a", "2": "b"})
    assert classification_score.tally(predictions, labels, evaluated(["1"]))["item"].to_pylist() == ["1"]


def test_without_a_label_to_find_there_are_no_scores() -> None:
    tally = classification_score.tally(said([("1", 0, (1.0, 0, 0))]), labelled({}), evaluated(["1"]))
    assert tally.num_rows == 0 and classification_score.scores(tally)(None) == {}


def test_two_labels_two_models_and_overflow_are_errors() -> None:
    double = pa.concat_tables([labelled({"1": "a"}), labelled({"1": "b"})])
    with pytest.raises(InvalidValue, match="one class per item"):
        classification_score.tally(said([("1", 0, (1.0, 0, 0))]), double, evaluated(["1"]))
    mixed = pa.concat_tables([said([("1", 0, (1.0, 0, 0))]), said([("2", 0, (1.0, 0, 0))], ("x", "y", "z"))])
    with pytest.raises(InvalidValue, match="one model"):
        classification_score.tally(mixed, labelled({"1": "a"}), evaluated(["1"]))
    with pytest.raises(InvalidValue, match="finite"):
        tally_of([("1", 0, (math.nan, 0, 0))], {"1": "a"})


def test_outcomes_have_one_row_per_unit_in_the_order_of_units() -> None:
    _, _, predictions, labels, frames = random_case()
    tally = classification_score.tally(predictions, labels, frames)
    outcomes = classification_score.outcomes(tally)
    assert outcomes.select([name for name, _ in KEY]).equals(units.of(tally))
    accuracy = classification_score.scores(tally)(None)["accuracy"]
    assert np.mean(outcomes["correct"]) == pytest.approx(accuracy)
    assert pc.max(outcomes["probability_of_truth"]).as_py() <= 1


def test_the_original_as_labels_is_its_best_class_and_scores_one_against_itself() -> None:
    rows = [("v", 0, (0.6, 0.4, 0.0)), ("w", 0, (0.0, 0.0, 1.0)), ("v", 16, (0.0, 1.0, 0.0))]
    labels = classification_score.as_labels(said(rows))
    assert labels.equals(labelled({"v": "b", "w": "c"}))
    tally = classification_score.tally(said(rows), labels, evaluated(["v", "w"], 2))
    assert classification_score.scores(tally)(None)["accuracy"] == 1
    assert classification_score.as_labels(said([])).schema == CLASSES


def test_what_a_report_is_told_of_the_scores() -> None:
    headline = dict.fromkeys(("accuracy", "macro_f1", "kappa"), "headline, share")
    others = dict.fromkeys(("top5", "mean_class_accuracy"), "share")
    of_classes = {"recall_": "share, per class"} | dict.fromkeys(("precision_", "f1_"), "share, per class, hidden")
    counts = {"confusion_": "per pair of classes, hidden", "unknown_labels": "lower is better, hidden"}
    assert traits(classification_score.SCORES) == headline | others | of_classes | counts
