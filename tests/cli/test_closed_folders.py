"""A folder that nobody but its owner may write to: one message and exit code 2, before any work."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ahc_stream.cli.compare import compare
from ahc_stream.cli.decode import decode
from ahc_stream.cli.encode import encode
from ahc_stream.cli.report import report
from ahc_stream.cli.run import run
from ahc_stream.core import writable
from ahc_stream.core.errors import DiskError, StorageError
from ahc_stream.core.writable import check_writable
from tests.cli.conftest import Cli
from tests.pictures import write_pictures

NOBODY = 65534


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that may be looked into and not written to. A test that root runs is nobody's for as long."""
    folder = Path(tempfile.mkdtemp())
    write_pictures(folder / "in", 2)
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    yield folder
    if is_root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["", "new", "new/deep/er"])
def test_the_folder_that_is_there_decides(closed: Path, name: str) -> None:
    with pytest.raises(StorageError) as refusal:
        check_writable(closed / name)
    assert type(refusal.value) is StorageError
    assert refusal.value.expected == "a folder that can be written" and refusal.value.todo == "choose another --out"
    assert refusal.value.got == f"{closed / name}: Permission denied"


def test_a_folder_that_takes_files_keeps_none(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    check_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_and_a_full_disk_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Not a directory"):
        check_writable(tmp_path / "file" / "x")

    def full(dir: Path) -> None:  # the name that the caller uses
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writable.tempfile, "TemporaryFile", full)
    with pytest.raises(DiskError, match="a full disk"):
        check_writable(tmp_path)


CALLS: dict[str, Callable[[Path], Any]] = {
    "run": lambda folder: run(str(folder / "in"), ["jpeg@50"], folder / "out", metric=["psnr"], no_task=True),
    "run --profile": lambda folder: run(str(folder / "in"), ["jpeg@50"], folder / "out", no_task=True, profile_items=1),
    "encode": lambda folder: encode(str(folder / "in"), folder / "deep" / "x.ahc", "jpeg@50"),
    "decode": lambda folder: decode(folder / "x.ahc", folder / "y.mkv"),
    "report": lambda folder: report(folder / "run"),
    "report --figures": lambda folder: report(folder / "run", html=False, figures=folder / "figures"),
    "compare": lambda folder: compare([folder / "run", folder / "other"], out=folder / "page"),
}


@pytest.mark.parametrize("command", CALLS)
def test_every_command_asks_before_its_work(
    closed: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ahc_stream import sources

    def worked(*_: object, **__: object) -> None:
        raise AssertionError("it has begun")

    monkeypatch.setattr(sources, "opened", worked)
    monkeypatch.setattr("ahc_stream.plan.look_for", worked)
    with pytest.raises(
        StorageError, match=r"expected a folder that can be written; got .*: Permission denied\. "
    ) as refusal:
        CALLS[command](closed)
    assert type(refusal.value) is StorageError and capsys.readouterr().out == ""


def test_it_is_exit_code_2_and_one_line(cli: Cli, tmp_path: Path) -> None:
    """The kernel's own folder takes files from nobody, root included."""
    write_pictures(tmp_path / "in", 1)
    done = cli("run", "in", "-c", "jpeg@50", "--no-task", "--out", "/proc/sys/kernel/out")
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert "StorageError: expected a folder that can be written; got /proc/sys/kernel/out: " in done.stderr
