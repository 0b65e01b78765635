"""How much a command says: -q, -v and --log, in front of it and behind it."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from ahc_stream.cli import logs
from ahc_stream.core.errors import InvalidValue, StorageError
from tests.pictures import write_pictures

STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (INFO|WARNING|DEBUG|ERROR) ahc_stream\.[a-z.]+: ")


@pytest.fixture
def words(tmp_path: Path) -> list[object]:
    """A run of three pictures, of which one is broken: a failure is a warning."""
    folder = write_pictures(tmp_path / "pictures", 3)
    (folder / "001.png").write_bytes((folder / "001.png").read_bytes()[:200])
    return ["run", folder, "-c", "jpeg@50", "--metric", "psnr", "--device", "cpu"]


def test_quiet_leaves_results_and_errors_and_verbose_tells_what_goes_on(cli, words: list[object]) -> None:
    plain = cli(*words, "--out", "plain")
    assert "1 operating point" in plain.stderr and "WARNING " in plain.stderr and "INFO " not in plain.stderr
    for name, front, behind in (("front", ["-q"], []), ("behind", [], ["--quiet"])):
        quiet = cli(*front, *words, "--out", name, *behind)
        assert quiet.returncode == 3 and quiet.stderr == "" and "1 of 3 items failed" in quiet.stdout
    told = cli(*words, "--out", "told", "-v")
    assert "INFO start 1 in told" in told.stderr and "INFO pictures/000 at jpeg@50" in told.stderr
    assert "DEBUG " not in told.stderr
    detailed = cli("-v", *words, "--out", "detailed", "-v")
    assert "DEBUG pictures/000 at jpeg@50:coding=baseline:qtable=none:subsampling=420: rows of " in detailed.stderr
    assert cli("-vv", *words, "--out", "detail").stderr.count("DEBUG ") == detailed.stderr.count("DEBUG ")


def test_quiet_does_not_silence_an_error(cli) -> None:
    done = cli("-q", "run", "kodac", "-c", "jpeg@5")
    assert done.returncode == 2 and "Did you mean 'kodak'" in done.stderr


def test_a_log_holds_everything_with_times_and_grows(cli, words: list[object], tmp_path: Path) -> None:
    log = tmp_path / "logs" / "all.log"
    quiet = cli("--log", log, "-q", *words, "--out", "one")
    assert quiet.stderr == ""
    first = log.read_text()
    for text in ("INFO ahc_stream.command: began: ", "1 operating point", "DEBUG ahc_stream.running: pictures/000",
                 "WARNING ahc_stream.running: ", "1 of 3 items failed", "ended with exit code 3 after "):  # fmt: skip
        assert text in first, text
    assert all(STAMP.match(line) for line in first.splitlines() if " ahc_stream." in line[:60])
    assert cli("run", "kodac", "-c", "jpeg@5", "--log", log).returncode == 2
    second = log.read_text()
    assert second.startswith(first) and re.search(r"ERROR .*: ended after .* s: UnknownName: .*'kodac'", second)


def test_both_at_once_and_a_folder_as_file_are_refused(cli, tmp_path: Path) -> None:
    both = cli("-q", "list", "metrics", "-v")
    assert both.returncode == 2 and "--quiet or --verbose" in both.stderr and not both.stdout
    folder = cli("--log", tmp_path, "list", "metrics")
    assert folder.returncode == 2 and str(tmp_path) in folder.stderr and not folder.stdout


def test_it_leaves_the_loggers_of_a_process_as_they_were(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, ours = logging.getLogger(), logging.getLogger("ahc_stream")
    before = root.level, ours.level, list(root.handlers)
    with logs.said(logs.Loudness(verbose=1, file=tmp_path / "x.log")):
        ours.info("heard")
        logging.getLogger("a.library").debug("not heard")
        assert not logs.is_quiet()
    with logs.said(logs.Loudness(quiet=True)):
        ours.warning("not heard")
        assert logs.is_quiet()
    assert (root.level, ours.level, list(root.handlers)) == before and not logs.is_quiet()
    assert capsys.readouterr().err == "INFO heard\n"
    assert "heard" in (tmp_path / "x.log").read_text() and "a.library" not in (tmp_path / "x.log").read_text()
    with pytest.raises(InvalidValue), logs.said(logs.Loudness(True, 1)):
        pass
    with pytest.raises(StorageError), logs.said(logs.Loudness(file=tmp_path)):
        pass
    assert (root.level, ours.level, list(root.handlers)) == before
