"""A benchmark's times of this tree beside those of another commit, in turn.

    python benchmarks/base.py line --base main                     # the branch, a tag, HEAD~3
    python benchmarks/base.py line --base main -- --only stills    # what follows -- goes to the benchmark
    python benchmarks/base.py entropy --base HEAD --repeat 5       # nothing has changed: what the machine's noise is

The commit gets a worktree, build/base/COMMIT, and in it an environment of its own, by its own `make setup`; both stay
for the next time (`git worktree remove build/base/COMMIT` deletes them). Then the benchmark of *this* tree runs against
both packages, so that the same work is timed: two processes, of which only one computes at a time. They alternate after
each round of each timing, and all of it is repeated.

A ratio above 1 says that this tree is faster. Its spread is the lowest and the highest of the repetitions; where 1 lies
within, nothing has been shown. The peers are timed on both sides too, and must not differ: their ratio is the noise.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from turns import play, started

BENCHMARKS = Path(__file__).resolve().parent
ROOT = BENCHMARKS.parent
TREES = ROOT / "build" / "base"
LAST_LINES = 15
FIGURES = ("ours", "peer")


class Refused(Exception):
    """Why nothing is compared, and what to do."""


@dataclass(frozen=True)
class Tree:
    """A checkout, the Python of its environment, and what it is called here."""

    folder: Path
    python: Path
    name: str


def revision(name: str) -> str:
    """The commit that a branch, tag or expression names. Raises Refused."""
    done = git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if done.returncode:
        raise Refused(f"expected a commit; got {name!r}, which git does not know here. `git fetch` may bring it")
    return done.stdout.strip()


def git(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False)


def tree_of(commit: str) -> Tree:
    """The worktree of a commit, set up. Raises Refused, with the last lines of what failed."""
    folder = TREES / commit
    if not (folder / ".git").exists():
        git("worktree", "prune")
        check(git("worktree", "add", "--detach", folder, commit), "git worktree add")
    found = subprocess.run(["git", "-C", folder, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if found.stdout.strip() != commit:
        raise Refused(f"expected {commit[:9]} in {folder}; got {found.stdout.strip()[:9] or 'no checkout'}: delete it")
    print(f"setting up {commit[:9]} in {folder} (minutes the first time)", flush=True)
    setup = subprocess.run(
        ["make", "-C", folder, "setup"], env=without_make(), capture_output=True, text=True, check=False
    )
    check(setup, f"make setup of {commit[:9]}")
    return Tree(folder, folder / ".venv" / "bin" / "python", commit[:9])


def without_make() -> dict[str, str]:
    """The environment, without what a `make` around us says to the one that we call."""
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}


def check(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-LAST_LINES:])
        raise Refused(f"{what} ended with {done.returncode}, so there is nothing to compare with:\n{last}")


def measured(trees: Sequence[Tree], benchmark: str, words: Sequence[str]) -> list[dict[str, Any]]:
    """The record of each tree, from processes that take turns. Raises Refused where one of them fails."""
    logs = [TREES / f"{benchmark}-{number}.log" for number in range(len(trees))]
    players = [
        started(
            [tree.python, BENCHMARKS / f"{benchmark}.py", *words],
            tree.folder,
            {"AHC_STREAM_BENCH_RECORD": "0"},
            log,
        )
        for tree, log in zip(trees, logs, strict=True)
    ]
    statuses = play(players)
    for tree, log, status in zip(trees, logs, statuses, strict=True):
        if status:
            last = "\n".join(log.read_text().splitlines()[-LAST_LINES:])
            raise Refused(
                f"benchmarks/{benchmark}.py of this tree ended with {status} on the package of {tree.name}; where that "
                f"lacks what the benchmark asks for, the two cannot be compared:\n{last}"
            )
    return [record_of(log, benchmark) for log in logs]


def record_of(log: Path, benchmark: str) -> dict[str, Any]:
    """The JSON line that ends what a benchmark prints. Raises Refused where it ends otherwise."""
    lines = log.read_text().splitlines()
    try:
        record = json.loads(lines[-1])
        return record | {"rows": list(record["rows"])}
    except (IndexError, ValueError, TypeError, KeyError):
        raise Refused(f"expected benchmarks/{benchmark}.py to end with its record; it prints none to compare") from None


@dataclass(frozen=True)
class Compared:
    """A row of both trees: seconds, or work per second, over the repetitions, the same number of each."""

    name: str
    unit: str
    here: tuple[float, ...]
    base: tuple[float, ...]
    higher_is_better: bool

    @property
    def ratios(self) -> list[float]:
        """How many times faster this tree is, for each repetition."""
        pairs = zip(self.here, self.base, strict=True)
        return [here / base if self.higher_is_better else base / here for here, base in pairs]

    @property
    def verdict(self) -> str:
        """What the spread allows to say."""
        if len(self.ratios) < 2:
            return "one repetition: no spread"
        if min(self.ratios) > 1:
            return "faster"
        return "slower" if max(self.ratios) < 1 else "no difference shown"

    def as_json(self) -> dict[str, Any]:
        ratios = self.ratios
        figures = {"ratio": statistics.median(ratios), "lowest": min(ratios), "highest": max(ratios)}
        rounded = {name: float(f"{value:.5g}") for name, value in figures.items()}
        facts = {"here": statistics.median(self.here), "base": statistics.median(self.base)}
        return {"name": self.name, "unit": self.unit, **facts, **rounded, "verdict": self.verdict}


def compared(pairs: Sequence[Sequence[Mapping[str, Any]]]) -> list[Compared]:
    """Rows of (this tree's record, the base's) of each repetition; ours first, then peers as the noise of the machine.

    Raises Refused where the two do not have the same rows.
    """
    tables = [[rows_by_name(record) for record in pair] for pair in pairs]
    names = list(tables[0][0])
    for here, base in tables:
        if here.keys() != base.keys() or list(here) != names:
            raise Refused(f"expected the same rows of both; only one has {sorted(here.keys() ^ base.keys())}")
    found = []
    for figure in FIGURES:
        for name in names:
            sides = [tuple(table[side][name][figure] for table in tables) for side in (0, 1)]
            if None not in sides[0] + sides[1]:
                row = tables[0][0][name]
                text = name if figure == "ours" else f"(peer {row['peer_name']}) {name}"
                found.append(Compared(text, row["unit"], *sides, higher_is_better(row)))
    return found


def rows_by_name(record: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Rows by what tells them apart: name, unit and peer."""
    return {f"{row['name']}, {row['unit']}, {row['peer_name']}".rstrip(", "): row for row in record["rows"]}


