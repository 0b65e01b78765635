"""Real processes of the command line, in an empty home without network."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import warm

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a process sees: no data, no weights but the package's own, no connection, lines of 100 columns."""
    home = tmp_path_factory.mktemp("home")
    variables = {"AHC_STREAM_HOME": str(home), "AHC_STREAM_OFFLINE": "1", "AHC_STREAM_PATH": "", "COLUMNS": "100"}
    return os.environ | variables


@pytest.fixture
def cli(tmp_path: Path, environment: dict[str, str]) -> Cli:
    """Runs `ahc-stream WORDS` and returns the finished process."""

    def call(*words: str | Path, **streams: object) -> subprocess.CompletedProcess[str]:
        command = [*warm.command(), *map(str, words)]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
        return subprocess.run(command, text=True, env=environment, cwd=tmp_path, check=False, **streams)

    return call
