"""A real Ray on this machine: the tables of one process, whoever is killed. Ray itself is started once for all of it.

`python -m tests.engines.ray_runs FOLDER 50` kills drivers and raylets, too: each of these takes a Ray of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import ray

from ahc_stream.cli.run_messages import as_json_text, conclusion
from ahc_stream.engines.ray_actors import begun_early
from ahc_stream.engines.ray_cluster import NAMESPACE, local_settings
from ahc_stream.engines.workers import Workers
from ahc_stream.running import Run
from tests.engines.ray_runs import asked, check, end_one
from tests.store.s3 import s3_server
from tests.whole_runs import finish, make_dataset, tables_of

QUICK = ("h264@30:gop=8", "jpeg@40")
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture(scope="module")
def local_ray(bucket: str) -> Iterator[None]:
    """A Ray of four processors by name, whose workers know the server of the bucket, and none of its processes behind
    it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        before = psutil.Process().children(recursive=True)  # of other tests: multiprocessing has a tracker
        ray.init("local", namespace=NAMESPACE, log_to_driver=False, **local_settings(4))
        yield
        processes = [each for each in psutil.Process().children(recursive=True) if each not in before]
        ray.shutdown()
        _, alive = psutil.wait_procs(processes, timeout=60)
        assert not alive


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("ray") / "data")


def test_with_two_workers_of_which_one_is_killed_the_tables_are_those_of_one_process_also_on_an_object_store(
    local_ray: None, bucket: str, data: Path, tmp_path: Path
):
    out = Path(f"{bucket}/out")
    experiment = asked(data, out, QUICK, engine="ray", workers="2")
    is_killed = False
    with begun_early(None, Workers.of(experiment)) as actors:
        run = Run(experiment, actors)
        for _ in run:
            is_killed = is_killed or end_one(psutil.Process().children(recursive=True), "worker")
    assert is_killed
    finish(asked(data, tmp_path / "calm", QUICK))
    check(out, tables_of(tmp_path / "calm"))
    assert [failure.item for failure in run.failures] == ["still5"]
    told = json.loads(as_json_text(run, 1, 1.0)[0])
    assert {"worker", "node", "frames_per_second", "bottleneck"} <= told["workers"][0].keys()
    assert told["pieces_left"] == 0
    assert any("frames/s, bottleneck" in line and "worker" in line for line in conclusion(run, 1, 1.0))


def test_nothing_of_ray_is_imported_without_its_engine(data: Path, tmp_path: Path):
    program = (
        "import sys; from pathlib import Path; from tests.whole_runs import experiment, finish\n"
        f"finish(experiment(Path({str(data)!r}), Path({str(tmp_path / 'out')!r}), ('jpeg@40',), limit=1))\n"
        "import ahc_stream.cli; assert 'ray' not in sys.modules and 'boto3' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env=os.environ | {"PYTHONPATH": str(Path.cwd())})


def test_without_ray_the_error_has_the_install_line(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from ahc_stream.core.errors import MissingExtra

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'ahc-stream\[ray\]'"):
        list(Run(asked(data, tmp_path / "out", engine="ray")))