def higher_is_better(row: Mapping[str, Any]) -> bool:
    """Whether the row counts work per second, by its unit."""
    return str(row["unit"]).partition(" ")[0].endswith("/s")


def table(title: str, rows: Sequence[Compared]) -> Table:
    shown = Table("what", "unit", "base", "here", "ratio", "lowest", "highest", "", title=title)
    for row in rows:
        values = row.as_json()
        figures = [f"{values[name]:.4g}" for name in ("base", "here", "ratio", "lowest", "highest")]
        shown.add_row(row.name, row.unit, *figures, row.verdict)
    return shown


def compare(benchmark: str, base: str, repeat: int, words: Sequence[str]) -> None:
    """Prints the table, and the JSON line last. Raises Refused."""
    if not (BENCHMARKS / f"{benchmark}.py").is_file():
        names = sorted(path.stem for path in BENCHMARKS.glob("*.py"))
        raise Refused(f"expected a benchmark, one of {', '.join(names)}; got {benchmark!r}")
    trees = Tree(ROOT, Path(sys.executable), "this tree"), tree_of(revision(base))
    pairs = []
    for number in range(repeat):
        print(f"repetition {number + 1} of {repeat}", flush=True)
        pairs.append(measured(trees, benchmark, words))
    rows = compared(pairs)
    hardware = pairs[0][0]["hardware"]
    title = f"{benchmark}: this tree against {base} ({trees[1].name}), {repeat} repetitions in turn, {hardware}"
    Console(width=None if sys.stdout.isatty() else 170).print(table(title, rows))
    record = {"benchmark": benchmark, "base": revision(base), "commit": pairs[0][0]["commit"], "repeat": repeat}
    print(json.dumps(record | {"hardware": hardware, "rows": [row.as_json() for row in rows]}))


def main() -> int:
    own, passed_on = split(sys.argv[1:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", help="a file of benchmarks/, without .py")
    parser.add_argument("--base", required=True, help="what git calls a commit: main, v0.1.0, HEAD~3")
    parser.add_argument("--repeat", type=int, default=3, help="how often; the spread is over these")
    given = parser.parse_args(own)
    try:
        compare(given.benchmark, given.base, given.repeat, passed_on)
    except Refused as error:
        print(f"base: {error}", file=sys.stderr)
        return 2
    return 0


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our words, and those behind a "--"."""
    place = words.index("--") if "--" in words else len(words)
    return list(words[:place]), list(words[place + 1 :])


if __name__ == "__main__":
    sys.exit(main())
