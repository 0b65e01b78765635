"""What a GPU confirms of this tree, within ten minutes: correctness, then every benchmark, each on its own.

    python tools/gpu_check.py [--wheels FOLDER] [--minutes 10]

It needs no network: a Python with torch is at hand, and packages that it lacks are taken from a folder of wheels. The
extension is built here, into build/gpu-check; nothing is installed into the Python. It ends with
benchmarks/results/gpu-check.json and .md, and with what is not confirmed yet. Standard library only. With
`--device cpu` it does the same on a CPU, to try the way.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "gpu-check"
RESULTS = ROOT / "benchmarks" / "results"
KERNEL_TESTS = (
    "tests/metrics/test_quality_cuda.py",
    "tests/kernels/test_gpu_kernels.py",
    "tests/kernels/test_warp.py",
)
"""They are compiled where there is a GPU and interpreted elsewhere, so they have no mark."""
BENCHES = ("kernels", "entropy", "codecs", "decode", "tasks", "line")
SECONDS = {"build": 240, "correctness": 180, "kernels": 90, "bench": 75}
"""The most that each step may take; all of them have the deadline as well."""
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__", ".*_cache")
NO_TESTS = {"ahc_stream", "kernels", "build"}
"""Of the tree's own folders, those that hold no tests; `tests/kernels` does."""


@dataclass
class Check:
    """What was found so far.

    steps:  each with its seconds and, where it went wrong, the end of what it said.
    tests:  name -> "passed", "failed" or "skipped: why".
    rows:   of the benchmarks, as `ahc-stream bench --json` prints them.
    """

    device: str
    deadline: float
    facts: dict[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    tests: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def run(
        self, name: str, words: list[str], most: float, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str] | None:
        """The finished process of a step; None where it ran out of time. It is noted either way."""
        began, left = time.monotonic(), self.deadline - time.monotonic()
        try:
            done = subprocess.run(
                words,
                cwd=cwd or WORK,
                env=environment(self.device),
                capture_output=True,
                text=True,
                timeout=max(1, min(most, left)),
            )
        except subprocess.TimeoutExpired as error:
            self._note(name, began, "ran out of time", _text(error.stdout)[-2000:])
            return None
        said = "" if done.returncode == 0 else (done.stdout + done.stderr)[-2000:]
        self._note(name, began, f"exit {done.returncode}", said)
        return done

    def _note(self, name: str, began: float, outcome: str, said: str) -> None:
        step = {"name": name, "seconds": round(time.monotonic() - began, 1), "outcome": outcome, "said": said}
        self.steps.append(step)
        print(f"{name}: {outcome}, {step['seconds']} s", flush=True)
        self.write()

    def write(self) -> None:
        """All of it, after each step: what ends early leaves what was found."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        text = json.dumps({name: getattr(self, name) for name in ("facts", "steps", "tests", "rows")}, indent=1)
        (RESULTS / "gpu-check.json").write_text(text + "\n")
        (RESULTS / "gpu-check.md").write_text("\n".join(page(self)) + "\n")


def environment(device: str) -> dict[str, str]:
    """Of every step: what was built here comes first, and a test that needs a GPU does not skip."""
    paths = [str(WORK / "site"), os.environ.get("PYTHONPATH", "")]
    required = {"AHC_STREAM_REQUIRE_CUDA": "1"} if device == "cuda" else {}
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)} | required


def build(check: Check, wheels: Path | None) -> bool:
    """The package and what it lacks, in WORK/site; the tests in WORK/tree, away from the sources, which have no
    extension. It is built from a copy: other builds of the checkout go on beside it."""
    shutil.rmtree(WORK, ignore_errors=True)
    (WORK / "site").mkdir(parents=True)
    shutil.copytree(ROOT, WORK / "source", symlinks=True, ignore=LEFT_OUT)
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--target",
        str(WORK / "site"),
    ]
    for name in lacking():
        brought = wheels and sorted(wheels.glob(f"{name.replace('-', '_')}-*.whl"))
        if brought:
            check.run(f"wheel of {name}", [*install, str(brought[-1])], SECONDS["build"])
        else:
            print(f"{name} is not here, and no wheel of it was given: what needs it is not checked")
    done = check.run("build", [*install, "--no-build-isolation", str(WORK / "source")], SECONDS["build"])
    shutil.copytree(WORK / "source", WORK / "tree", ignore=beside_the_tests)
    return done is not None and done.returncode == 0


def beside_the_tests(folder: str, names: list[str]) -> set[str]:
    """What of a folder of the source does not go into WORK/tree."""
    return NO_TESTS.intersection(names) if Path(folder) == WORK / "source" else set()


def lacking() -> Iterator[str]:
    """Packages that the project or its tests need and this Python has not; torch is expected."""
    from importlib import metadata

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    building = ("nanobind", "pathspec", "scikit-build-core")
    needed = [*building, *project["dependencies"], "pytest", "pytest-timeout", "hypothesis", "pytorch-msssim"]
    for line in needed:
        name = next(part for part in line.replace("<", ">").replace(";", ">").split(">")).strip()
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name


def describe(check: Check) -> None:
    """Hardware, versions and commit."""
    code = (
        "import json; from ahc_stream import provenance as p; import torch; "
        "print(json.dumps({'hardware': p.hardware(), 'versions': p.versions(), 'torch_cuda': torch.version.cuda}))"
    )
    done = check.run("facts", [sys.executable, "-c", code], 60)
    if done is not None and done.returncode == 0:
        check.facts |= json.loads(done.stdout.splitlines()[-1])
    head = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    check.facts["commit"] = head.stdout.strip() or None


def correctness(check: Check, chosen: list[str]) -> None:
    """The tests that are marked as of a GPU, then the kernels'."""
    for name, words in (("correctness", chosen), ("kernels", list(KERNEL_TESTS))):
        report = WORK / f"{name}.xml"
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *words]
        check.run(name, pytest, SECONDS[name], WORK / "tree")
        if report.is_file():
            check.tests |= dict(outcomes(report))
        check.write()


