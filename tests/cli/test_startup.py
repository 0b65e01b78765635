"""Commands that look things up answer at once: each loads what it needs, and no heavy library beside."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tests.report.runs import CURVES, ORIGINAL, write_run

HEAVY = (
    "torch", "numba", "triton", "matplotlib", "scipy.stats", "av", "cv2", "compressai", "imagecodecs", "onnxruntime",
    "torchvision", "ultralytics", "requests", "scipy",
)  # fmt: skip
"""Each takes from a tenth of a second to two."""
PROGRAM = f"""
import sys
from ahc_stream.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", [name for name in {HEAVY} if name in sys.modules])
"""


def loaded_by(*words: str | Path) -> tuple[str, str]:
    """What a command printed, and which of the libraries above its process had loaded at the end."""
    command = [sys.executable, "-c", PROGRAM, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed, _, libraries = done.stdout.rpartition("loaded: ")
    return printed, libraries.strip()


@pytest.mark.parametrize(
    ("words", "shows"),
    [
        ("--help", "Commands:"),
        ("--version", metadata.version("ahc-stream")),
        ("run --help", "--codec"),
        ("report --help", "--resamples"),
        ("list", "ssf2020"),
        ("list codecs", "h264"),
        ("list metrics", "psnr"),
        ("list tasks", "detection"),
        ("list sources", "pyav"),
        ("list datasets", "kodak"),
        ("data list", "kodak"),
        ("weights list", "yolov5n"),
    ],
)
def test_what_lists_names_loads_no_library(words: str, shows: str) -> None:
    printed, libraries = loaded_by(*words.split())
    assert shows in printed and libraries == "[]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("runs") / "one", (ORIGINAL, *CURVES[:4]))


def test_a_folder_is_verified_without_any(folder: Path) -> None:
    assert loaded_by("verify", folder)[1] == "[]"


@pytest.mark.parametrize("words", [("report", "--no-html"), ("report", "--json")])
def test_a_report_without_intervals_loads_no_statistics(folder: Path, words: tuple[str, ...]) -> None:
    command, option = words
    assert loaded_by(command, folder, option)[1] == "[]"


def test_a_report_loads_special_functions_and_nothing_that_decodes_or_computes_on_frames(folder: Path) -> None:
    printed, libraries = loaded_by("report", folder)
    assert "page:" in printed and libraries == "['scipy']"


def test_a_comparison_loads_what_deltas_ask_for(folder: Path, tmp_path: Path) -> None:
    """The package bjontegaard imports matplotlib itself."""
    other = write_run(tmp_path / "other", (ORIGINAL, *CURVES[:4]))
    assert loaded_by("compare", folder, other)[1] == "['matplotlib', 'scipy']"


def test_a_doctor_says_what_needs_no_torch_before_it_loads_it() -> None:
    program = "from ahc_stream.cli import doctor\nimport sys\nfor check in list(doctor.CHECKS)[:4]:\n"
    program += "    list(doctor.CHECKS[check]())\nassert 'torch' not in sys.modules, 'torch'"
    subprocess.run([sys.executable, "-c", program], check=True)
