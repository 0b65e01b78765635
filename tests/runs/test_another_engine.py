"""The engine that docs/recipes/engine.md describes, as it stands there: a plain loop has the same rows as `lanes`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from ahc_stream import runs
from ahc_stream.core.failure import Failure
from ahc_stream.experiment import Experiment
from tests.whole_runs import experiment, finish, killed, make_dataset, tables_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "recipes" / "engine.md"
CODECS = ("h264@30:gop=8", "ssf2020-lite@1:gop=3", "jpeg@40")

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def run_in_turn() -> Callable[[Experiment], list[Failure]]:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    module = ModuleType("recipe_engine")
    sys.modules[module.__name__] = module
    exec(compile(code, str(PAGE), "exec"), module.__dict__)
    return module.run_in_turn


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two videos, and stills of which one is broken."""
    return make_dataset(tmp_path_factory.mktemp("engine") / "data")


@pytest.fixture(scope="module")
def of_lanes(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    out = tmp_path_factory.mktemp("lanes") / "out"
    finish(experiment(data, out, CODECS, lanes=2, clip_frames=7))
    return tables_of(out)


def check(out: Path, expected: dict[str, pd.DataFrame]) -> None:
    tables = tables_of(out)
    assert len(tables["frames"]) > 100 and len(tables["failures"]) == 1
    for name, rows in expected.items():
        pd.testing.assert_frame_equal(tables[name], rows, check_exact=True, obj=name)
    assert runs.verify(out) == []


def test_a_plain_loop_has_the_same_rows(
    run_in_turn: Callable[[Experiment], list[Failure]],
    data: Path,
    of_lanes: dict[str, pd.DataFrame],
    tmp_path: Path,
) -> None:
    failures = run_in_turn(experiment(data, tmp_path / "out", CODECS, clip_frames=16))
    assert [failure.item for failure in failures] == ["still5"]
    check(tmp_path / "out", of_lanes)


def test_it_ends_what_a_killed_run_of_the_other_engine_began(
    run_in_turn: Callable[[Experiment], list[Failure]],
    data: Path,
    of_lanes: dict[str, pd.DataFrame],
    tmp_path: Path,
) -> None:
    options = {"clip_frames": 7, "lanes": 2, "shard": (0, 1)}
    assert killed(data, tmp_path / "out", CODECS, (), kill_after=9, **options) != 0
    run_in_turn(experiment(data, tmp_path / "out", CODECS, clip_frames=5))
    check(tmp_path / "out", of_lanes)
