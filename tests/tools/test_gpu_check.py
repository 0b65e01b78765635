"""The checker of GPUs: what it reads off tests and benchmarks, and that one step that fails costs its own rows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from tests.tools.loading import TOOLS, load_tool

ROOT = TOOLS.parent
JUNIT = """<testsuites><testsuite>
<testcase classname="tests.gpu.test_contract" name="test_a[cuda]"/>
<testcase classname="tests.gpu.test_contract" name="test_b[cuda]"><failure message="no">x</failure></testcase>
<testcase classname="tests.core.test_cuda" name="test_c"><skipped message="needs an NVIDIA GPU"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    module = load_tool("gpu_check")
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(module, "WORK", tmp_path)
    return module


def test_tests_are_read_by_name(tool: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "tests.xml").write_text(JUNIT)
    assert dict(tool.outcomes(tmp_path / "tests.xml")) == {
        "tests/gpu/test_contract.py::test_a[cuda]": "passed",
        "tests/gpu/test_contract.py::test_b[cuda]": "failed",
        "tests/core/test_cuda.py::test_c": "skipped: needs an NVIDIA GPU",
    }


def test_what_no_passing_test_holds_is_unconfirmed(tool: ModuleType) -> None:
    check = tool.Check("cuda", time.monotonic() + 60)
    claims = tomllib.loads((TOOLS / "gpu_claims.toml").read_text())["claim"]
    assert list(tool.unconfirmed(check)) == [claim["text"] for claim in claims]
    held = {name for claim in claims for name in claim["tests"]}
    check.tests = {f"{name}::test": "passed" for name in held}
    assert list(tool.unconfirmed(check)) == [claim["text"] for claim in claims if not claim["tests"]]
    check.tests["tests/sources/test_nvdec.py::other"] = "failed"
    assert any("NVDEC" in text for text in tool.unconfirmed(check))


def test_the_tests_of_every_claim_are_there_and_marked() -> None:
    for claim in tomllib.loads((TOOLS / "gpu_claims.toml").read_text())["claim"]:
        for name in claim["tests"]:
            assert "gpu" in (ROOT / name).read_text().lower(), name


def test_the_tree_has_all_tests_and_no_sources(tool: ModuleType, tmp_path: Path) -> None:
    named = [
        name for claim in tomllib.loads((TOOLS / "gpu_claims.toml").read_text())["claim"] for name in claim["tests"]
    ]
    for name in (*named, *tool.KERNEL_TESTS, "kernels/arrays.py", "ahc_stream/lanes.py", "pyproject.toml"):
        file = tmp_path / "source" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    shutil.copytree(tmp_path / "source", tmp_path / "tree", ignore=tool.beside_the_tests)
    there = {f"{path.relative_to(tmp_path / 'tree')}" for path in (tmp_path / "tree").rglob("*") if path.is_file()}
    assert there == {*named, *tool.KERNEL_TESTS, "pyproject.toml"}


def test_a_benchmark_that_fails_or_hangs_costs_its_own_rows(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = {"name": "coder", "ours": 2.0, "unit": "ms", "peer": 8.0, "peer_name": "x", "ratio": 4.0, "goal": 3.0}
    row |= {"target": None, "met": True}
    said = {"entropy": f"print({json.dumps(json.dumps(row))})", "kernels": "1/0", "line": "import time; time.sleep(60)"}

    def words_of(words: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        return run([sys.executable, "-c", said.get(words[4], "pass")], **options)

    run = subprocess.run
    monkeypatch.setattr(tool.subprocess, "run", words_of)
    monkeypatch.setattr(tool, "SECONDS", {"bench": 5})
    check = tool.Check("cpu", time.monotonic() + 60)
    tool.benchmarks(check)
    assert check.rows == [row]
    outcomes = {step["name"]: step["outcome"] for step in check.steps}
    assert outcomes["bench kernels"] == "exit 1" and outcomes["bench line"] == "ran out of time"
    written = json.loads((tmp_path / "results" / "gpu-check.json").read_text())
    assert written["rows"] == [row] and "ZeroDivisionError" in written["steps"][0]["said"]
    page = (tmp_path / "results" / "gpu-check.md").read_text()
    assert "| coder | 2.0 | ms | 8.0 x | 4.0 | 3.0 | yes |" in page


def test_nothing_goes_on_behind_the_deadline(tool: ModuleType) -> None:
    check = tool.Check("cpu", time.monotonic() - 1)
    began = time.monotonic()
    assert check.run("late", [sys.executable, "-c", "import time; time.sleep(30)"], 60) is None
    assert time.monotonic() - began < 10 and check.steps[0]["outcome"] == "ran out of time"


def test_packages_that_are_here_are_not_lacking(tool: ModuleType) -> None:
    assert not {"pytest", "numpy", "torch", "compressai", "av"} & set(tool.lacking())
