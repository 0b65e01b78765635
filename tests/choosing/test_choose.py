"""`choose` over whole runs: it agrees with the full grid, goes on where it stopped, and says what it cannot decide."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ahc_stream import runs
from ahc_stream.choosing import Asked, choose
from ahc_stream.cli import app
from ahc_stream.core.errors import InvalidValue
from ahc_stream.experiment import Experiment
from ahc_stream.report import operating_points
from ahc_stream.running import run
from tests.pictures import write_pictures

CORNERS = "examples/own_task.py:Corners"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("data") / "pictures", 12)


@pytest.fixture(scope="module")
def grid(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, float]]:
    """Every quality of JPEG, from the lowest: what a search is to agree with."""
    out = tmp_path_factory.mktemp("grid")
    for _ in run(Experiment(str(pictures), ("jpeg@1..100",), out, metrics=("psnr", "mae"), tasks=())):
        pass
    return sorted(operating_points(out).to_pylist(), key=lambda row: row["quality"])


@pytest.mark.parametrize("bound", [25, 28.5, 32])
def test_it_finds_the_first_point_of_the_grid_that_keeps_a_metric(pictures: Path, grid, bound: float, tmp_path: Path):
    experiment = Experiment(str(pictures), ("jpeg",), tmp_path / "out", metrics=("psnr",), tasks=())
    (choice,) = choose(experiment, Asked([f"psnr >= {bound}"])).choices
    expected = next(row for row in grid if row["psnr"] >= bound)
    assert choice.outcome == "chosen" and choice.point == f"jpeg@{expected['quality']:g}"
    assert choice.bpp == pytest.approx(expected["bpp"]) and choice.encodes <= 7 < choice.rungs


def test_within_a_rate_it_takes_the_best_of_the_grid(pictures: Path, grid, tmp_path: Path):
    experiment = Experiment(str(pictures), ("jpeg", "webp"), tmp_path / "out", metrics=("psnr",), tasks=())
    decision = choose(experiment, Asked(at="4bpp"))
    jpeg, webp = decision.choices
    expected = [row for row in grid if row["bpp"] <= 4][-1]
    assert jpeg.point == f"jpeg@{expected['quality']:g}" and (jpeg.bpp or 9) <= 4 and (webp.bpp or 9) <= 4
    values = [choice.qualities[0].value or 0 for choice in decision.ranked]
    assert values == sorted(values, reverse=True)


def test_it_goes_on_in_the_folder_and_measures_nothing_twice(pictures: Path, tmp_path: Path):
    experiment = Experiment(str(pictures), ("jpeg",), tmp_path / "out", metrics=("psnr",), tasks=())
    first = choose(experiment, Asked(["psnr >= 30"]))
    rows = runs.open(tmp_path / "out").frames
    again = choose(experiment, Asked(["psnr >= 30"]))
    assert runs.open(tmp_path / "out").frames.equals(rows)
    assert [choice.point for choice in again.choices] == [choice.point for choice in first.choices]
    assert len({*rows["quality"].to_pylist()}) == first.choices[0].encodes


def test_a_task_is_confirmed_or_said_to_be_by_estimate(pictures: Path, tmp_path: Path):
    experiment = Experiment(
        str(pictures), ("jpeg@5..95..10", "webp@5..95..10"), tmp_path / "out", tasks=(CORNERS,), metrics=("psnr",)
    )
    decision = choose(experiment, Asked(["corners.mAP >= 60%"], confidence=0.9))
    assert not decision.unconfirmed
    for choice in decision.choices:
        assert choice.outcome in ("chosen", "undecided", "none qualifies")
        assert choice.qualities[0].name == "corners_agreement_mAP"
    few = Experiment(str(pictures), ("jpeg@5..95..10",), tmp_path / "few", tasks=(CORNERS,), metrics=("psnr",), limit=3)
    decision = choose(few, Asked(["corners.mAP >= 60%"]))
    assert decision.choices[0].outcome == "by estimate" and "cannot confirm" in decision.unconfirmed
    assert "by estimates alone" in " ".join(decision.sentences)


def test_the_cheapest_chosen_point_comes_first_and_the_first_codec_is_the_anchor(pictures: Path, tmp_path: Path):
    experiment = Experiment(str(pictures), ("jpeg", "webp"), tmp_path / "out", metrics=("psnr",), tasks=())
    decision = choose(experiment, Asked(["psnr >= 30"]))
    jpeg, webp = decision.choices
    assert jpeg.saving == 0 and webp.saving == pytest.approx(1 - (webp.bpp or 0) / (jpeg.bpp or 1))
    rates = [choice.bpp or 0 for choice in decision.ranked]
    assert rates == sorted(rates)


def test_no_point_qualifies_where_none_does(pictures: Path, tmp_path: Path):
    experiment = Experiment(str(pictures), ("jpeg@1..20",), tmp_path / "out", metrics=("psnr",), tasks=())
    decision = choose(experiment, Asked(["psnr >= 60"]))
    assert decision.choices[0].outcome == "none qualifies" and "No codec has a point" in decision.sentences[0]


def test_a_point_that_takes_too_long_is_not_taken(pictures: Path, tmp_path: Path):
    experiment = Experiment(str(pictures), ("jpeg@10..90",), tmp_path / "out", metrics=("psnr",), tasks=())
    decision = choose(experiment, Asked(["psnr >= 25"], encode_ms=0.0))
    assert decision.choices[0].outcome == "too slow"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Asked(), "neither"),
        (Asked(["psnr >= 30"], at="1bpp"), "both"),
        (Asked(["psnr >= 30"], confidence=0.2), "confidence"),
        (Asked(at="fast"), "a rate such as"),
        (Asked(at="500kbit/s"), "per second of video"),
    ],
)
def test_what_cannot_be_asked_is_refused(pictures: Path, tmp_path: Path, asked: Asked, message: str):
    experiment = Experiment(str(pictures), ("jpeg@10..12",), tmp_path / "out", metrics=("psnr",), tasks=())
    with pytest.raises(InvalidValue, match=message):
        choose(experiment, asked)


def test_the_command_prints_what_to_take_and_how_to_code_so(pictures: Path, tmp_path: Path):
    out = tmp_path / "out"
    words = ["choose", str(pictures), "--codec", "jpeg", "--codec", "h264@10..40", "--keep", "psnr >= 30"]
    done = CliRunner().invoke(app, [*words, "--metric", "psnr", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "Take " in done.stdout and "ahc-stream encode INPUT" in done.stdout and "ffmpeg -i INPUT" in done.stdout
    kept = json.loads((out / "report" / "choice.json").read_text())
    again = CliRunner().invoke(app, [*words, "--metric", "psnr", "--out", str(out), "--json"])
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["choices"][0]["point"] == kept["choices"][0]["point"]


def test_what_is_chosen_of_many_pictures_was_measured_on_all_and_what_is_hopeless_on_a_part(tmp_path: Path):
    folder = write_pictures(tmp_path / "pictures", 136, 32, 48)
    experiment = Experiment(str(folder), ("jpeg@5..95..10",), tmp_path / "out", tasks=(CORNERS,), metrics=("psnr",))
    (choice,) = choose(experiment, Asked(["corners.mAP >= 30%"])).choices
    frames = runs.open(tmp_path / "out").frames.group_by("quality").aggregate([("frame", "count")])
    counts = dict(zip(frames["quality"].to_pylist(), frames["frame_count"].to_pylist(), strict=True))
    assert max(counts.values()) == 136 == counts.pop(None)
    assert choice.encodes == pytest.approx(sum(counts.values()) / 136, abs=0.15 * len(counts))
    assert choice.outcome == "chosen" and min(counts.values()) < 136
    assert counts[float((choice.point or "").removeprefix("jpeg@"))] == 136


def test_a_lossless_point_keeps_every_bound_on_a_metric(pictures: Path, tmp_path: Path):
    experiment = Experiment(
        str(pictures), ("jpegls@0..3", "jpeg@90..95"), tmp_path / "out", metrics=("psnr",), tasks=()
    )
    jpegls, jpeg = choose(experiment, Asked(["psnr >= 60"])).choices
    assert (jpegls.outcome, jpegls.point, jpeg.outcome) == ("chosen", "jpegls@0", "none qualifies")
    within = choose(replace(experiment, out=tmp_path / "within"), Asked(at="30bpp"))
    assert within.ranked[0].point == "jpegls@0"


def test_within_a_rate_a_limit_of_time_is_kept_by_fewer_bits(pictures: Path, tmp_path: Path):
    experiment = Experiment(str(pictures), ("jpeg@10..90..10",), tmp_path / "out", metrics=("psnr",), tasks=())
    (choice,) = choose(experiment, Asked(at="30bpp", encode_ms=1000.0)).choices
    assert choice.point == "jpeg@90" and (choice.encode_ms or 0) < 1000
    (choice,) = choose(experiment, Asked(at="30bpp", encode_ms=0.0)).choices
    assert choice.outcome == "none qualifies"


def test_a_point_whose_estimate_breaks_the_condition_is_not_undecided(pictures: Path, tmp_path: Path):
    experiment = Experiment(str(pictures), ("jpeg@5,10",), tmp_path / "out", tasks=(CORNERS,), metrics=("psnr",))
    (choice,) = choose(experiment, Asked(["corners.mAP >= 99%"], confidence=0.9)).choices
    assert choice.outcome == "none qualifies"


def test_failures_are_counted_and_the_command_ends_with_their_exit_code(pictures: Path, tmp_path: Path):
    folder = tmp_path / "broken"
    shutil.copytree(pictures, folder)
    (folder / "011.png").write_bytes((folder / "011.png").read_bytes()[:100])
    words = ["choose", str(folder), "--codec", "jpeg@10..90", "--keep", "psnr >= 25", "--metric", "psnr"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 3 and "Take jpeg@" in done.output and "failure" in done.output
