"""The benchmarks that a wheel brings: rows with peers, parts that fail alone, lines that are JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from ahc_stream.benches import BENCHES, LostPart, Row, Size, bench, decode, entropy, kernels, require, size_for
from ahc_stream.benches.timing import Disagreement, median_seconds
from ahc_stream.cli import app
from ahc_stream.core.errors import UnknownName

TINY = replace(size_for(torch.device("cpu")), pairs=1, images=2, frames=2, rounds=1)


@pytest.mark.parametrize("part", [kernels.metrics, entropy.coder, decode.film, decode.pictures])
def test_a_part_gives_rows_with_peers(part: Callable[[Size], list[Row]]) -> None:
    rows = part(TINY)
    assert rows and all(row.ours > 0 and row.unit for row in rows)
    assert all(row.ratio is not None and row.ratio > 0 for row in rows)


def test_a_part_that_fails_costs_its_own_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def fine(size: Size) -> list[Row]:
        return [Row("fine", "ms", 1.0)]

    def broken(size: Size) -> list[Row]:
        raise RuntimeError("CUDA error: out of memory\nsecond line")

    monkeypatch.setattr(kernels, "PARTS", (fine, broken, fine))
    outcomes = list(bench("kernels", TINY))
    assert [type(outcome) for outcome in outcomes] == [Row, LostPart, Row]
    assert outcomes[1] == LostPart("kernels: broken", "RuntimeError: CUDA error: out of memory")


def test_every_benchmark_is_there() -> None:
    with pytest.raises(UnknownName, match="kernels"):
        list(bench("kernel", TINY))
    assert all(import_module(f"ahc_stream.benches.{name}").PARTS for name in BENCHES)


def test_nothing_wrong_is_timed() -> None:
    with pytest.raises(Disagreement, match="our ssim is its definition"):
        require(False, "our ssim is its definition")


def test_goals_and_targets_must_both_be_reached() -> None:
    row = Row("x", "frames/s", 100.0, 10.0, "peer", goal=10, target=90, higher_is_better=True)
    assert row.ratio == 10 and row.met is True
    assert replace(row, target=101).met is False and replace(row, goal=11).met is False
    assert replace(row, goal=None, target=None).met is None and Row("y", "ms", 2.0, target=1.5).met is False
    assert Row("z", "ms", 1.0, goal=2).met is False and Row("z", "ms", 1.0).ratio is None


def test_works_take_turns_after_a_round_that_does_not_count() -> None:
    turns: list[str] = []
    seconds = median_seconds({"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}, 3, in_a_row=2)
    assert turns == ["a", "a", "b", "b"] * 4 and set(seconds) == {"a", "b"}


def test_the_command_prints_json_lines_and_says_what_is_lost(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(size: Size) -> list[Row]:
        raise UnknownName("a known task", "none", "look")

    monkeypatch.setattr(kernels, "PARTS", (broken,))
    monkeypatch.setattr(entropy, "PARTS", (lambda size: [Row("coder", "ms", float("inf"), 2.0, "peer", goal=1)],))
    words = ["bench", "kernels", "entropy", "--device", "cpu"]
    told = CliRunner().invoke(app, [*words, "--json", "--out", str(tmp_path / "x")])
    assert told.exit_code == 3
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert lines == [json.loads(line) for line in (tmp_path / "x").read_text().splitlines()]
    assert lines[0]["lost"] == "kernels: broken" and lines[1]["ours"] is None and lines[1]["hardware"]
    table = CliRunner().invoke(app, words)
    assert "coder" in table.stdout and "no row of kernels: broken" in table.output
