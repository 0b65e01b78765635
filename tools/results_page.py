"""docs/benchmarks.md: every recorded row of the benchmarks, made from `benchmarks/results/*.jsonl`.

    python tools/results_page.py            # writes docs/benchmarks.md
    python tools/results_page.py --check    # exit status 1 where the page is not what the records make

A line of such a file is one run of one benchmark, as `benchmarks/harness.py` appends it. It is read strictly: what is
unknown, missing or of another type is an error that names file and line, and so is a ratio that its figures do not
give.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ROOT / "benchmarks"
RESULTS = BENCHMARKS / "results"
TARGET = ROOT / "docs" / "benchmarks.md"
NUMBER = (int, float)
RECORD: dict[str, type] = {"benchmark": str, "date": str, "hardware": str, "commit": str, "rows": list}
ROW: dict[str, tuple[Any, ...]] = {
    "name": (str,),
    "unit": (str,),
    "ours": NUMBER,
    "peer": (*NUMBER, type(None)),
    "peer_name": (str,),
    "ratio": (*NUMBER, type(None)),
    "goal": (*NUMBER, type(None)),
    "target": (*NUMBER, type(None)),
    "met": (bool, type(None)),
    "bound_share": (*NUMBER, type(None)),
}
ADDED_LATER = {"target": None}
"""Keys that the oldest records lack, and what they stand for there."""
TOLERANCE = 1e-3
"""Of a ratio, relative: records keep five digits."""
HEAD = """\
# Benchmarks: every recorded row

*Made by `make results-page` from [benchmarks/results](../benchmarks/results), one JSON line for each run of a
benchmark. [Performance](performance.md) says what the figures mean, and what bounds them.*

- Of the runs of one row on one machine the newest stands here; the files have the older ones.
- **ratio**: how many times better than the peer, which did the same work in turn with ours in the same run; above 1 is
  in our favour. No row was timed before both sides gave the same bytes, boxes or values.
- **of bound**: how much of what the machine could do is reached, where a bound was computed.
- Above each table: the day on which the record was made or committed; the first digits of the commit, with `+` where
  files had changed since; the hardware.
- Machines were shared with others: trust ratios, not times. What a GPU has to measure is apart ([the GPU](gpu.md)).

<!-- not run: benchmarks take minutes each, and compare times -->
```sh
make bench                                               # all of them, half an hour
.venv/bin/python benchmarks/entropy.py                   # one; it appends to benchmarks/results/entropy.jsonl
.venv/bin/python benchmarks/base.py entropy --base main  # one, in turn with another commit's code
make results-page                                        # this page again
```
"""


class BadRecord(Exception):
    """A line of a results file that is not what the harness writes; says where, and what was expected."""


@dataclass(frozen=True)
class Measured:
    """One row with what it was measured on. place: of its record, for "newest"."""

    benchmark: str
    date: str
    hardware: str
    commit: str
    row: Mapping[str, Any]
    place: int

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a newer row of replaces an older one."""
        return self.hardware, self.row["name"], self.row["unit"], self.row["peer_name"]


def records(path: Path) -> list[Measured]:
    """All rows of one file, in the file's order. Raises BadRecord."""
    rows = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{path.name}, line {number}"
        record = checked_record(line, path.stem, where)
        facts = record["benchmark"], record["date"], record["hardware"], record["commit"]
        rows += [Measured(*facts, checked_row(row, where), number) for row in record["rows"]]
    return rows


