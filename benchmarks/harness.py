"""What every benchmark shares: refusing to time what is wrong, medians in alternation, the table, the JSON line."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ahc_stream.provenance import commit, hardware_text

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Row:
    """One line of a benchmark: a figure of ours and a peer's, for the same work in the same run.

    goal:         the ratio to reach, None where there is none. A ratio above 1 is in our favour.
    bound_share:  how much of what is possible we reach, 0..1, None where no bound was computed.
    """

    name: str
    unit: str
    ours: float
    peer: float
    peer_name: str
    goal: float | None = None
    bound_share: float | None = None
    higher_is_better: bool = False

    @property
    def ratio(self) -> float:
        return self.ours / self.peer if self.higher_is_better else self.peer / self.ours

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.ratio >= self.goal

    def as_json(self) -> dict[str, str | float | bool | None]:
        """The row as the JSON line has it, figures to five digits."""
        figures = {name: _rounded(getattr(self, name)) for name in ("ours", "peer", "ratio", "goal", "bound_share")}
        words = {"name": self.name, "unit": self.unit, "peer_name": self.peer_name, "met": self.met}
        return {name: (figures | words)[name] for name in KEYS}


KEYS = ("name", "unit", "ours", "peer", "peer_name", "ratio", "goal", "met", "bound_share")


def require(held: bool, claim: str) -> None:
    """Ends the program with 1 where the correctness check `claim` failed: no benchmark on a red test."""
    if not held:
        sys.exit(f"not timed, because this does not hold: {claim}")


def median_seconds(
    works: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
    in_a_row: int = 1,
) -> dict[str, float]:
    """Median time of each work. They run in turn, `rounds` times, so that all meet the same state of the machine; each
    turn is the mean of so many runs `in_a_row`, for what is done again and again with nothing in between.

    A first round warms up and is not counted. Work on a GPU must end with its own synchronisation. For work in one
    thread that never waits, `time.process_time` is the clock that other programs on the same cores do not disturb.
    """
    samples: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds + 1):
        for name, work in works.items():
            start = clock()
            for _ in range(in_a_row):
                work()
            samples[name].append((clock() - start) / in_a_row)
    return {name: statistics.median(seconds[1:]) for name, seconds in samples.items()}


def report(benchmark: str, rows: Sequence[Row]) -> None:
    """Prints the table, appends the JSON line to results/<benchmark>.jsonl, and prints it last."""
    record = {"benchmark": benchmark, "hardware": hardware_text(), "commit": commit()}
    line = json.dumps(record | {"rows": [row.as_json() for row in rows]})
    Console(width=None if sys.stdout.isatty() else 150).print(_table(f"{benchmark} on {record['hardware']}", rows))
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{benchmark}.jsonl").open("a") as file:
        file.write(line + "\n")
    print(line)


def _table(title: str, rows: Sequence[Row]) -> Table:
    table = Table("what", "unit", "ours", "peer", "peer is", "ratio", "goal", "met", "of bound", title=title)
    for row in rows:
        met = {True: "yes", False: "no", None: ""}[row.met]
        goal = "" if row.goal is None else f"{row.goal:g}"
        share = "" if row.bound_share is None else f"{row.bound_share:.0%}"
        figures = f"{row.ours:.4g}", f"{row.peer:.4g}", row.peer_name, f"{row.ratio:.3g}"
        table.add_row(row.name, row.unit, *figures, goal, met, share)
    return table


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else float(f"{figure:.5g}")
