"""A run's folder on an object store: a real S3 server, and a file system of fsspec's."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from ahc_stream import runs
from ahc_stream.core.errors import InvalidValue, StorageError
from ahc_stream.experiment import Experiment
from ahc_stream.results import Results
from ahc_stream.running import Run
from ahc_stream.runs import lease, lock
from ahc_stream.store.folders import RemoteFolder, check_folder, folder_of, is_url
from tests.runs.sample_rows import frames, request, stream
from tests.store.s3 import s3_server
from tests.whole_runs import tables_of, write_video


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with s3_server() as url:
        yield url


def test_a_path_with_a_scheme_is_a_url_also_where_pathlib_took_a_slash_from_it(bucket: str) -> None:
    assert is_url(Path(f"{bucket}/out")) and not is_url("runs/out") and not is_url(Path("/runs/a:b"))
    assert folder_of(Path(f"{bucket}/out")) == folder_of(f"{bucket}/out") == folder_of(folder_of(f"{bucket}/out"))
    assert str(folder_of(Path(f"{bucket}/a/b"))) == f"{bucket}/a/b"


def test_it_answers_what_a_path_answers(bucket: str) -> None:
    folder = pickle.loads(pickle.dumps(folder_of(f"{bucket}/paths")))
    assert not folder.exists() and list(folder.iterdir()) == [] and list(folder.glob("*.json")) == []
    (folder / "part" / "a.json").write_bytes(b"12")
    assert [path.name for path in folder.iterdir()] == ["part"] and (folder / "part").is_dir()
    assert [path.name for path in folder.glob("part/*.json")] == ["a.json"] and list(folder.glob("part/*.txt")) == []
    file = folder / "part" / "a.json"
    assert file.is_file() and file.read_bytes() == b"12" and file.stat().st_size == 2
    assert abs(file.stat().modified - time.time()) < 60
    file.unlink()
    file.unlink(missing_ok=True)
    for act in (file.unlink, file.read_bytes, file.stat):
        with pytest.raises(FileNotFoundError):
            act()


def test_what_no_store_is_and_what_tells_a_password_is_refused() -> None:
    with pytest.raises(StorageError, match="an object store at nothing://"):
        folder_of("nothing://somewhere/out")
    with pytest.raises(InvalidValue, match="without a password") as error:
        folder_of("s3://key:secret@bucket/out")
    assert "secret" not in str(error.value)


def test_a_bucket_that_is_not_there_is_told_before_any_work(bucket: str) -> None:
    check_folder(folder_of(f"{bucket}/new"))
    with pytest.raises(StorageError, match="can be written"):
        check_folder(folder_of("s3://nobodys-bucket/new"))


def test_one_at_a_time_holds_the_folder(bucket: str) -> None:
    folder, inside, most = folder_of(f"{bucket}/locked"), 0, 0

    def hold() -> None:
        nonlocal inside, most
        for _ in range(3):
            with lock.folder_lock(folder):
                inside += 1
                most = max(most, inside)
                time.sleep(0.01)
                inside -= 1

    threads = [threading.Thread(target=hold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1 and list((folder / lease.CLAIMS).iterdir()) == []


def test_a_start_that_was_killed_is_known_by_its_silence(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of times of the store's clock, which S3 tells in whole seconds."""
    monkeypatch.setattr(lease, "LEASE_SECONDS", 3.0)
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.5)
    folder = folder_of(f"{bucket}/silent")
    alive = lock.StartLock(folder, 1)
    (folder / ".start-2.lock").write_bytes(b"")  # as a kill leaves it
    (folder / lease.CLAIMS / "dead").write_bytes(b"")
    assert lock.running(folder) == {1, 2}
    time.sleep(4.5)
    assert lock.running(folder) == {1} and lock.numbers(folder) == {1, 2}
    with lock.folder_lock(folder):  # the claim of one that was killed is taken away
        pass
    alive.release()
    assert lock.running(folder) == set() and lock.numbers(folder) == {2}


@pytest.mark.parametrize("place", ["s3", "fsspec+memory://"])
def test_a_folder_there_is_begun_continued_read_verified_repaired_and_compacted(place: str, bucket: str) -> None:
    out = f"{bucket}/run" if place == "s3" else f"{place}/run"
    for items in ("ab", "c"):
        with runs.begin(out, request(items), flush_seconds=0.0) as start:
            for item in items:
                start.add(frames(item, range(5)))
                start.add(stream(item, 5))
    run = runs.open(out)
    assert run.is_whole and run.frames.num_rows == 15 and isinstance(run.folder, RemoteFolder)
    assert runs.verify(out) == [] and runs.repair(out) == []
    assert runs.compact(out).endswith("of 2")
    assert runs.open(out).frames == run.frames and runs.overview(out).done == 3
    part = next((folder_of(out) / "frames").iterdir())
    part.write_bytes(b"x")
    assert "bytes instead of" in runs.verify(out)[0]
    assert len(runs.repair(out)) >= 1 and runs.verify(out) != []


def test_a_run_there_has_the_rows_of_a_local_one_and_its_page(bucket: str, tmp_path: Path) -> None:
    write_video(tmp_path / "film.mkv", [40 * i for i in range(5)], "mpeg4")
    experiment = Experiment(
        str(tmp_path / "film.mkv"), ("jpeg@40",), tmp_path / "out", tasks=(), metrics=("psnr",), save_recon=True
    )
    there = Path(f"{bucket}/whole")
    for each in (experiment, replace(experiment, out=there)):
        for _ in Run(each):
            pass
    local, remote = tables_of(tmp_path / "out"), tables_of(there)
    for name, rows in local.items():
        pd.testing.assert_frame_equal(remote[name], rows, check_exact=True)
    page = Results(there).report()
    assert str(page) == f"{bucket}/whole/report/index.html" and b"film" in page.read_bytes()
    assert len(list((folder_of(there) / "recon").iterdir())) == 2
