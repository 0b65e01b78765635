"""A run in a notebook: what it shows, as a folder and while it is still to be run."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from matplotlib import pyplot

import ahc_stream as ahc
from ahc_stream import runs
from ahc_stream.core.errors import InvalidValue, MediaError, MissingExtra, StorageError, TooManyFailures, UnknownName
from ahc_stream.report import ReportSettings, operating_points
from tests.pictures import write_pictures
from tests.report.runs import write_run
from tests.report.test_html_tables import Page


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("runs") / "one", items=6)


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    pyplot.close("all")


def test_a_folder_shows_its_tables_and_gives_them(folder: Path) -> None:
    results = ahc.Results(folder)
    rates, classification = Page(results._repr_html_()).tables
    assert [row[0] for row in rates[1:]] == ["identity", *["jpeg"] * 4, *["webp"] * 4]
    assert rates[0][:4] == ["codec", "quality", "frames", "bpp"] and "accuracy" in classification[0]
    table = results.to_arrow()
    assert table.schema == operating_points(folder).schema
    for other in (results.to_pandas(), operating_points(folder).to_pandas()):
        pd.testing.assert_frame_equal(table.to_pandas(), other)
    assert results.folder == folder and repr(results) == f"Results({str(folder)!r})"


def test_it_plots_what_leads_the_report_or_what_is_asked_for(folder: Path, tmp_path: Path) -> None:
    results = ahc.Results(str(folder))
    assert results.plot().get_ylabel() == "classification: accuracy (%)"
    _, axes = pyplot.subplots()
    assert results.plot(x="bpp_container", y="mse", ax=axes) is axes and axes.get_ylabel().startswith("MSE")
    metrics_alone = ahc.Results(write_run(tmp_path, items=3, task=False))
    assert metrics_alone.plot().get_ylabel() == "PSNR (dB)"
    with pytest.raises(UnknownName, match="id you mean 'psnr'"):
        metrics_alone.plot(y="pnsr")
    with pytest.raises(UnknownName, match="Known: bpp, bpp_container"):
        metrics_alone.plot(x="classification_accuracy")


def test_its_page_is_the_report(folder: Path) -> None:
    path = ahc.Results(folder).report()
    assert path == folder / "report" / "index.html" and path.stat().st_size > 10_000


def test_settings_say_what_scores_are_against(folder: Path) -> None:
    against_itself = ahc.Results(folder, ReportSettings(reference="original")).to_arrow()
    assert set(against_itself["classification_reference"].to_pylist()) == {"original"}
    assert set(ahc.Results(folder).to_arrow()["classification_reference"].to_pylist()) == {"labels"}


def test_no_run_is_an_error_at_once_and_a_run_without_rows_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        ahc.Results(tmp_path / "nowhere")
    empty = ahc.Results(write_run(tmp_path / "empty", ()))
    assert Page(empty._repr_html_()).tables == []
    with pytest.raises(StorageError, match="finished rows"):
        empty.to_arrow()
    with pytest.raises(InvalidValue, match="a metric or a score"):
        empty.plot()
    assert empty.report().is_file()


def test_without_a_package_there_is_an_install_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = ahc.Results(folder)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match="matplotlib"):
        results.plot()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match="pandas"):
        results.to_pandas()


@pytest.fixture
def experiment(tmp_path: Path) -> ahc.Experiment:
    pictures = write_pictures(tmp_path / "pictures", 3)
    return ahc.Experiment(str(pictures), ("jpeg@30,80",), tmp_path / "out", metrics=("psnr",), device="cpu")


def test_asking_runs_it_to_its_end_once(experiment: ahc.Experiment) -> None:
    run = ahc.run(experiment)
    assert not experiment.out.exists()
    (table,) = Page(run._repr_html_()).tables
    assert [row[:3] for row in table[1:]] == [["jpeg", "30", "3"], ["jpeg", "80", "3"]]
    assert run.to_arrow().num_rows == len(run.to_pandas()) == 2
    assert run.plot().get_ylabel() == "PSNR (dB)" and run.report() == experiment.out / "report" / "index.html"
    assert len(runs.open(experiment.out).starts) == 1


def test_a_loop_runs_it_as_before_and_asking_runs_nothing_more(experiment: ahc.Experiment) -> None:
    run = ahc.run(experiment)
    assert sum(rows.frames for rows in run) == 6
    assert run.to_arrow()["frames"].to_pylist() == [3, 3]
    assert len(runs.open(experiment.out).starts) == 1


def test_a_loop_that_was_left_goes_on_when_results_are_asked_for(experiment: ahc.Experiment) -> None:
    run = ahc.run(experiment)
    for _ in run:
        break
    assert run.to_arrow()["frames"].to_pylist() == [3, 3]
    assert runs.verify(experiment.out) == []


def test_within_a_loop_there_are_no_results(experiment: ahc.Experiment) -> None:
    run = ahc.run(experiment)
    for _ in run:
        with pytest.raises(InvalidValue, match="Ask behind the loop"):
            run.to_arrow()
    assert run.to_arrow().num_rows == 2


def test_what_ends_a_run_is_raised_when_results_are_asked_for(experiment: ahc.Experiment) -> None:
    (Path(experiment.dataset) / "001.png").write_bytes(b"no picture")
    run = ahc.run(replace(experiment, max_failures=0))
    for _ in range(2):
        with pytest.raises(TooManyFailures):
            run.to_arrow()
    assert isinstance(run.failures[0].error, MediaError)


def test_without_a_folder_rows_come_and_results_say_what_is_missing(experiment: ahc.Experiment) -> None:
    run = ahc.run(replace(experiment, out=None))
    page = Page(run._repr_html_())
    assert page.tables == [] and "out=None" in page.lines[0]
    for ask in (run.to_arrow, run.to_pandas, run.plot, run.report):
        with pytest.raises(InvalidValue, match="an experiment with a folder; got out=None"):
            ask()
    assert sum(rows.frames for rows in run) == 6
