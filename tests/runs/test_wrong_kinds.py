"""Manifests and commits with values of wrong kinds: one StorageError from each door, or an answer, and nothing else."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ahc_stream import runs, tables
from ahc_stream.core.errors import AhcStreamError, StorageError
from ahc_stream.report.contents import origin_of
from ahc_stream.report.origin import memory, stages
from ahc_stream.report.points import operating_points
from ahc_stream.runs import manifest
from ahc_stream.runs.manifest_shape import encoded
from tests.report.runs import CURVES, ORIGINAL, request, write_run

POINTS = (ORIGINAL, CURVES[0])
WRONG = (None, 1, "a", [], {}, -1, True, 1e300, 10**30, float("nan"))
WITHIN = ([1], [{}], {"a": 1}, {"a": None}, {"items": {}})
"""In place of lists and of names with values."""

DRAWN = 4
"""Wrong values for each place: all of them are some 30 s."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One finished start with labels, loads and weights, whose manifest says that an item was replaced."""
    folder = write_run(tmp_path_factory.mktemp("run") / "out", POINTS, items=3)
    known = manifest.read(folder)
    manifest.write(folder, known | {"replaced": {"item 99": 1}})
    assert runs.verify(folder) == []
    return folder


def places(value: Any, at: tuple = ()) -> Iterator[tuple[tuple, Any]]:
    """Where each value within `value` lies, and the value; itself included."""
    yield at, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, element in inside:
        yield from places(element, (*at, name))


def changed(value: Any, at: tuple, wrong: Any) -> Any:
    """`value` with something else at one place."""
    if not at:
        return wrong
    copied = copy.deepcopy(value)
    inner = copied
    for name in at[:-1]:
        inner = inner[name]
    inner[at[-1]] = wrong
    return copied


def without(value: dict, at: tuple) -> dict:
    """`value` without the thing at one place."""
    copied = copy.deepcopy(value)
    inner = copied
    for name in at[:-1]:
        inner = inner[name]
    del inner[at[-1]]
    return copied


def read(folder: Path) -> None:
    opened = runs.open(folder)
    for table in opened.tables:
        opened.table(table)
    assert opened.fingerprint and opened.has_whole_digests is False


def report(folder: Path) -> None:
    operating_points(folder)
    opened = runs.open(folder)
    origin_of(opened.manifest), stages(opened.starts), memory(opened.starts)


def begin(folder: Path) -> None:
    with runs.begin(folder, request(POINTS, 3, task=True)):
        pass


DOORS: tuple[Callable[[Path], object], ...] = (read, report, runs.verify, runs.repair, runs.verify, begin)


def try_all(run: Path, folder: Path, file: str, content: Any) -> str:
    """Every door, one after the other; their answers."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run, folder)
    (folder / file).write_text(json.dumps(content))
    answers = ""
    for door in DOORS:
        try:
            answers += str(door(folder))
        except StorageError as error:
            answers += str(error)
        except AhcStreamError:
            assert door is report, f"{door.__name__} of {content}"  # a task or scorer of that name is none
    return answers


@pytest.mark.parametrize("file", ["manifest.json", "commits/0001-000000.json"])
def test_any_value_of_another_kind_is_a_storage_error_or_an_answer(run: Path, tmp_path: Path, file: str) -> None:
    """Each value in its turn, by one of the wrong ones or by none, drawn so that each wrong one comes often."""
    content, random = json.loads((run / file).read_text()), np.random.default_rng(0)
    for at, value in places(content):
        wrong = [*WRONG, *WITHIN] if isinstance(value, (list, dict)) else WRONG
        for case in random.choice(len(wrong), min(len(wrong), DRAWN), replace=False):
            try_all(run, tmp_path / "out", file, changed(content, at, wrong[case]))
        if at:
            try_all(run, tmp_path / "out", file, without(content, at))


@pytest.mark.parametrize(
    ("at", "wrong"),
    [
        (("starts",), [1]), (("starts",), [{}]), (("starts",), []), (("dataset",), {}), (("experiment",), {}),
        (("replaced",), {"x": "a"}), (("schemas", "frames"), "AAAA"), (("weights",), {"a": 1}), (("tasks",), [1]),
        (("starts", 0, "shard"), [0]), (("starts", 0, "id"), True), (("tables", "items", "file"), "manifest.json"),
        (("tables", "items", "rows"), None), (("schemas", "frames"), encoded(pa.schema([("x", pa.int8())]))),
        (("schemas", "other"), encoded(tables.FRAMES)), (("starts", 0, "loads"), {"open": {}}),
    ],
)  # fmt: skip
def test_a_manifest_of_wrong_kinds_is_refused_by_all_doors_with_the_place(run, tmp_path: Path, at, wrong) -> None:
    out = shutil.copytree(run, tmp_path / "out")
    known = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps(changed(known, at, wrong)))
    for door in (read, report, runs.repair, begin):
        with pytest.raises(StorageError, match=str(at[0])):
            door(out)
    (finding,) = runs.verify(out)
    assert str(at[0]) in finding and "manifest.json" in finding
    assert (out / "items").exists()


@pytest.mark.parametrize(
    ("at", "wrong"), [(("parts", "frames", "rows"), None), (("start",), 2), (("batch",), "0"), (("later",), 1)]
)
def test_a_commit_of_wrong_kinds_is_refused_and_repaired(run, tmp_path: Path, at, wrong) -> None:
    file = "commits/0001-000000.json"
    out = shutil.copytree(run, tmp_path / "out")
    (out / file).write_text(json.dumps(changed(json.loads((out / file).read_text()), at, wrong)))
    for door in (read, report, begin):
        with pytest.raises(StorageError, match=file):
            door(out)
    assert any(file in finding for finding in runs.verify(out))
    assert runs.repair(out) and runs.repair(out) == [] and runs.verify(out) == []


def test_what_a_reader_would_refuse_is_not_written(run: Path, tmp_path: Path) -> None:
    known = manifest.read(run)
    with pytest.raises(StorageError, match="starts"):
        manifest.write(tmp_path, known | {"starts": []})
    with pytest.raises(StorageError, match="2 starts with the number 1"):
        manifest.write(tmp_path, known | {"starts": known["starts"] * 2})
    assert not list(tmp_path.iterdir())


def test_folders_are_paths_or_texts(run: Path, tmp_path: Path) -> None:
    out = str(shutil.copytree(run, tmp_path / "out"))
    with runs.begin(out, request(POINTS, 3, task=True)) as start:
        assert start.id == 2
    assert runs.verify(out) == runs.repair(out) == [] and runs.open(out).frames.num_rows == 6


def test_a_repair_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such file"):
        runs.repair(tmp_path / "none")
    assert not (tmp_path / "none").exists()
