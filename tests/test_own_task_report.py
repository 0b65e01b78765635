"""A user's task in the report, and the recipe `docs/recipes/task.md`: tables, curves and pictures like the others'."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from PIL import Image, ImageOps
from rich.console import Console

from ahc_stream import runs, tasks
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.option import Option, Whole
from ahc_stream.experiment import Experiment
from ahc_stream.report import (
    ReportSettings,
    analyse,
    by_item,
    deltas,
    figure,
    findings,
    flips,
    operating_points,
    print_report,
    write_report,
)
from ahc_stream.report.pictures import pictures
from ahc_stream.running import run
from tests.pictures import write_pictures
from tests.recipes import block
from tests.test_own_task import Brightness, MeanError

ROOT = Path(__file__).parent.parent
FILES = {
    "task.py": '"""The brightest square of a frame."""',
    "score.py": '"""How far the brightest square is',
    "draw.py": '"""The brightest square over a picture',
}
QUALITIES = "1,3,10,90"


@pytest.fixture
def spots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of code of the recipe, in place: the package `spots`."""
    folder = tmp_path / "code"
    (folder / "spots").mkdir(parents=True)
    (folder / "spots" / "__init__.py").touch()
    for name, beginning in FILES.items():
        (folder / "spots" / name).write_text(block("task.md", beginning))
    for name in [name for name in sys.modules if name.split(".")[0] == "spots"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    folder = write_pictures(tmp_path / "pictures", 12, 60, 80)
    for path in sorted(folder.iterdir())[::2]:  # bright at the bottom, the others at the top
        ImageOps.flip(Image.open(path)).save(path)
    codecs = (f"jpeg@{QUALITIES}", f"webp@{QUALITIES}")
    return Experiment(str(folder), codecs, tmp_path / "out", metrics=("psnr",), device="cpu", save_recon=True)


def finish(experiment: Experiment, *asked: object) -> Path:
    for _ in run(replace(experiment, tasks=asked)):
        pass
    assert experiment.out is not None
    return experiment.out


def printed(out: Path) -> str:
    page = StringIO()
    print_report(out, Console(file=page, width=200))
    return page.getvalue()


def assert_is_reported(out: Path, task: str) -> None:
    """Tables, curves and pictures contain the task of the recipe."""
    text = printed(out)
    for words in (f"{task}: agreement", "hit ±", "distance ±", "its own predictions on the uncompressed original"):
        assert words in text, text
    analysis = analyse(out, ReportSettings(resamples=100))
    scores = {each.score: each for each in analysis.quantities if each.family == task}
    labels = [f"{name} agreement with the original" for name in ("hit", "mean distance")]
    assert [scores["hit"].label, scores["distance"].label, scores["distance"].unit] == [*labels, "pixels"]
    assert scores["hit"].higher_is_better and not scores["distance"].higher_is_better
    assert {each.of_class for each in scores.values()} == {None, "top", "bottom"}
    assert {row["label"] for row in deltas(analysis).to_pylist()} == {"PSNR", *labels}
    axes = figure(analysis, f"{task}_agreement_distance").axes[0]
    assert axes.get_ylabel() == f"{task}: {labels[1]} (pixels)" and len(axes.get_legend_handles_labels()[1]) == 3
    assert flips(analysis).num_rows == 8 and by_item(analysis, task).num_rows == 8 * 12
    shown = pictures(analysis, 3)
    assert [picture["task"] for picture in shown] == [task] * 3
    shapes = shown[0]["shapes"]
    assert [shape["text"] for which in ("before", "after") for shape in shapes[which]] == ["brightest"] * 2
    assert shapes["before"][0]["kind"] == "box" and shapes["before"][0]["at"] != shapes["after"][0]["at"]
    page = write_report(analysis, most_pictures=3).read_text()
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL).group(1))
    named = {each["name"]: each for each in data["quantities"]}
    assert named[f"{task}_agreement_hit"]["points"] and not named[f"{task}_agreement_distance"]["points"]
    assert data["by_item"][task]["measure"] == "correct agreement with the original" and data["by_item"][task]["higher"]


def test_the_folder_and_the_row_of_the_recipe_are_a_task_like_others(
    spots: Path, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spots import score  # type: ignore[import-not-found]  # the package that the fixture has just written

    names = {"TaskEntry": tasks.TaskEntry, "Option": Option, "Whole": Whole, "score": score}
    row = block("task.md", '"spots": TaskEntry')
    monkeypatch.setitem(tasks.TASKS, "spots", eval(f"{{{row}}}", names)["spots"])
    out = finish(experiment, "spots:side=24")
    assert set(runs.open(out).table("predictions_spots")["side"].to_pylist()) == {24}
    assert_is_reported(out, "spots")


def test_an_object_of_the_recipe_is_a_task_like_others(spots: Path, experiment: Experiment) -> None:
    from spots import draw, score, task  # type: ignore[import-not-found]

    names: dict[str, object] = {"Spots": task.Spots, "score": score, "draw": draw}
    exec(block("task.md", "class OwnSpots"), names)
    made = names["OwnSpots"]
    assert isinstance(made, type)
    out = finish(experiment, made(16))
    assert runs.open(out).tasks == ("own-spots:drawer=spots.draw:scorer=spots.score",)
    assert_is_reported(out, "own-spots")


def test_another_program_reports_it_by_the_names_in_the_manifest(spots: Path, experiment: Experiment) -> None:
    test_an_object_of_the_recipe_is_a_task_like_others(spots, experiment)
    command = [sys.executable, "-m", "ahc_stream.cli", "report", str(experiment.out)]
    environment = os.environ | {"PYTHONPATH": str(spots)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "distance ±" in done.stdout
    gone = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert gone.returncode == 0, gone.stderr
    assert "the scorer spots.score of own-spots cannot be imported here" in " ".join(gone.stdout.split())


class Named(MeanError):
    """A scorer whose scores have names that other tasks hide, or give to classes."""

    @staticmethod
    def scores(tally: pa.Table):
        error = pc.mean(tally["error"]).as_py()
        return lambda weights: dict.fromkeys(("precision_x", "ap_x", "error"), error)


class Hidden(MeanError):
    """A scorer of which a report shows nothing but columns of the table of operating points."""

    SCORES = (tasks.Score("error", hidden=True),)

    @staticmethod
    def outcomes(tally: pa.Table) -> pa.Table:
        return tally.select(["dataset", "item", "frame"])


class Fine(MeanError):
    """A scorer whose score, behind the name of its task, is the column of another task's."""

    @staticmethod
    def scores(tally: pa.Table):
        return lambda weights: {"fine_agreement_error": 0.5, "own": 0.25}


