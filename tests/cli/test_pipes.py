"""Readers that go away, as `head` does: that is no fault, and what a command is doing it finishes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ahc_stream import runs
from tests.cli.conftest import Cli
from tests.pictures import write_pictures

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def closed() -> Iterator[int]:
    """The writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of one picture, a copy of it, and a coded file."""
    import torch

    from ahc_stream import Experiment, codecs, datasets, run
    from ahc_stream.transcode import encode_items

    folder = tmp_path_factory.mktemp("run")
    pictures = write_pictures(folder / "pictures", 1)
    list(run(Experiment(str(pictures), ("jpeg@50",), folder / "out", metrics=("psnr",), device="cpu")))
    point = codecs.parse("jpeg@50")[0]
    encode_items(datasets.load(str(pictures)).items, point, folder / "x.ahc", torch.device("cpu"))
    shutil.copytree(folder / "out", folder / "copy")
    return {"RUN": folder / "out", "COPY": folder / "copy", "FILE": folder / "x.ahc"}


@pytest.mark.parametrize(
    "words",
    [
        ("--help",), ("run", "--help"), ("list",), ("list", "codecs"), ("doctor",), ("data", "list"),
        ("weights", "list"), ("weights", "list", "--json"), ("report", "RUN"), ("report", "RUN", "--json"),
        ("compare", "RUN", "COPY"), ("verify", "RUN"), ("inspect", "FILE"), ("inspect", "FILE", "--json"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_closed_pipe_is_exit_code_0(cli: Cli, closed: int, places: dict[str, Path], words: tuple[str, ...]) -> None:
    done = cli(*(places.get(word, word) for word in words), stdout=closed)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_run_whose_progress_nobody_reads_is_finished(cli: Cli, closed: int, tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "pictures", 2)
    done = cli("run", pictures, "-c", "jpeg@50", "--metric", "psnr", "--out", "out", stdout=closed, stderr=closed)
    assert done.returncode == 0
    assert runs.open(tmp_path / "out").frames.num_rows == 2


def test_what_is_read_is_whole_and_an_error_keeps_its_exit_code(cli: Cli, closed: int) -> None:
    assert cli("list", "sources").stdout.endswith("\n")
    assert cli("report", "nowhere", stdout=closed).returncode == 2


def test_names_that_a_terminal_cannot_show_are_written_with_escapes(cli: Cli, environment: dict[str, str]) -> None:
    """A process whose terminal knows ASCII only."""
    environment["PYTHONIOENCODING"] = "ascii"
    try:
        done = cli("report", "stra\u00dfe")
    finally:
        del environment["PYTHONIOENCODING"]
    assert done.returncode == 2 and r"stra\xdfe" in done.stderr


def test_a_command_without_any_output_works(cli: Cli, environment: dict[str, str], tmp_path: Path) -> None:
    """Standard output may be closed, as a service manager closes it."""
    import sys

    command = f"exec {sys.executable} -m ahc_stream.cli list sources >&-"
    done = subprocess.run(command, shell=True, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
