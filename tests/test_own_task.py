"""A task of one's own through the whole line and into the report, with a scorer, without, and with one that is gone."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from rich.console import Console

from ahc_stream import runs, tasks
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.core.labels import KEY
from ahc_stream.core.protocols import TaskSession
from ahc_stream.core.stream import Stream
from ahc_stream.experiment import Experiment
from ahc_stream.report import operating_points, print_report
from ahc_stream.running import run
from tests import warm
from tests.pictures import write_pictures

ROOT = Path(__file__).parent.parent


class MeanError:
    """A scorer: how far the brightness of frames is from that of the labels, on average."""

    @staticmethod
    def tally(predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
        joined = predictions.join(labels, [name for name, _ in KEY], right_suffix="_label")
        error = pc.abs(pc.subtract(joined["brightness"], joined["brightness_label"]))
        return joined.select([name for name, _ in KEY]).append_column("error", error)

    @staticmethod
    def scores(tally: pa.Table):
        return lambda weights: {"error": pc.mean(tally["error"]).as_py()} if tally.num_rows else {}

    @staticmethod
    def outcomes(tally: pa.Table) -> pa.Table:
        return tally

    @staticmethod
    def as_labels(predictions: pa.Table) -> pa.Table:
        return predictions.select([*(name for name, _ in KEY), "brightness"])


class Brightness:
    """A task: the mean of a frame's samples."""

    schema = pa.schema([("brightness", pa.float64())])
    headline = ("error",)
    lower_is_better = ("error",)

    def __init__(self, name: str = "brightness", **members: object) -> None:
        self.name, self.seen = name, set[int]()
        self.__dict__ |= members

    def predict(self, clip: Clip) -> list[list[dict]]:
        self.seen.add(id(self))
        return [[{"brightness": value}] for value in clip.frames.double().mean((1, 2, 3)).tolist()]


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    folder = write_pictures(tmp_path / "pictures", 4)
    return Experiment(str(folder), ("jpeg@5,90",), tmp_path / "out", metrics=("psnr",), device="cpu", clip_frames=2)


def finish(experiment: Experiment, task: object) -> str:
    """Runs it; the printed report."""
    for _ in run(replace(experiment, tasks=(task,))):
        pass
    page = StringIO()
    print_report(experiment.out, Console(file=page, width=200))
    return page.getvalue()


def test_its_predictions_are_rows_and_its_scores_are_in_the_report(experiment: Experiment) -> None:
    text = finish(experiment, Brightness("brightness", scorer=MeanError))
    rows = {(row["codec"], row["quality"]): row for row in operating_points(experiment.out).to_pylist()}
    assert (
        rows["identity", None]["brightness_agreement_error"] == 0
        and rows["jpeg", 5.0]["brightness_agreement_error"] > 0
    )
    assert rows["jpeg", 5.0]["brightness_agreement_error_change"] > 0
    predictions = runs.open(experiment.out).table("predictions_brightness")
    assert predictions.num_rows == 4 * 3 and predictions.schema.names[-2:] == ["brightness", "start"]
    assert "error ±" in text and "its own predictions on the uncompressed original" in text


def test_its_manifest_says_what_a_report_needs_and_a_second_start_asks_for_the_same(experiment: Experiment) -> None:
    finish(experiment, Brightness("brightness", scorer=MeanError))
    (text,) = json.loads((experiment.out / "manifest.json").read_text())["experiment"]["tasks"]
    assert text == "brightness:headline=error:lower_is_better=error:scorer=tests.test_own_task:MeanError"
    assert tasks.recorded(text) == tasks.describe(Brightness("brightness", scorer=MeanError))
    assert list(run(replace(experiment, tasks=(Brightness("brightness", scorer=MeanError),)))) == []


