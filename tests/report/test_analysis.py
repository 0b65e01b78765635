"""A run's numbers with their uncertainty, against loops that say what is meant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ahc_stream import runs
from ahc_stream.core.errors import InvalidValue, StorageError
from ahc_stream.report import ReportSettings, analyse, by_item, findings, flips, operating_points, outliers
from ahc_stream.report.analysis import Analysis, Dot
from ahc_stream.report.findings import untested
from tests.report.runs import CURVES, ORIGINAL, At, write_run

BAD = At("jpeg", 5.0, 0.2, 24.0, 0.3)
SAME = At("jpeg", 90.0, 2.0, 40.0, 0.9)


def dot_of(analysis: Analysis, label: str) -> Dot:
    return next(dot for dot in analysis.dots if dot.label == label)


def test_replicates_of_rate_and_metric_are_means_over_drawn_images(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, items=9), ReportSettings(resamples=100))
    dot, draws = dot_of(analysis, "jpeg@20"), analysis.resamples.draws
    rows = [row for row in analysis.frames.to_pylist() if row["codec"] == "jpeg" and row["quality"] == 20]
    for name, values in (
        ("psnr", [row["psnr"] for row in rows]),
        ("bpp", [row["payload_bits"] / 64 / 48 for row in rows]),
    ):
        drawn = [np.mean(np.repeat(values, counts.astype(int))) for counts in draws]
        assert dot.estimates[name].replicates == pytest.approx(drawn, rel=1e-12)
        assert dot.estimates[name].value == pytest.approx(np.mean(values))
    assert analysis.original.estimates["psnr"].replicates is None  # infinite: no interval


def test_replicates_of_a_task_and_of_its_change_are_scores_of_the_same_draws(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, (ORIGINAL, BAD), items=10), ReportSettings(resamples=100))
    right = {}
    for dot in analysis.dots:
        outcomes = dot.scored["classification"].outcomes.sort_by("item")
        right[dot.label] = outcomes["correct"].to_numpy()
    draws = analysis.resamples.draws
    for label, correct in right.items():
        found = dot_of(analysis, label).estimates["classification_accuracy"]
        assert found.replicates == pytest.approx(draws @ correct / 10) and found.items == 10
    change = dot_of(analysis, "jpeg@5").changes["classification_accuracy"]
    moved = draws @ (right["jpeg@5"] - right["identity"]) / 10
    assert change.value == pytest.approx(-0.6) and (change.low, change.high) == pytest.approx(
        tuple(np.quantile(moved, [0.025, 0.975]) + change.value - moved.mean())
    )


def test_pairing_narrows_the_interval_of_a_change(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, (ORIGINAL, At("jpeg", 50.0, 1.0, 33.0, 0.8)), items=60))
    change = dot_of(analysis, "jpeg@50").changes["classification_accuracy"]
    own = [dot.estimates["classification_accuracy"].replicates for dot in analysis.dots]
    unpaired = np.hypot(own[0].std(), own[1].std()) * 2 * 1.96
    assert change.high - change.low < 0.8 * unpaired


def test_a_class_in_few_images_has_no_interval(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, (ORIGINAL, BAD), items=12, seed=4))
    truth = runs.open(tmp_path).labels("classification")["class_name"].to_pylist()
    rare = [name for name in set(truth) if truth.count(name) < 3]
    assert rare, "the seed makes a rare class"
    for name in rare:
        found = dot_of(analysis, "jpeg@5").estimates[f"classification_recall_{name}"]
        assert found.items == truth.count(name) and found.replicates is None
        assert dot_of(analysis, "jpeg@5").changes[f"classification_recall_{name}"].p is None


def test_metrics_have_no_change_against_the_original(tmp_path: Path) -> None:
    assert {name.split("_")[0] for dot in analyse(write_run(tmp_path)).dots for name in dot.changes} == {
        "classification"
    }


def test_a_loss_is_found_and_told_in_a_sentence(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, (ORIGINAL, BAD, SAME)))
    found = findings(analysis).to_pylist()
    assert {row["point"] for row in found} == {"jpeg@5"} and all(row["worse"] for row in found)
    sentence = next(row["sentence"] for row in found if row["quantity"] == "classification_accuracy")
    assert sentence.startswith("accuracy falls by 60.0 points, 95 % interval ") and sentence.endswith(" bpp (jpeg@5)")
    sizes = [abs(row["change"] / analysis.original.estimates[row["quantity"]].value) for row in found]
    assert sizes == sorted(sizes, reverse=True)


def test_flips_are_paired_with_the_original(tmp_path: Path) -> None:
    rows = {row["point"]: row for row in flips(analyse(write_run(tmp_path, (ORIGINAL, BAD, SAME)))).to_pylist()}
    assert (rows["jpeg@5"]["lost"], rows["jpeg@5"]["won"], rows["jpeg@5"]["units"]) == (24, 0, 40)
    assert rows["jpeg@5"]["p"] == pytest.approx(2 * 0.5**24) and rows["jpeg@5"]["p_holm"] == pytest.approx(4 * 0.5**24)
    assert (rows["jpeg@90"]["lost"], rows["jpeg@90"]["won"], rows["jpeg@90"]["p"]) == (0, 0, 1.0)


def test_two_images_are_told_and_not_tested(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, (ORIGINAL, At("jpeg", 5.0, 0.2, 24.0, 0.0)), items=2))
    assert findings(analysis).num_rows == 0
    told = untested(analysis, 5)
    assert told[0]["sentence"].startswith("accuracy falls by ") and told[0]["sentence"].endswith(" bpp (jpeg@5)")
    assert "interval" not in told[0]["sentence"] and told[0]["p_holm"] is None


def test_items_that_a_point_lacks_are_left_out_of_its_change(tmp_path: Path) -> None:
    def half(table: str, rows: list[dict]) -> list[dict]:
        return [row for row in rows if row["codec"] == "identity" or row["item"] < "item 20"]

    analysis = analyse(write_run(tmp_path, (ORIGINAL, SAME), edit=half))
    halved = dot_of(analysis, "jpeg@90")
    row = next(row for row in operating_points(tmp_path).to_pylist() if row["codec"] == "jpeg")
    assert row["classification_accuracy_change"] == 0 and row["classification_accuracy"] != 0.9
    assert halved.row["items"] == 20 and halved.estimates["classification_accuracy"].items == 20
    assert halved.changes["classification_accuracy"].value == 0  # the same images are right at both
    assert (
        halved.estimates["classification_accuracy"].value
        != analysis.original.estimates["classification_accuracy"].value
    )


def test_changes_item_by_item(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, (ORIGINAL, BAD)))
    rows = by_item(analysis, "classification").to_pylist()
    assert {row["measure"] for row in rows} == {"correct"} and len(rows) == 40
    assert sum(row["change"] for row in rows) == -24
    video = analyse(write_run(tmp_path / "video", (ORIGINAL, BAD), items=12, video=True))
    rows = by_item(video, "classification").to_pylist()
    assert {row["measure"] for row in rows} == {"accuracy"} and {row["change"] for row in rows} <= {0.0, -1.0}


def test_a_frame_far_below_the_curve_is_listed(tmp_path: Path) -> None:
    assert outliers(analyse(write_run(tmp_path / "clean", CURVES))).num_rows == 0

    def spoilt(table: str, rows: list[dict]) -> list[dict]:
        for row in rows:
            if table == "frames" and (row["codec"], row["quality"], row["item"]) == ("webp", 40, "item 07"):
                row["psnr"] = 12.0
        return rows

    found = outliers(analyse(write_run(tmp_path / "spoilt", CURVES, edit=spoilt))).to_pylist()
    assert [(row["item"], row["point"], row["value"]) for row in found] == [("item 07", "webp@40", 12.0)]
    assert found[0]["expected"] == pytest.approx(32, abs=2) and found[0]["z"] < -3.5


def test_settings_are_checked_and_no_run_is_an_error(tmp_path: Path) -> None:
    for wrong in ({"level": 1.0}, {"level": 0.1}, {"resamples": 7}):
        with pytest.raises(InvalidValue):
            ReportSettings(**wrong)
    with pytest.raises(StorageError, match=r"Name the --out of a run"):
        analyse(tmp_path / "nowhere")
    none = analyse(write_run(tmp_path, (ORIGINAL, BAD)), ReportSettings(resamples=0))
    assert dot_of(none, "jpeg@5").changes["classification_accuracy"].low is None


def test_the_leading_metric_has_a_direction_and_is_no_score(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, items=3))
    by_name = {quantity.name: quantity for quantity in analysis.quantities}
    score, mse = by_name["classification_accuracy"], by_name["mse"]
    undirected = replace(mse, higher_is_better=None)
    assert analysis.leading_metric == by_name["psnr"]
    assert replace(analysis, quantities=(score, undirected, mse)).leading_metric == mse
    assert replace(analysis, quantities=(score, undirected)).leading_metric is None
