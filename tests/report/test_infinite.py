"""Means over frames of which some are identical to their original, where PSNR is infinite: finite, and they say so."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console
from typer.testing import CliRunner

from ahc_stream.cli import app
from ahc_stream.experiment import Experiment
from ahc_stream.metrics import METRICS
from ahc_stream.report import (
    analyse,
    compare,
    deltas,
    differences,
    figure,
    latex,
    operating_points,
    outliers,
    print_comparison,
    print_report,
    values,
    write_comparison,
    write_report,
)
from ahc_stream.report.metric_mean import infinite_sentences, left_out_text, metric_mean
from ahc_stream.report.quantity import of_metric
from ahc_stream.running import run
from tests.report.runs import CURVES, ORIGINAL, write_run
from tests.report.test_page import data_of

FADE = Path(__file__).parent / "cases" / "fade.mp4"
MEANS = {10: 22.34, 30: 24.34, 50: 25.45, 90: 28.06}
"""JPEG quality -> dB over the five frames of a picture; the five before them are black, and no codec loses any."""
SENTENCE = "psnr is the mean over the finite frames: 5 frames are identical at each operating point"


@pytest.fixture(scope="module")
def fade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("fade")
    points = [f"{codec}@{quality}" for codec in ("jpeg", "webp") for quality in MEANS]
    for _ in run(Experiment(str(FADE), ("identity", *points), metrics=("psnr",), tasks=(), device="cpu", out=out)):
        pass
    return out


def rows_of(out: Path, codec: str) -> list[dict]:
    return [row for row in operating_points(out).to_pylist() if row["codec"] == codec]


def test_the_mean_is_over_the_finite_frames_and_counts_the_others(fade: Path) -> None:
    rows = rows_of(fade, "jpeg")
    assert {row["quality"]: round(row["psnr"], 2) for row in rows} == MEANS
    assert {(row["psnr_infinite"], row["psnr_undefined"], row["frames"]) for row in rows} == {(5, 0, 10)}


def test_a_point_without_any_loss_stays_infinite_and_is_null_in_json(fade: Path) -> None:
    (original,) = rows_of(fade, "identity")
    assert (original["psnr"], original["psnr_infinite"]) == (float("inf"), 10)
    result = CliRunner().invoke(app, ["report", str(fade), "--json"])
    rows = [json.loads(line, parse_constant=pytest.fail) for line in result.stdout.splitlines()]
    assert rows[0]["psnr"] is None and [round(row["psnr"], 2) for row in rows[1:5]] == list(MEANS.values())


def test_what_is_left_out_is_said_wherever_the_mean_stands(fade: Path) -> None:
    analysis, page = analyse(fade), StringIO()
    print_report(fade, Console(file=page, width=200))
    assert SENTENCE in page.getvalue() and "22.34" in page.getvalue()
    assert f"% {SENTENCE}." in latex(analysis).splitlines()
    table = {(row["point"], row["quantity"]): row for row in values(analysis).to_pylist()}
    assert table["jpeg@10", "psnr"]["infinite"] == 5 and table["jpeg@10", "bpp"]["infinite"] is None
    assert table["identity", "psnr"]["infinite"] == 0  # none is left out: all are infinite
    data = data_of(write_report(analysis, fade / "page"))
    assert ["fact", f"{SENTENCE}."] in data["notes"]
    dots = {dot["label"]: dot for dot in data["dots"]}
    assert dots["jpeg@10"]["left_out"] == {"psnr": "5 frames are identical"} and dots["identity"]["left_out"] == {}
    assert dots["jpeg@10"]["values"]["psnr"] == [pytest.approx(22.33976), None, None]


def test_deltas_and_figures_are_of_the_finite_means(fade: Path) -> None:
    analysis = analyse(fade)
    rows = deltas(analysis).to_pylist()
    assert {(row["refused"], row["anchor_points"], row["test_points"]) for row in rows} == {(None, 4, 4)}
    assert {(row["anchor_infinite"], row["test_infinite"]) for row in rows} == {(5, 5)}
    assert all(np.isfinite([row["rate_percent"], row["gain"]]).all() for row in rows)
    heights = {round(float(y), 2) for line in figure(analysis, "psnr").axes[0].lines for y in line.get_ydata()}
    assert heights >= set(MEANS.values()) and np.isfinite(list(heights)).all()


def identical(table: str, rows: list[dict]) -> list[dict]:
    """Every fourth image loses nothing, at any point."""
    for row in rows:
        if table == "frames" and int(row["item"].split()[1]) % 4 == 0:
            row["psnr"] = float("inf")
    return rows


def test_intervals_are_of_the_finite_frames_alone(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, items=24, edit=identical))
    frames = [row for row in analysis.frames.to_pylist() if row["codec"] == "jpeg" and row["quality"] == 20]
    finite = [row["psnr"] for row in frames if np.isfinite(row["psnr"])]
    row = next(row for row in values(analysis).to_pylist() if (row["point"], row["quantity"]) == ("jpeg@20", "psnr"))
    assert row["value"] == pytest.approx(np.mean(finite)) and (row["items"], row["infinite"]) == (18, 6)
    assert min(finite) < row["low"] < row["value"] < row["high"] < max(finite)
    assert all(np.isfinite(row["value"]) for row in outliers(analysis).to_pylist())


def test_two_runs_are_compared_over_finite_means_and_say_what_these_leave_out(tmp_path: Path) -> None:
    one = analyse(write_run(tmp_path / "one", items=24))
    runs = compare(one, analyse(write_run(tmp_path / "other", items=24, edit=identical)))
    row = next(row for row in differences(runs).to_pylist() if (row["point"], row["quantity"]) == ("jpeg@5", "psnr"))
    assert (row["one_infinite"], row["other_infinite"], row["left_out"]) == (0, 6, 6)
    assert all(np.isfinite(row[name]) for name in ("one", "other", "difference", "low", "high", "p"))
    page, sentence = (
        StringIO(),
        "psnr is compared over the frames where it is finite in both runs: 6 frames are left out at each",
    )
    print_comparison(runs, Console(file=page, width=200))
    assert sentence in page.getvalue()
    notes = [text for _, text in data_of(write_comparison(runs, tmp_path / "page"))["notes"]]
    of_curves = "other: psnr is the mean over the finite frames: 6 frames are identical at each"
    assert all(any(text.startswith(each) for text in notes) for each in (sentence, of_curves))


def test_points_that_leave_out_other_numbers_are_told_apart() -> None:
    rows = {
        label: {"psnr": mean, "psnr_infinite": count}
        for label, mean, count in (
            ("a", 30.0, 1),
            ("b", 31.0, 2),
            ("c", 32.0, 1),
            ("d", float("inf"), 9),
            ("e", 9.0, 0),
        )
    }
    (sentence,) = infinite_sentences(of_metric("psnr"), rows)
    assert sentence.endswith("finite frames: 1 frame is identical at a, c; 2 frames are identical at b")
    assert not list(infinite_sentences(of_metric("psnr"), {name: rows[name] for name in "de"}))


def test_a_metric_says_itself_what_its_infinite_frames_are() -> None:
    assert left_out_text(of_metric("psnr_yuv_411"), 2) == "2 frames are identical in a plane"
    assert left_out_text(of_metric("psnr_hvs_m"), 1) == "1 frame is identical once masked"
    infinite = [name for name, metric in METRICS.items() if "infinite" in metric.definition]
    of_colour, of_luma = ["psnr", "psnr_yuv_411", "psnr_yuv_611"], ["psnr_y", "ms_ssim_db"]
    assert infinite == [*of_colour, *of_luma, "psnr_hvs", "psnr_hvs_m", "xpsnr_y"]


@pytest.mark.parametrize(
    ("frames", "mean"),
    [
        ([1.0, None, float("inf"), 3.0], (2.0, 1, 1)),
        ([1.0, float("nan")], (1.0, 1, 0)),
        ([None, float("inf")], (float("inf"), 1, 1)),
        ([float("-inf"), 4.0], (4.0, 0, 1)),
        ([None, None], (None, 2, 0)),
        ([], (None, 0, 0)),
    ],
)
def test_one_mean_treats_what_is_undefined_and_what_is_infinite(frames: list, mean: tuple) -> None:
    found = metric_mean(pa.chunked_array([pa.array(frames, pa.float64())]))
    assert (found.value, found.undefined, found.infinite) == mean


def test_a_curve_whose_every_point_is_infinite_is_refused_and_drawn_nowhere(tmp_path: Path) -> None:
    def all_identical(table: str, rows: list[dict]) -> list[dict]:
        return [row | {"psnr": float("inf")} if table == "frames" else row for row in rows]

    analysis = analyse(write_run(tmp_path, (ORIGINAL, *CURVES), edit=all_identical))
    assert all("0 points" in row["refused"] for row in deltas(analysis).to_pylist() if row["quantity"] == "psnr")
    data = data_of(write_report(analysis))
    assert any("(every frame is identical): no dot there" in text for _, text in data["notes"])
