"""ahc-stream score edges, as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ahc_stream.cli.score.edges import edges
from ahc_stream.core.errors import InvalidValue, MediaError, MissingData
from tests.datasets.test_bsds500 import write_truth

NAMES = ("one", "two")


def drawn(seed: int) -> np.ndarray:
    """bool [40, 60]: a frame and a line."""
    lines = np.zeros((40, 60), np.bool_)
    lines[10, 10:50] = lines[30, 10:50] = lines[10:31, 10] = lines[10:31, 49] = lines[10:31, 20 + 5 * seed] = True
    return lines


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Maps and truths; of each drawing the map has all but the right half of the upper line, and a line too many."""
    maps, truths = tmp_path / "maps", tmp_path / "truths"
    maps.mkdir()
    for seed, name in enumerate(NAMES):
        write_truth(truths / f"{name}.mat", [drawn(seed), drawn(seed)])
        edge_map = drawn(seed)
        edge_map[10, 30:50] = False
        edge_map[35, 10:30] = True
        Image.fromarray(np.where(edge_map, 150, 0).astype(np.uint8)).save(maps / f"{name}.png")
    return maps, truths


def test_scores_of_a_folder(cli, folders: tuple[Path, Path], capsys) -> None:
    maps, truths = folders
    words = ("score", "edges", "--maps", maps, "--truth", truths, "--no-nms")
    shown = cli(*words, "--json", "--thresholds", "9")
    assert shown.returncode == 0, shown.stderr
    values = json.loads(shown.stdout)
    assert values["images"] == 2 and values["thresholds"] == 9 and values["nms"] is False
    assert 0.8 < values["ODS"] < 0.95 and values["OIS"] == pytest.approx(values["ODS"])
    edges(maps, truths, no_nms=True, thresholds=9)
    text = capsys.readouterr().out
    assert f"ODS {values['ODS']:.4f}" in text and "2 images at 9 thresholds" in text and "without non-maximum" in text


def test_suppression_is_on_unless_told_otherwise(folders: tuple[Path, Path], capsys) -> None:
    edges(*folders, thresholds=3, as_json=True)
    values = json.loads(capsys.readouterr().out)
    assert values["nms"] is True and values["tolerance"] == 0.0075


def test_a_map_without_ground_truth_is_left_out(folders: tuple[Path, Path], capsys) -> None:
    Image.new("L", (60, 40)).save(folders[0] / "extra.png")
    edges(*folders, thresholds=2, as_json=True)
    shown = capsys.readouterr()
    assert "without ground truth, left out: extra.png" in shown.err and json.loads(shown.out)["images"] == 2


def test_files_that_do_not_fit_are_refused(folders: tuple[Path, Path]) -> None:
    maps, truths = folders
    Image.new("RGB", (60, 40), (200, 10, 10)).save(maps / "one.png")
    with pytest.raises(MediaError, match=r"one\.png; got colours"):
        edges(maps, truths)
    Image.new("L", (30, 40)).save(maps / "one.png")
    with pytest.raises(InvalidValue, match=r"one\.png in its size, 60 x 40 pixels; got 30 x 40"):
        edges(maps, truths)
    (maps / "one.png").unlink()
    with pytest.raises(MissingData, match=r"none of 1: one\.png"):
        edges(maps, truths)
    with pytest.raises(MissingData, match="PNG edge maps"):
        edges(truths, truths)


def test_hidden_files_are_no_maps_and_two_maps_of_one_name_are_an_error(folders: tuple[Path, Path], capsys) -> None:
    maps, truths = folders
    for folder, name in ((maps, "._one.png"), (truths, "._one.mat"), (maps, ".DS_Store")):
        (folder / name).write_bytes(b"\0\5\x16\7")
    edges(maps, truths, thresholds=2, as_json=True)
    assert json.loads(capsys.readouterr().out)["images"] == 2
    (maps / "one.PNG").write_bytes((maps / "one.png").read_bytes())
    with pytest.raises(MediaError, match=r"one file one\.png in .*; got one\.PNG and one\.png"):
        edges(maps, truths)


def test_a_score_that_is_not_defined_is_null(folders: tuple[Path, Path], capsys) -> None:
    maps, truths = folders
    for name in NAMES:
        Image.new("L", (60, 40)).save(maps / f"{name}.png")
    edges(maps, truths, thresholds=2, as_json=True)
    values = json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(name))
    assert values["R50"] is None and values["ODS"] == 0


@pytest.mark.parametrize("damage", [b"", b"no MAT-file", None])
def test_damaged_files_are_named(folders: tuple[Path, Path], damage: bytes | None) -> None:
    maps, truths = folders
    whole = (truths / "two.mat").read_bytes()
    (truths / "two.mat").write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    with pytest.raises(MediaError, match=r"two\.mat"):
        edges(maps, truths)
