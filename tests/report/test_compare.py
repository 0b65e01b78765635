"""Two runs side by side: the same files or none, differences paired by image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ahc_stream.core.errors import InvalidValue, StorageError
from ahc_stream.report import ReportSettings, analyse, compare, deltas_between, differences, write_comparison
from ahc_stream.report.contents_compare import _notes
from ahc_stream.report.notes import notes
from tests.report.runs import CURVES, ORIGINAL, write_run
from tests.report.test_page import data_of

BETTER = tuple(replace(at, accuracy=min(at.accuracy + 0.25, 1.0), bpp=at.bpp * 0.8) for at in CURVES)


@pytest.fixture
def runs(tmp_path: Path):
    one = analyse(write_run(tmp_path / "one"))
    return compare(one, analyse(write_run(tmp_path / "other", (ORIGINAL, *BETTER[:5]))))


def test_differences_stand_at_shared_points_and_are_paired(runs) -> None:
    rows = {(row["point"], row["quantity"]): row for row in differences(runs).to_pylist()}
    gain = rows["jpeg@5", "classification_accuracy"]
    assert gain["difference"] == pytest.approx(0.25) and gain["sure"] and 0 < gain["low"] < 0.25 < gain["high"]
    assert (gain["one"], gain["other"]) == pytest.approx((0.3, 0.55))
    same = rows["jpeg@5", "psnr"]
    assert (same["difference"], same["low"], same["high"], same["sure"]) == (0, 0, 0, False)
    assert ("webp@5", "psnr") in rows and ("webp@80", "psnr") not in rows  # the other run lacks that point


def test_curves_of_both_runs_are_compared(runs) -> None:
    rows = deltas_between(runs).to_pylist()
    row = next(
        r for r in rows if r["quantity"] == "psnr" and r["method"] == "pchip"
        and r["anchor"].startswith("one: jpeg") and r["test"].startswith("other: jpeg")
    )  # fmt: skip
    assert row["rate_percent"] == pytest.approx(-20, abs=0.1)  # the same PSNR at 0.8 of the bits


def test_the_page_holds_both_and_the_tables_lie_beside_it(runs, tmp_path: Path) -> None:
    path = write_comparison(runs, tmp_path / "page")
    data = data_of(path)
    assert data["title"] == "made: other against one" and {curve["name"] for curve in data["curves"]} >= {
        "one: jpeg",
        "other: jpeg",
    }
    assert any("6 operating points are in both" in text for _, text in data["notes"])
    assert pq.read_table(tmp_path / "page" / "compare.parquet").equals(differences(runs))
    with pytest.raises(StorageError, match="folder of its own"):
        write_comparison(runs, runs.first.folder)


def test_each_runs_warnings_are_told_with_its_name(tmp_path: Path) -> None:
    runs = {name: analyse(write_run(tmp_path / name, CURVES[:1], items=2)) for name in ("one", "other")}
    warnings = [f"{name}: {text}" for name, run in runs.items() for kind, text in notes(run) if kind == "warning"]
    assert warnings and [text for kind, text in _notes(compare(*runs.values())) if kind == "warning"] == warnings


def test_tasks_are_told_where_they_differ(tmp_path: Path) -> None:
    one, same = (analyse(write_run(tmp_path / name)) for name in ("one", "same"))
    without = analyse(write_run(tmp_path / "without", task=False))
    task = "; ".join(one.run.tasks)
    assert ("fact", f"The tasks differ: one has {task}, without has none.") in list(_notes(compare(one, without)))
    assert not any("tasks differ" in text for _, text in _notes(compare(one, same)))


def test_other_files_another_seed_and_the_same_folder_are_refused(tmp_path: Path) -> None:
    one = analyse(write_run(tmp_path / "one"))
    with pytest.raises(InvalidValue, match="fingerprints differ"):
        compare(one, analyse(write_run(tmp_path / "other", fingerprint="else")))
    with pytest.raises(InvalidValue, match="same settings"):
        compare(one, analyse(write_run(tmp_path / "third"), ReportSettings(seed=1)))
    with pytest.raises(InvalidValue, match="two runs"):
        compare(one, one)


def test_one_run_alone_and_a_run_among_three_on_other_files_are_refused(tmp_path: Path) -> None:
    one, other = (analyse(write_run(tmp_path / name)) for name in ("one", "other"))
    with pytest.raises(InvalidValue, match="two runs or more; got 1 run"):
        compare(one)
    with pytest.raises(InvalidValue, match="fingerprints differ"):
        compare(one, other, analyse(write_run(tmp_path / "else", fingerprint="else")))


def test_every_other_run_is_held_to_the_first_and_all_are_corrected_together(tmp_path: Path) -> None:
    points = {"one": CURVES, "other": BETTER, "third": tuple(replace(at, accuracy=0.2) for at in CURVES[:2])}
    runs = {name: analyse(write_run(tmp_path / name, (ORIGINAL, *at))) for name, at in points.items()}
    comparison = compare(*runs.values())
    rows = differences(comparison).to_pylist()
    assert {(row["one_run"], row["other_run"]) for row in rows} == {("one", "other"), ("one", "third")}
    third = {row["point"]: row for row in rows if row["other_run"] == "third" and row["label"] == "accuracy"}
    assert third["jpeg@5"]["difference"] == pytest.approx(-0.1) and "webp@5" not in third
    p = [row["p"] for row in rows if row["family"] == "classification" and row["p"] is not None]
    least = min((row for row in rows if row["family"] == "classification" and row["p"]), key=lambda row: row["p"])
    assert least["p_holm"] == pytest.approx(min(least["p"] * len(p), 1))
    alone = {
        (row["point"], row["quantity"]): row["difference"]
        for row in differences(compare(runs["one"], runs["other"])).to_pylist()
    }
    among = {(row["point"], row["quantity"]): row["difference"] for row in rows if row["other_run"] == "other"}
    assert alone == among
    names = {
        name.partition(": ")[0]
        for row in deltas_between(comparison).to_pylist()
        for name in (row["anchor"], row["test"])
    }
    assert names == {"one", "other", "third"}
