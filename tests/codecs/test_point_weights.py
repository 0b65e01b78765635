"""Weights that a point names for itself, beside published ones and beside one another."""

from __future__ import annotations

import csv
import hashlib
import json
from io import StringIO
from pathlib import Path

import pytest
import torch
from rich.console import Console

from ahc_stream import codecs
from ahc_stream.codecs.learned.mbt2018 import MEAN_SCALE
from ahc_stream.codecs.learned.random_weights import random_networks
from ahc_stream.core.errors import InvalidValue, MissingData, StorageError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.experiment import Experiment
from ahc_stream.report import analyse, print_report, write_report
from ahc_stream.running import run
from tests.codecs.programs.programs import toml, write
from tests.pictures import write_pictures

__all__ = ["toml"]

CPU = torch.device("cpu")


def save(path: Path, seed: int, codec: str = "mbt2018-mean-lite") -> Path:
    path.parent.mkdir(exist_ok=True)
    torch.save(random_networks(MEAN_SCALE, (8, 12), seed).state_dict(), path)
    return path


def settled(text: str, weights: str | None = None) -> list[tuple[str, str | None]]:
    return [(str(point), source) for point, source in (codecs.settled(each, weights) for each in codecs.parse(text))]


def test_rows_have_the_label_and_the_run_keeps_the_path(tmp_path: Path) -> None:
    path = save(tmp_path / "a.pth", 1)
    own = f"mbt2018-mean:weights={path}"
    assert settled(f"{own}:label=mine") == [("mbt2018-mean:metric=mse:weights=mine", str(path))]
    assert settled(own) == [("mbt2018-mean:metric=mse:weights=a.pth", str(path))]
    assert settled("mbt2018-mean@4:weights=random:3")[0] == ("mbt2018-mean@4:metric=mse:weights=random-3", "random:3")
    assert settled("mbt2018-mean@4:weights=zoo.pth:label=x", "random:0")[0][1] == "zoo.pth", "its own come first"
    assert settled("jpeg@4", "random:0") == [("jpeg@4:coding=baseline:qtable=none:subsampling=420", None)]
    assert settled("mbt2018-mean@4") == [("mbt2018-mean@4:metric=mse", None)]


def test_a_folder_holds_a_file_for_each_quality(tmp_path: Path) -> None:
    for quality in (1, 2):
        save(tmp_path / "all" / f"mbt2018-mean-lite-{quality}-mse.pth", quality)
    text = f"mbt2018-mean-lite@1,2:weights={tmp_path / 'all'}:label=mine"
    identities = []
    for point in codecs.parse(text):
        row, source = codecs.settled(point, None)
        (kept,) = codecs.weight_overrides(row, source).items()
        assert kept == (
            f"mbt2018-mean-lite-{point.quality:g}-mse:mine",
            tmp_path / "all" / f"{kept[0].split(':')[0]}.pth",
        )
        codec = codecs.make(row, CPU, source)
        identities.append(codec.identity["weights"])
        assert codec.point == row
    assert len(set(identities)) == 2
    with pytest.raises(MissingData, match="mbt2018-mean-lite-3-mse"):
        codecs.make(OperatingPoint("mbt2018-mean-lite", 3), CPU, str(tmp_path / "all"))


def test_one_file_for_several_qualities_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.pth", 1)
    with pytest.raises(InvalidValue, match=r"2 qualities with one file.*NAME-Q-mse"):
        codecs.parse(f"mbt2018-mean@1,2:weights={path}")
    assert len(codecs.parse(f"mbt2018-mean@1:weights={path}")) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("jpeg@50:weights=a.pth", "an option that jpeg takes"),
        ("mbt2018-mean@1:label=mine", "beside weights=FILE"),
        ("mbt2018-mean@1:weights=random:x", "random:SEED"),
    ],
)
def test_weights_stand_where_there_are_networks(text: str, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        settled(text)


@pytest.fixture
def finished(tmp_path: Path, toml: Path) -> Experiment:
    """Two checkpoints of a user's, a codec of the package, JPEG and a pair of programs, in one run."""
    one, two = save(tmp_path / "one" / "a.pth", 1), save(tmp_path / "two" / "a.pth", 2)
    chosen = (
        f"mbt2018-mean-lite:weights={one}:label=first",
        f"mbt2018-mean-lite@2:weights={two}:label=second",
        "mbt2018-mean-lite@1,2",
        "jpeg@20,60",
        write(toml, pixel_format="png"),
    )
    folder = write_pictures(tmp_path / "pictures", 2)
    asked = Experiment(str(folder), chosen, tmp_path / "out", metrics=("psnr",), device="cpu")
    for _ in run(asked):
        pass
    return asked


POINTS = (
    "exec:mine",
    "jpeg@20",
    "jpeg@60",
    "mbt2018-mean-lite@1",
    "mbt2018-mean-lite@2",
    "mbt2018-mean-lite weights=first",
    "mbt2018-mean-lite@2 weights=second",
)


def test_all_stand_in_one_table_and_one_page_under_names_of_their_own(finished: Experiment) -> None:
    terminal = StringIO()
    print_report(finished.out, Console(file=terminal, width=200))
    page = write_report(analyse(finished.out))
    table = csv.DictReader((page.parent / "report.csv").open())
    assert {row["point"] for row in table} == set(POINTS)
    latex, html = (page.parent / "report.tex").read_text(), page.read_text()
    assert all(f"\n{point} & " in latex and point in html for point in POINTS)
    for codec in {point.replace("@2 ", " ").partition("@")[0] for point in POINTS}:
        assert f"│ {codec} " in terminal.getvalue()


def test_each_file_is_hashed_and_a_resume_with_another_is_refused(finished: Experiment, tmp_path: Path) -> None:
    kept = json.loads((finished.out / "manifest.json").read_text())["weights"]
    assert {name: facts["sha256"] for name, facts in kept.items() if ":" in name} == {
        f"{name}": hashlib.sha256((tmp_path / folder / "a.pth").read_bytes()).hexdigest()
        for name, folder in (("mbt2018-mean-lite:first", "one"), ("mbt2018-mean-lite-2-mse:second", "two"))
    }
    assert list(run(finished)) == []
    save(tmp_path / "one" / "a.pth", 5)
    with pytest.raises(StorageError, match="weights mbt2018-mean-lite:first"):
        list(run(finished))


def test_two_files_under_one_label_are_told_apart_by_an_error(finished: Experiment, tmp_path: Path) -> None:
    chosen = tuple(f"mbt2018-mean-lite@1:weights={tmp_path / name / 'a.pth'}" for name in ("one", "two"))
    with pytest.raises(InvalidValue, match="label=NAME"):
        run(Experiment(finished.dataset, chosen, None, device="cpu"))