def test_a_users_score_is_shown_whatever_it_is_called(experiment: Experiment) -> None:
    out = finish(experiment, Brightness("named", scorer=Named, headline=("precision_x",)))
    assert "precision_x ±" in printed(out)
    analysis = analyse(out, ReportSettings(resamples=0))
    scores = {each.score: each for each in analysis.quantities if each.family == "named"}
    assert [scores["precision_x"].label, scores["ap_x"].label] == [
        f"{name} agreement with the original" for name in ("precision x", "ap x")
    ]
    assert all(each.of_class is None for each in scores.values())
    assert write_report(analysis).is_file()


def test_a_task_of_hidden_scores_has_columns_and_no_curve(experiment: Experiment) -> None:
    out = finish(experiment, Brightness("hidden", scorer=Hidden, headline=()))
    assert "hidden_agreement_error" in operating_points(out).column_names
    analysis = analyse(out, ReportSettings(resamples=100))
    assert analysis.tasks == ("hidden",) and analysis.leading_score("hidden") is None
    assert {each.family for each in analysis.quantities} == {"metric"}
    assert findings(analysis).num_rows == by_item(analysis, "hidden").num_rows == flips(analysis).num_rows == 0
    assert write_report(analysis).is_file() and pictures(analysis, 2), "frames are chosen by the metric"


def test_tasks_whose_names_begin_alike_keep_their_scores_apart(experiment: Experiment) -> None:
    out = finish(
        experiment, Brightness("hog", scorer=Fine, headline=("own",)), Brightness("hog_agreement_fine", scorer=Named)
    )
    with pytest.raises(InvalidValue, match=r"two named hog_agreement_fine_agreement_error\. Rename a score"):
        operating_points(out)


def test_a_score_of_a_longer_name_is_no_score_of_the_shorter(experiment: Experiment) -> None:
    out = finish(experiment, Brightness("dog", scorer=MeanError), Brightness("dog_big", scorer=Named))
    analysis = analyse(out, ReportSettings(resamples=0))
    columns = {each.name: (each.family, each.score) for each in analysis.quantities}
    assert columns["dog_agreement_error"] == ("dog", "error")
    assert columns["dog_big_agreement_error"] == ("dog_big", "error")
    assert len(columns) == 1 + 1 + 3  # PSNR, the score of dog, those of dog_big
    table = printed(out)
    assert table.count("error ±") == 2 and "big" not in table.split("dog_big")[0]


@pytest.mark.parametrize("name", ["metric", "rate"])
def test_names_of_the_reports_own_columns_are_taken(name: str) -> None:
    with pytest.raises(InvalidValue, match="metric or rate"):
        tasks.describe(Brightness(name, scorer=MeanError))


def test_a_single_name_where_several_belong_is_an_error() -> None:
    with pytest.raises(InvalidValue, match=r"Write headline = \(\"error\",\)"):
        tasks.describe(Brightness("lonely", scorer=MeanError, headline="error"))
