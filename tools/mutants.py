"""Judges the tests: draws small changes of the package's modules, and names those that the mirroring tests let pass.

    tools/mutants.py core line runs --count 60 --seed 1

A change of `ahc_stream/runs/keys.py` is tried by `tests/runs/test_keys.py`, where that exists, and then by all of
`tests/runs`. No file is touched: the process that tests loads the module with the change.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools" / "mutation"))
from changes import Change, changes  # noqa: E402 - found by the line above


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    path: Path
    number: int
    change: Change

    @property
    def module(self) -> str:
        """Its name, as it is imported."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(part for part in parts if part != "__init__")

    @property
    def tests(self) -> list[list[str]]:
        """The tests that mirror the module: the nearest first, then the folder's."""
        folder = Path("tests", *self.path.relative_to(ROOT / "ahc_stream").parent.parts)
        nearest = folder / f"test_{self.path.stem}.py"
        while not (ROOT / folder).is_dir() or folder == Path("tests"):
            folder = folder.parent
            if folder == Path():
                return [[f"tests/test_{self.path.stem}.py"]]
        files = [[str(nearest)]] if (ROOT / nearest).is_file() else []
        return [*files, [str(folder)]]

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.change.line}: {self.change.what}"


def drawn(units: list[str], count: int, seed: int) -> list[Mutant]:
    """So many changes of these units, each unit's share by how much there is to change."""
    every = [mutant for unit in units for path in files(unit) for mutant in of_file(path)]
    return random.Random(seed).sample(every, min(count, len(every)))


def files(unit: str) -> Iterator[Path]:
    """The modules of a folder or file under `ahc_stream`."""
    path = ROOT / "ahc_stream" / unit
    yield from sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def of_file(path: Path) -> list[Mutant]:
    """All mutants of a file."""
    return [Mutant(path, number, change) for number, change in enumerate(changes(path.read_text()))]


def is_caught(mutant: Mutant, timeout: float) -> bool:
    """Whether a test fails, or hangs, with that change."""
    return any(fails(tests, f"{mutant.module}:{mutant.number}", timeout) for tests in mutant.tests)


def fails(tests: list[str], mutant: str, timeout: float) -> bool:
    """Whether these tests fail in a process of their own."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"MUTANT": mutant, "PYTHONPATH": str(ROOT / "tools" / "mutation" / "site")}
    try:
        process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return True
    return process.returncode not in (0, 5)  # 5: no test was collected


def main() -> None:
    """Prints each mutant that passed, and the share that was caught."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("units", nargs="+", help="Folders or files under ahc_stream, such as core or tasks/ocr/score.")
    parser.add_argument("--count", type=int, default=40, help="How many changes are drawn.")
    parser.add_argument("--seed", type=int, default=0, help="Which changes are drawn.")
    parser.add_argument("--timeout", type=float, default=600, help="Seconds after which tests count as failed.")
    asked = parser.parse_args()
    mutants = drawn(asked.units, asked.count, asked.seed)
    for tests in sorted({tuple(tests) for mutant in mutants for tests in mutant.tests}):
        if fails(list(tests), "", asked.timeout):
            sys.exit(f"{' '.join(tests)} fails without any change: mend that first")
    caught = 0
    for mutant in mutants:
        began = time.monotonic()
        if is_caught(mutant, asked.timeout):
            caught += 1
        else:
            print(f"passed  {mutant}  ({time.monotonic() - began:.0f} s)", flush=True)
    print(f"{caught} of {len(mutants)} caught ({caught / len(mutants):.0%})")


if __name__ == "__main__":
    main()
