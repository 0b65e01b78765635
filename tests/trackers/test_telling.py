"""A run that trackers look on: what they are told, and that nothing they do changes it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ahc_stream import runs
from ahc_stream.core.errors import InvalidValue, MissingExtra, UnknownName
from ahc_stream.experiment import Experiment
from ahc_stream.report import operating_points
from ahc_stream.running import Run
from ahc_stream.trackers import guarded, table, telling
from ahc_stream.trackers.telling import Trackers
from tests.pictures import write_pictures


class Recorded:
    """A tracker that remembers, and raises in the method that it is told to fail in."""

    keeps_files = True
    fails_in = ""
    calls: list[tuple]

    def __init__(self, folder: Path, parameters: dict[str, str]) -> None:
        type(self).calls = []
        self._note("begin", folder, parameters)

    def progress(self, values: dict[str, float]) -> None:
        self._note("progress", values)

    def point(self, curve: str, place: int, values: dict[str, float]) -> None:
        self._note("point", curve, place, values)

    def file(self, path: Path) -> None:
        self._note("file", path)

    def close(self, is_done: bool) -> None:
        self._note("close", is_done)

    def _note(self, *call: object) -> None:
        self.calls.append(call)
        print("a word of the package's own")
        if self.fails_in == call[0]:
            raise RuntimeError("the server\nis gone")


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> type[Recorded]:
    """A tracker called `json`, a package that is installed everywhere."""
    monkeypatch.setattr(table, "TRACKERS", {"json": f"{__name__}:Recorded"})
    monkeypatch.setattr(telling, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(Recorded, "fails_in", "")
    Recorded.calls = []
    return Recorded


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    pictures = write_pictures(tmp_path / "pictures", 3)
    points = ("jpeg@30,80", "jpeg@50:subsampling=444", "identity")
    return Experiment(str(pictures), points, tmp_path / "out", metrics=("psnr",), device="cpu")


def counted(run: Run) -> Iterator[int]:
    frames = 0
    for rows in run:
        frames += rows.frames
        yield frames


def finish(experiment: Experiment) -> int:
    """Runs it with the tracker; the frames that were counted."""
    run = Run(experiment)
    trackers = Trackers(run, ("json", "json"))
    last = 0
    for frames in trackers.told(counted(run)):
        last = frames
    trackers.conclude()
    return last


def of(recorded: type[Recorded], kind: str) -> list[tuple]:
    return [call[1:] for call in recorded.calls if call[0] == kind]


def test_it_is_told_of_the_experiment_the_points_the_files_and_the_end(experiment, recorded) -> None:
    assert finish(experiment) == 3 * 4
    ((folder, parameters),) = of(recorded, "begin")
    assert folder == experiment.out and parameters["codecs"] == ", ".join(experiment.codecs)
    assert parameters["metrics"] == "psnr" and parameters["max_failures"] == "10" and "split" not in parameters
    progress = [values["frames"] for (values,) in of(recorded, "progress")]
    assert progress == sorted(progress) and progress[-1] == 12
    points = {(curve, place): values for curve, place, values in of(recorded, "point")}
    rows = operating_points(experiment.out).to_pylist()
    assert len(points) == len(rows) == 4 and points.keys() == {
        ("identity", 0), ("jpeg subsampling=420", 0), ("jpeg subsampling=420", 1), ("jpeg subsampling=444", 0),
    }  # fmt: skip
    assert points["jpeg subsampling=420", 1]["psnr"] == next(r["psnr"] for r in rows if r["quality"] == 80)
    assert "psnr" not in points["identity", 0], "infinite"
    files = [path for (path,) in of(recorded, "file")]
    assert files == [experiment.out / "manifest.json", experiment.out / "report" / "index.html"]
    assert all(path.is_file() for path in files) and recorded.calls[-1] == ("close", True)


@pytest.mark.parametrize("method", ["begin", "progress", "point", "file", "close"])
def test_one_that_fails_is_left_out_with_one_warning_and_no_row_is_lost(
    experiment, recorded, method: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture
) -> None:
    recorded.fails_in = method
    with caplog.at_level(logging.WARNING):
        assert finish(experiment) == 12
    assert [call[0] for call in recorded.calls].count(method) == 1 and recorded.calls[-1][0] == method
    (warning,) = (record.getMessage() for record in caplog.records)
    assert warning == "--track json: RuntimeError: the server is gone; the run goes on without it"
    assert runs.verify(experiment.out) == [] and runs.open(experiment.out).frames.num_rows == 12
    assert capsys.readouterr().out == "", "stdout is the command's own"


def test_a_run_that_breaks_off_is_told_as_such(experiment, recorded) -> None:
    run = Run(experiment)
    trackers = Trackers(run, ("json",))
    progress = trackers.told(counted(run))
    next(progress)
    with pytest.raises(KeyboardInterrupt):
        progress.throw(KeyboardInterrupt())
    assert recorded.calls[-1] == ("close", False) and not of(recorded, "point")


def test_a_run_without_rows_has_its_manifest(experiment, recorded, caplog: pytest.LogCaptureFixture) -> None:
    for path in Path(experiment.dataset).iterdir():
        path.write_bytes(b"no picture")
    assert finish(experiment) == 0
    assert [path.name for (path,) in of(recorded, "file")] == ["manifest.json"] and not of(recorded, "point")
    assert recorded.calls[-1] == ("close", True) and "no operating points" in caplog.text


def test_no_page_is_written_for_one_that_keeps_no_files(experiment, recorded, monkeypatch) -> None:
    monkeypatch.setattr(recorded, "keeps_files", False)
    finish(experiment)
    assert not (experiment.out / "report").exists() and len(of(recorded, "point")) == 4


def test_names_and_packages_are_checked_before_any_work(experiment, monkeypatch, tmp_path: Path) -> None:
    run = Run(experiment)
    with pytest.raises(UnknownName, match="Did you mean 'wandb'"):
        Trackers(run, ("wand",))
    monkeypatch.setattr(table, "TRACKERS", {"no_such_tracker": "nowhere:X"})
    with pytest.raises(MissingExtra, match=r"ahc-stream\[no_such_tracker\]"):
        Trackers(run, ("no_such_tracker",))
    (tmp_path / "no_such_tracker").mkdir()  # what wandb leaves in the folder it is run in
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(MissingExtra, match="no_such_tracker"):
        Trackers(run, ("no_such_tracker",))
    assert not experiment.out.exists()


def test_a_run_without_a_folder_has_nothing_to_track(experiment, recorded) -> None:
    with pytest.raises(InvalidValue, match="an experiment with a folder"):
        Trackers(Run(replace(experiment, out=None)), ("json",))
    assert recorded.calls == []


def test_without_trackers_nothing_happens(experiment) -> None:
    run = Run(replace(experiment, out=None))
    trackers = Trackers(run, ())
    assert list(trackers.told([1, 2, 3])) == [1, 2, 3]
    trackers.conclude()


def test_a_long_reason_is_cut(recorded, caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("x" * 10_000)

    monkeypatch.setattr(recorded, "__init__", fail)
    tracker = guarded.Guarded("json", tmp_path, {})
    assert not tracker.keeps_files and len(caplog.text) < 600


def test_a_page_that_cannot_be_written_takes_no_point_away(experiment, recorded, caplog) -> None:
    experiment.out.mkdir()
    (experiment.out / "report").write_text("in the way")
    assert finish(experiment) == 12
    assert len(of(recorded, "point")) == 4 and [path.name for (path,) in of(recorded, "file")] == ["manifest.json"]
    (warning,) = (record.getMessage() for record in caplog.records)
    assert warning.startswith("--track: no page: ") and recorded.calls[-1] == ("close", True)
