"""ahc-stream measure, as a user meets it."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from ahc_stream.cli.measure import measure
from ahc_stream.core.errors import InvalidValue, MediaError, MissingData, StorageError
from tests.cli.conftest import Cli
from tests.pictures import write_pictures
from tests.sources.made import film


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    """Three pictures, and JPEGs of two of them beside a copy of the third."""
    one = write_pictures(tmp_path / "one", 3)
    other = tmp_path / "other"
    other.mkdir()
    for name, quality in (("000", 60), ("001", 20)):
        Image.open(one / f"{name}.png").save(other / f"{name}.jpg", quality=quality)
    (other / "002.png").write_bytes((one / "002.png").read_bytes())
    return str(one), str(other)


def test_a_table_names_the_worst_frame_and_what_the_mean_leaves_out(folders: tuple[str, str], capsys) -> None:
    measure(*folders, ["psnr", "mse", "ms_ssim"])
    text = capsys.readouterr().out
    psnr, mse, ms_ssim = (
        next(line for line in text.splitlines() if f" {name} " in line) for name in ("psnr", "mse", "ms_ssim")
    )
    assert "001" in psnr and "001" in mse and "inf" not in psnr and ms_ssim.count(" - ") == 6
    assert "3 frames of 3 pairs, on " in text
    assert "psnr: 1 frame is identical, left out of the other numbers" in text
    assert "ms_ssim: not defined for 3 frames, left out" in text


def test_json_is_one_object_and_files_hold_a_row_per_frame(folders: tuple[str, str], tmp_path: Path, capsys) -> None:
    outs = [tmp_path / "new" / f"rows{suffix}" for suffix in (".csv", ".parquet", ".JSON")]
    for out in outs:
        measure(*folders, ["psnr"], out, as_json=True)
    objects = [json.loads(line, parse_constant=pytest.fail) for line in capsys.readouterr().out.splitlines()]
    assert len(objects) == 3 and objects[0] == objects[1] == objects[2]
    facts = objects[0]
    assert (facts["frames"], facts["pairs"], facts["complete"], facts["problems"]) == (3, 3, True, [])
    psnr = facts["metrics"]["psnr"]
    assert psnr["infinite"] == 1 and psnr["min"] == psnr["worst"]["value"] < psnr["mean"] < psnr["max"]
    assert psnr["worst"]["item"] == "001" and psnr["unit"] == "dB" and psnr["higher_is_better"] is True
    table = pq.read_table(outs[1]).to_pylist()
    assert [row["item"] for row in table] == ["000", "001", "002"] and table[2]["psnr"] == math.inf
    with outs[0].open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["psnr"]) for row in rows] == [row["psnr"] for row in table] and rows[0]["width"] == "64"
    whole = json.loads(outs[2].read_text(), parse_constant=pytest.fail)
    assert whole["metrics"]["psnr"] == psnr and whole["frames"][0] == table[0] and whole["frames"][2]["psnr"] is None


def test_outputs_are_refused_before_anything_is_measured(folders: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match=r"\.csv, \.parquet, \.json"):
        measure(*folders, ["psnr"], tmp_path / "x.txt")
    (tmp_path / "there.csv").write_text("mine")
    with pytest.raises(StorageError, match="--force"):
        measure(*folders, ["psnr"], tmp_path / "there.csv")
    assert (tmp_path / "there.csv").read_text() == "mine"
    (tmp_path / "folder.csv").mkdir()
    for wrong in ("folder.csv", "there.csv/x.csv"):
        with pytest.raises(StorageError):
            measure("nowhere/at/all", folders[1], ["psnr"], tmp_path / wrong, force=True)
    measure(*folders, ["psnr"], tmp_path / "there.csv", force=True)
    assert (tmp_path / "there.csv").read_text().startswith('"item"')


def test_frames_that_are_missing_are_exit_code_2_and_nothing_measured_is_lost(cli: Cli, tmp_path: Path, capsys) -> None:
    one = film(tmp_path / "one.mkv", "-c:v", "ffv1", frames=9, size="32x24")
    other = film(tmp_path / "other.mkv", "-c:v", "ffv1", frames=6, size="32x24")
    done = cli("measure", one, other, "--metric", "mse", "--out", "rows.csv")
    assert done.returncode == 2 and "6 frames of 1 pair" in done.stdout
    assert "MediaError: expected as many frames in both of one; got 6 frames in the other" in done.stderr
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 7
    with pytest.raises(MediaError, match="as many frames"):
        measure(str(one), str(other), ["mse"], as_json=True)
    facts = json.loads(capsys.readouterr().out)
    assert facts["complete"] is False and facts["frames"] == 6 and "6 frames" in facts["problems"][0]
    measure(str(one), str(other), ["mse"], frame_range="2:5")


def test_every_problem_is_named(tmp_path: Path, capsys) -> None:
    one, other = (write_pictures(tmp_path / name, 3) for name in ("one", "other"))
    for name in ("000", "002"):
        path = other / f"{name}.png"
        path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(MediaError, match=r"000\.png"):
        measure(str(one), str(other), ["mse"])
    shown = capsys.readouterr()
    assert "1 frame of 3 pairs" in shown.out and "002.png" in shown.err


def test_options_reach_what_they_are_for(tmp_path: Path, capsys) -> None:
    clip = film(tmp_path / "clip.mkv", "-c:v", "ffv1", frames=8, size="32x24")
    measure(str(clip), str(clip), ["mse"], frame_range="2:8", every=3, as_json=True)
    assert json.loads(capsys.readouterr().out)["frames"] == 2
    with pytest.raises(MediaError, match="--max-pixels 768"):
        measure(str(clip), str(clip), ["mse"], max_pixels=100)
    with pytest.raises(MissingData, match="--size"):
        (tmp_path / "raw.yuv").write_bytes(bytes(1152))
        measure(str(tmp_path / "raw.yuv"), str(clip), ["mse"])
    measure(str(tmp_path / "raw.yuv"), str(clip), ["mse"], size="32x24", frame_range="0", as_json=True)
    assert json.loads(capsys.readouterr().out)["frames"] == 1