def outcomes(report: Path) -> Iterator[tuple[str, str]]:
    """Of a JUnit file: name of the test, and what became of it."""
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        skipped = case.find("skipped")
        if skipped is not None:
            yield name, f"skipped: {skipped.get('message', '')}"
        else:
            wrong = case.find("failure") is not None or case.find("error") is not None
            yield name, "failed" if wrong else "passed"


def benchmarks(check: Check) -> None:
    """Each in a process of its own, so that one that fails or hangs costs its own rows."""
    for name in BENCHES:
        words = [sys.executable, "-m", "ahc_stream.cli", "bench", name, "--device", check.device, "--json"]
        done = check.run(f"bench {name}", words, SECONDS["bench"])
        if done is not None:
            check.rows += [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        check.write()


def page(check: Check) -> Iterator[str]:
    """The table, in Markdown."""
    hardware = check.facts.get("hardware") or {}
    yield f"# What {hardware.get('gpu') or hardware.get('cpu') or 'this machine'} confirms"
    yield ""
    counts = {
        kind: sum(outcome.startswith(kind) for outcome in check.tests.values())
        for kind in ("passed", "failed", "skipped")
    }
    yield f"Tests: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped."
    for name, outcome in check.tests.items():
        if outcome == "failed":
            yield f"- failed: {name}"
    yield ""
    yield "| what | ours | unit | peer | ratio | goal | met |"
    yield "|---|---|---|---|---|---|---|"
    for row in check.rows:
        yield f"| {' | '.join(cells(row))} |"


def cells(row: dict[str, Any]) -> list[str]:
    """A row of the table."""
    if "lost" in row:
        return [row["lost"], "", "", row["reason"], "", "", ""]
    goals = " ".join(str(row[name]) for name in ("goal", "target") if row[name] is not None)
    met = {True: "yes", False: "no", None: ""}[row["met"]]
    peer = "" if row["peer"] is None else f"{row['peer']} {row['peer_name']}"
    ratio = "" if row["ratio"] is None else str(row["ratio"])
    return [row["name"], str(row["ours"]), row["unit"], peer, ratio, goals, met]


def unconfirmed(check: Check) -> Iterator[str]:
    """Claims of tools/gpu_claims.toml of which a test did not pass here, or which no test can hold."""
    for claim in tomllib.loads((ROOT / "tools" / "gpu_claims.toml").read_text())["claim"]:
        held = [outcome for name, outcome in check.tests.items() if name.split("::")[0] in claim["tests"]]
        if not held or any(outcome != "passed" for outcome in held):
            yield claim["text"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheels", type=Path, help="folder of wheels for what this Python lacks")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tests", nargs="*", default=["-m", "gpu", "tests"], help="what pytest gets")
    asked = parser.parse_args()
    check = Check(asked.device, time.monotonic() + 60 * asked.minutes)
    if build(check, asked.wheels):
        describe(check)
        if asked.device == "cuda" and not (check.facts.get("hardware") or {}).get("gpu"):
            print("gpu-check: torch sees no NVIDIA GPU here, nothing was checked")
            return 2
        correctness(check, asked.tests)
        benchmarks(check)
    print((RESULTS / "gpu-check.md").read_text())
    print("Not confirmed:")
    for text in unconfirmed(check):
        print(f"- {text}")
    wrong = any(step["outcome"] != "exit 0" for step in check.steps)
    return 1 if wrong else 0


def _text(said: str | bytes | None) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said or ""


if __name__ == "__main__":
    sys.exit(main())