def test_a_task_without_a_scorer_has_predictions_and_the_report_says_why_no_scores(experiment: Experiment) -> None:
    text = finish(experiment, Brightness("unscored"))
    assert "unscored brings no scorer" in text and "psnr" in text
    assert runs.open(experiment.out).table("predictions_unscored").num_rows == 12
    assert not any(name.startswith("unscored") for name in operating_points(experiment.out).column_names)


def test_a_scorer_that_cannot_be_imported_any_more_is_told(experiment: Experiment) -> None:
    """Another process, as this one knows the task by its scorer."""
    finish(experiment, Brightness("moved", scorer=MeanError))
    path, gone = experiment.out / "manifest.json", "tests.test_own_task:Gone"
    path.write_text(path.read_text().replace("tests.test_own_task:MeanError", gone))
    command = [*warm.command(), "report", str(experiment.out), "--no-html"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert f"the scorer {gone} of moved cannot be imported here" in " ".join(done.stdout.split())
    assert "no_such_module" in tasks.why_unscored(tasks.recorded("vanished:scorer=no_such_module"))


def test_lanes_have_copies_of_their_own(experiment: Experiment) -> None:
    class Counting(Brightness):
        copies = 0

        def __deepcopy__(self, memo: dict) -> Brightness:
            Counting.copies += 1
            return Brightness(self.name)

    for _ in run(replace(experiment, tasks=(Counting("copied"),), lanes=3)):
        pass
    assert Counting.copies == 3
    uncopied = Brightness("uncopied", lock=__import__("threading").Lock())
    with pytest.raises(InvalidValue, match="lanes=1"):
        list(run(replace(experiment, out=None, tasks=(uncopied,), lanes=2)))
    assert list(run(replace(experiment, out=None, tasks=(uncopied,), lanes=1)))


def test_a_scorer_of_the_table_brings_its_headline() -> None:
    from ahc_stream.tasks.detection import score as detection_score

    spec = tasks.describe(Brightness("finder", scorer=detection_score, headline=(), labels="detection"))
    assert tasks.find("finder").headline == ("mAP", "AP50") and not tasks.why_unscored(spec)


def test_a_task_with_a_session_instead_of_predict_is_a_task() -> None:
    class Remembers:
        name, schema = "remembers", Brightness.schema

        def session(self, stream: Stream) -> TaskSession: ...

    assert str(tasks.describe(Remembers())) == "remembers:scorer=none"


@pytest.mark.parametrize(
    ("task", "says"),
    [
        (object(), "name, schema"),
        (SimpleNamespace(name="silent", schema=Brightness.schema), "predict or session"),
        (Brightness("detection"), "which no task has"),
        (Brightness("a:b"), "letters, digits"),
        (Brightness("one", scorer=object()), "a module or a class"),
        (Brightness("two", schema="text"), "Arrow schema"),
    ],
)
def test_what_is_no_task_is_refused_before_any_work(experiment: Experiment, task: object, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        run(replace(experiment, tasks=(task,)))
    assert not experiment.out.exists()


def test_two_tasks_of_one_name_in_a_process_are_told_apart_by_an_error(experiment: Experiment) -> None:
    tasks.describe(Brightness("twice", scorer=MeanError))
    tasks.describe(Brightness("twice", scorer=MeanError))  # the same once more is no other task
    with pytest.raises(InvalidValue, match="Rename one"):
        tasks.describe(Brightness("twice"))
    with pytest.raises(UnknownName):
        run(replace(experiment, tasks=("twice-unknown",)))


@pytest.mark.timeout(180)
def test_the_example_finds_corners_and_loses_them(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 3, 256, 256)
    command = [sys.executable, "examples/own_task.py", str(folder), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    rows = {row["quality"]: row["corners_agreement_mAP"] for row in operating_points(tmp_path / "out").to_pylist()}
    assert rows[None] == 1 and rows[10.0] < rows[90.0] < 1
    assert "AP50 ±" in done.stdout and "its own predictions on the uncompressed original" in done.stdout
