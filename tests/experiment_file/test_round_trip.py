"""An experiment written as a file, or into a manifest, and read again is the same experiment."""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.core.json_text import json_text
from ahc_stream.datasets import DATASETS
from ahc_stream.experiment import ENGINES, LEAST, LINE, MOST, Experiment
from ahc_stream.experiment_file import FIELDS, as_toml, field_values, read

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/~"), min_size=1)
"""Of any characters, line feeds, quotes and emoji among them, but for those that normalise a path."""
PATH = st.lists(st.text("ab .-_", min_size=1).filter(lambda part: part.strip(".")), min_size=1, max_size=3).map(
    lambda parts: Path(*parts)
)
NUMBER = st.floats(0, 1e9) | st.integers(0, 10**6).map(float)


def values_of(name: str, kind: str) -> st.SearchStrategy[Any]:
    """Values of a field, by its annotation; None where it may be that."""
    annotation = kind.removesuffix(" | None")
    if name == "dataset":
        return st.sampled_from(sorted(DATASETS)) | PATH.map(lambda path: f"folder/{path}")
    if name == "engine":
        return st.sampled_from(ENGINES)
    if annotation == "tuple[int, int]":
        return st.tuples(st.integers(0, 50), st.integers(51, 99))
    known: dict[str, st.SearchStrategy[Any]] = {
        "str": TEXT,
        "Path": PATH,
        "bool": st.booleans(),
        "int": st.integers(LEAST.get(name, 0), MOST.get(name, 10**9)),
        "float": NUMBER.map(lambda number: max(number, LEAST.get(name, 0))),
        "tuple[int, int | None]": st.tuples(st.integers(0, 50), st.integers(51, 99) | st.none()),
    }
    value = known.get(annotation, st.lists(TEXT, max_size=3).map(tuple))
    return value | st.none() if kind != annotation else value


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Experiments that say any of the fields."""
    said = {
        field.name: draw(values_of(field.name, str(field.type)))
        for field in fields(Experiment)
        if field.name in ("dataset", "codecs") or draw(st.booleans())
    }
    if said.get("save_recon") or said.get("engine", LINE) != LINE:
        said["out"] = said.get("out") or Path("out")
    return Experiment(**said)


@given(experiments())
def test_a_file_gives_back_what_was_written_into_it(
    tmp_path_factory: pytest.TempPathFactory, experiment: Experiment
) -> None:
    folder = tmp_path_factory.mktemp("files", numbered=True)
    text = as_toml(experiment)
    assert tomllib.loads(text).keys() <= FIELDS.keys()
    (folder / "exp.toml").write_text(text, encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert Experiment(**read(Path("exp.toml"))) == experiment


@given(experiments())
def test_the_block_of_a_manifest_gives_back_what_was_written_into_it(experiment: Experiment) -> None:
    block = json.loads(json_text(vars(experiment), default=str))
    assert set(block) == set(FIELDS)
    assert Experiment(**field_values(block, Path("manifest.json"))) == experiment


def test_what_holds_by_itself_is_not_written() -> None:
    experiment = Experiment("kodak", ("jpeg@10",), frames=(5, None), shard=(1, 3), tasks=(), clean=False)
    assert as_toml(experiment).splitlines() == [
        'dataset = "kodak"',
        'codecs = ["jpeg@10"]',
        "tasks = []",
        "clean = false",
        'frames = "5:"',
        'shard = "1/3"',
    ]


@pytest.mark.parametrize("value", [0.1, 1e-300, 1e300, 123456789.125, math.pi])
def test_numbers_keep_every_digit(value: float) -> None:
    assert tomllib.loads(as_toml(Experiment("kodak", ("jpeg",), flush_seconds=value)))["flush_seconds"] == value
