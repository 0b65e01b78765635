"""Workers that die: every row is there once, and what kills workers becomes failures. Ray is a stand-in without
processes (`fake_ray`); `test_ray` has the real one."""

from __future__ import annotations

import platform
import shutil
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from itertools import repeat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from ahc_stream import runs
from ahc_stream.core.errors import ClusterError, InvalidValue, MissingData, TooManyFailures, UnknownName
from ahc_stream.engines import crew, ray_actors, ray_engine
from ahc_stream.engines.ray_worker import Worker
from ahc_stream.engines.workers import Workers
from ahc_stream.experiment import Experiment
from ahc_stream.plan import plan
from ahc_stream.running import Run
from tests.engines.fake_ray import AFTER, BEFORE, FINE, FakeRay
from tests.whole_runs import tables_of, write_video

FATES = st.lists(st.sampled_from([FINE, FINE, BEFORE, AFTER]), max_size=12)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pieces") / "data"
    folder.mkdir()
    write_video(folder / "film.mkv", [40 * i for i in range(9)], "mpeg4")
    for number in range(5):
        pixels = np.random.default_rng(number).integers(0, 256, (24, 32, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"still{number}.png")
    return folder


def asked(data: Path, out: Path, **options: object) -> Experiment:
    settings = {"device": "cpu", "metrics": ("psnr",), "tasks": (), "max_failures": 100} | options
    return Experiment(str(data), ("jpeg@30,60", "identity"), out, **settings)


@pytest.fixture(scope="module")
def expected(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    out = tmp_path_factory.mktemp("calm") / "out"
    list(Run(asked(data, out)))
    return tables_of(out)


def with_ray(ray: FakeRay, experiment: Experiment, is_early: bool = False) -> Run:
    """is_early:  workers begin before the run is made, as the command line has them."""
    experiment = replace(experiment, engine="ray")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as held:
        for module in (ray_engine, ray_actors):
            patch.setattr(module, "cluster", ray.cluster)
        early = ray_actors.begun_early(None, Workers.of(experiment)) if is_early else nullcontext()
        run = Run(experiment, held.enter_context(early))
        list(run)
    return run


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(workers=st.integers(1, 4), is_early=st.booleans(), fates=FATES, order=st.lists(st.integers(0, 100), max_size=20))
def test_whoever_dies_the_rows_are_those_of_one_process_and_what_is_missing_is_a_failure(
    workers: int,
    is_early: bool,
    fates: list[str],
    order: list[int],
    data: Path,
    expected: dict[str, pd.DataFrame],
    tmp_path_factory: pytest.TempPathFactory,
):
    out = tmp_path_factory.mktemp("ray") / "out"
    run = with_ray(FakeRay(iter(fates), iter(order)), asked(data, out, workers=str(workers)), is_early)
    assert runs.verify(out) == []
    frames = tables_of(out)["frames"]
    failed = {(failure.item, failure.point.codec, failure.point.quality) for failure in run.failures if failure.point}
    rows = expected["frames"]
    is_failed = [key in failed for key in zip(rows["item"], rows["codec"], rows["quality"], strict=True)]
    kept = rows[~np.array(is_failed)].reset_index(drop=True)
    pd.testing.assert_frame_equal(frames, kept, check_exact=True)
    with_ray(FakeRay(iter(()), iter(order)), asked(data, out), is_early)  # the next start does what is missing
    for name, table in expected.items():
        pd.testing.assert_frame_equal(tables_of(out)[name], table, check_exact=True)


def test_who_waits_for_places_says_so(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(crew, "PATIENCE_SECONDS", 0.0)
    with_ray(FakeRay(repeat(FINE), repeat(0), late=2), asked(data, tmp_path / "out", workers="3", cpus_per_worker=2.0))
    said = [record.getMessage() for record in caplog.records if record.getMessage().startswith("waiting")]
    assert said[0].startswith("waiting for 3 of 3 workers: each asks for 2 CPU and 0 GPU, and all of the cluster has 2")


def test_a_piece_that_kills_three_workers_becomes_rows_of_failures(data: Path, tmp_path: Path):
    fates = iter([FINE, BEFORE, FINE, BEFORE, FINE, BEFORE])
    run = with_ray(FakeRay(fates, repeat(0)), asked(data, tmp_path / "out", workers="1", limit=1))
    (failure,) = run.failures
    assert failure.stage == "worker" and "3 that died" in str(failure.error)
    assert runs.open(tmp_path / "out").failures["error"].to_pylist() == ["WorkerDied"]


def test_workers_that_die_before_they_do_anything_end_the_run(data: Path, tmp_path: Path):
    with pytest.raises(ClusterError, match="one after another"):
        with_ray(FakeRay(repeat(BEFORE), repeat(0)), asked(data, tmp_path / "out", workers="2"))


def test_a_node_with_other_weights_or_without_data_says_so_by_its_name(data: Path, tmp_path: Path):
    experiment = asked(data, tmp_path / "out")
    with pytest.raises(MissingData, match=f"the weights x = 12ab on the node {platform.node()}"):
        Worker(experiment, {"the weights x": "12ab"}, 1).ready()
    with pytest.raises(MissingData, match=f"on the node {platform.node()}"):
        Worker(replace(experiment, dataset=str(data / "nowhere")), {}, 1).ready()


def test_a_node_with_other_files_says_so_by_its_name(data: Path, tmp_path: Path):
    experiment = asked(data, tmp_path / "out")
    ray = FakeRay(iter(()), repeat(0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ray_engine.RayEngine, "_arguments", lambda self: (altered(experiment, tmp_path), {}, 1))
        with pytest.raises(MissingData, match=f"on the node {platform.node()}; got other files"):
            with_ray(ray, experiment)


def altered(experiment: Experiment, folder: Path) -> Experiment:
    other = folder / "data"
    other.mkdir()
    for path in plan(experiment).dataset.items:
        for file in path.paths:
            (other / file.name).write_bytes(file.read_bytes())
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(other / "still0.png")
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(other / "still1.png")
    write_video(other / "film.mkv", [40 * i for i in range(5)], "mpeg4")
    return replace(experiment, dataset=str(other))


@pytest.mark.parametrize("text", ["0", "3..2", "two", "1..", "-1"])
def test_workers_are_n_or_a_range(text: str, data: Path, tmp_path: Path):
    with pytest.raises(InvalidValue, match=r"N or MIN\.\.MAX"):
        Workers.of(asked(data, tmp_path, workers=text))


def test_an_engine_that_nobody_knows_and_one_without_a_folder_are_refused(data: Path, tmp_path: Path):
    with pytest.raises(UnknownName, match="line, ray"):
        asked(data, tmp_path, engine="spark")
    with pytest.raises(InvalidValue, match="out=None"):
        replace(asked(data, tmp_path), engine="ray", out=None)


def test_workers_that_began_for_a_run_that_cannot_be_planned_end(data: Path, tmp_path: Path):
    ray = FakeRay(iter(()), repeat(0))
    with pytest.raises(MissingData):
        with_ray(ray, asked(data / "nowhere", tmp_path / "out", workers="3"), is_early=True)
    assert ray.alive == 0


def test_a_run_that_is_left_early_ends_its_workers_and_leaves_nothing_that_nobody_names(data: Path, tmp_path: Path):
    ray = FakeRay(iter(()), repeat(0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ray_engine, "cluster", ray.cluster)
        with pytest.raises(TooManyFailures):
            list(Run(asked(broken(data, tmp_path), tmp_path / "out", engine="ray", max_failures=0, workers="2")))
    assert ray.alive == 0
    assert runs.verify(tmp_path / "out") == []


def broken(data: Path, folder: Path) -> Path:
    other = folder / "broken"
    shutil.copytree(data, other)
    (other / "still0.png").write_bytes(b"no picture")
    return other