def checked_record(line: str, benchmark: str, where: str) -> dict[str, Any]:
    """The record of a line of BENCHMARK.jsonl. Raises BadRecord."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise BadRecord(f"{where}: expected one JSON object; got {error}") from None
    if not isinstance(record, dict) or record.keys() != RECORD.keys():
        raise BadRecord(f"{where}: expected the keys {', '.join(RECORD)}; got {line[:60]}")
    for key, kind in RECORD.items():
        if not isinstance(record[key], kind):
            raise BadRecord(f"{where}: expected {kind.__name__} for {key}; got {record[key]!r}")
    if record["benchmark"] != benchmark:
        raise BadRecord(f"{where}: expected the benchmark {benchmark}, as the file; got {record['benchmark']}")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", record["date"]):
        raise BadRecord(f"{where}: expected a date, YEAR-MONTH-DAY; got {record['date']!r}")
    if not re.fullmatch(r"[0-9a-f]{40}(\+changes)?", record["commit"]):
        raise BadRecord(f"{where}: expected a commit of 40 digits; got {record['commit']!r}")
    if not record["rows"]:
        raise BadRecord(f"{where}: expected rows; got none")
    return record


def checked_row(row: Any, where: str) -> dict[str, Any]:
    """A row with all of its keys. Raises BadRecord."""
    if not isinstance(row, dict) or (ADDED_LATER | row).keys() != ROW.keys():
        raise BadRecord(f"{where}: expected rows with the keys {', '.join(ROW)}; got {row!r}")
    row = ADDED_LATER | row
    for key, kinds in ROW.items():
        if not isinstance(row[key], kinds) or (isinstance(row[key], bool) and bool not in kinds):
            raise BadRecord(f"{where}: expected another type for {key} of {row['name']!r}; got {row[key]!r}")
    if min(row["ours"], row["peer"] or 1) <= 0:
        raise BadRecord(f"{where}: expected figures above 0 of {row['name']!r}; got {row['ours']} and {row['peer']}")
    if row["peer"] is None:
        stated_well = row["ratio"] is None
    else:
        ratios = row["peer"] / row["ours"], row["ours"] / row["peer"]  # seconds, or work per second
        stated_well = row["ratio"] is not None and any(
            abs(ratio - row["ratio"]) <= TOLERANCE * ratio for ratio in ratios
        )
    if not stated_well:
        raise BadRecord(f"{where}: {row['name']!r} has a ratio of {row['ratio']} that its figures do not give")
    return row


def newest(rows: Iterable[Measured]) -> list[Measured]:
    """Of each row on each machine the one measured last; the newest record first, rows of one in their order."""
    latest: dict[tuple[str, str, str, str], Measured] = {}
    for measured in rows:
        latest.pop(measured.key, None)
        latest[measured.key] = measured
    return sorted(latest.values(), key=lambda measured: -measured.place)


def section(path: Path) -> list[str]:
    """Heading, purpose, command and table of one file. Raises BadRecord."""
    name = path.stem
    program = BENCHMARKS / f"{name}.py"
    if not program.is_file():
        raise BadRecord(f"{path.name}: expected a program benchmarks/{name}.py; got none")
    lines = [f"## {name}", "", purpose(program), "", f"`.venv/bin/python benchmarks/{name}.py`", ""]
    for where, rows in groupby(newest(records(path)), key=measured_on):
        lines += [where, "", "| what | ours | peer | ratio | goal | of bound |", "|---|---|---|---|---|---|"]
        lines += [*map(table_line, rows), ""]
    return lines


def measured_on(measured: Measured) -> str:
    """Day, commit and hardware, as the line above a table."""
    commit = measured.commit[:7] + ("+" if measured.commit.endswith("+changes") else "")
    return f"**{measured.date}, commit `{commit}`, {measured.hardware}**"


def purpose(program: Path) -> str:
    """The first sentence of a program's docstring."""
    text = ast.get_docstring(ast.parse(program.read_text())) or ""
    return " ".join(text.split("\n\n")[0].split()).rstrip(":") + ("" if text.split("\n\n")[0].endswith(".") else ".")


def table_line(measured: Measured) -> str:
    row = measured.row
    peer = "" if row["peer"] is None else f"{figure(row['peer'])}, {row['peer_name']}"
    ratio = "" if row["ratio"] is None else f"{figure(row['ratio'])} x"
    share = "" if row["bound_share"] is None else f"{row['bound_share']:.0%}".replace("%", " %")
    cells = (row["name"], f"{figure(row['ours'])} {row['unit']}", peer, ratio, goal(row), share)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def goal(row: Mapping[str, Any]) -> str:
    """ "2 x, met"; of a figure itself "1.5 ms, not met"."""
    goals = [] if row["goal"] is None else [f"{row['goal']:g} x"]
    goals += [] if row["target"] is None else [f"{row['target']:g} {row['unit']}"]
    return "" if not goals else f"{' and '.join(goals)}, {'met' if row['met'] else 'not met'}"


def figure(value: float) -> str:
    """Three digits, in full."""
    if value >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:#.3g}".rstrip(".") if value >= 0.001 else f"{value:.2e}"


def page() -> str:
    """The whole page. Raises BadRecord."""
    lines = [HEAD]
    for path in sorted(RESULTS.glob("*.jsonl")):
        lines += section(path)
    return "\n".join(lines).rstrip("\n") + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; say whether the page is up to date")
    try:
        text = page()
    except BadRecord as error:
        print(f"results-page: {error}", file=sys.stderr)
        return 1
    if not parser.parse_args().check:
        TARGET.write_text(text)
    elif not TARGET.exists() or TARGET.read_text() != text:
        print("docs/benchmarks.md is not what the records make; run: make results-page", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
