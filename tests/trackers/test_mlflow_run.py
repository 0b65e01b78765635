"""MLflow's own client on a store in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow import MlflowClient

from ahc_stream.trackers.mlflow_run import LONGEST, MlflowRun


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # without it, only a server or a database
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"file:{tmp_path / 'store'}")
    return MlflowClient()


def record(client: MlflowClient):
    (run,) = client.search_runs(["0"])
    return run


@pytest.mark.parametrize(("is_done", "status"), [(True, "FINISHED"), (False, "FAILED")])
def test_its_client_has_parameters_points_files_and_the_end(
    client: MlflowClient, tmp_path: Path, is_done: bool, status: str
) -> None:
    tracker = MlflowRun(tmp_path / "kodak", {"codecs": "jpeg@30", "long": "x" * 20_000})
    tracker.progress({"frames": 10, "frames_per_second": 2.5})
    for place, (bpp, psnr) in enumerate([(0.25, 30.0), (0.5, 33.5)]):
        tracker.point("jpeg (subsampling=420, a:b)", place, {"bpp": bpp, "psnr": psnr})
    (tmp_path / "manifest.json").write_text("{}")
    tracker.file(tmp_path / "manifest.json")
    tracker.close(is_done)
    run = record(client)
    assert run.info.run_name == "kodak" and run.info.status == status
    assert run.data.params == {"codecs": "jpeg@30", "long": "x" * LONGEST}
    history = client.get_metric_history(run.info.run_id, "jpeg _subsampling_420_ a_b_/psnr")
    assert [(each.step, each.value) for each in history] == [(0, 30.0), (1, 33.5)]
    assert run.data.metrics["progress/frames_per_second"] == 2.5
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["manifest.json"]
