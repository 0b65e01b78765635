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
PROGRAM = """
import sys
from ahc_stream.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", [name for name in NAMES if name in sys.modules])
"""


def loaded_by(*words: str | Path, also: tuple[str, ...] = ()) -> tuple[str, str]:
    """What a command printed, and which of the libraries above, and of some more, its process had loaded at the end."""
    command = [sys.executable, "-c", PROGRAM.replace("NAMES", repr((*HEAVY, *also))), *map(str, words)]
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
        ("measure --help", "--metric"),
        ("score --help", "detection"),
        ("score tracking --help", "--predictions"),
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


def test_listing_a_package_loads_none_of_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module would load torch, and fail."""
    (tmp_path / "heavy_plugin.py").write_text("import torch\nraise RuntimeError\n")
    info = tmp_path / "heavy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: heavy\nVersion: 1.0\n")
    groups = [f"[ahc_stream.{kind}]\nheavy = heavy_plugin:x\n" for kind in ("codecs", "tasks", "metrics", "datasets")]
    (info / "entry_points.txt").write_text("\n".join(groups))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    printed, libraries = loaded_by("list")
    assert printed.count("from heavy 1.0") == 4 and libraries == "[]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("runs") / "one", (ORIGINAL, *CURVES[:4]))


def test_a_folder_is_verified_without_any(folder: Path) -> None:
    assert loaded_by("verify", folder)[1] == "[]"


@pytest.mark.parametrize("options", [("--no-html", "--resamples=0"), ("--json",)])
def test_a_report_without_intervals_loads_no_statistics(folder: Path, options: tuple[str, ...]) -> None:
    assert loaded_by("report", folder, *options)[1] == "[]"


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
