"""The code that a run names is imported before its lanes begin: two that were in one another's imports have ended in a
KeyError of importlib."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pictures import write_pictures

PROGRAM = """
import sys, threading

class Spy:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is not threading.main_thread() and name.startswith(PARTS):
            late.append(name)

PARTS, late = ("ahc_stream.codecs", "ahc_stream.tasks"), []
sys.meta_path.insert(0, Spy())
import ahc_stream

folder, codecs, tasks = sys.argv[1:]
experiment = ahc_stream.Experiment(folder, codecs=codecs.split(), tasks=tasks.split(), lanes=2, device="cpu")
assert list(ahc_stream.run(experiment))
assert not late, late
"""


@pytest.mark.parametrize(
    ("codecs", "tasks"),
    [
        ("jpeg@50 jpeg2000@32", ""),
        ("h264@30", "edges:detector=canny"),
        ("mbt2018-mean-lite@1", ""),
        ("ssf2020-lite@1", ""),
    ],
)
def test_no_lane_imports_code_of_codecs_and_tasks(codecs: str, tasks: str, tmp_path: Path):
    folder = write_pictures(tmp_path / "pictures", 2)
    subprocess.run([sys.executable, "-c", PROGRAM, str(folder), codecs, tasks], check=True, timeout=120)
