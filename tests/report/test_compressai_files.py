"""A run's curves as files that CompressAI's own tools draw."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from compressai.utils.plot.__main__ import parse_json_file
from compressai.utils.video.plot.__main__ import parse_json_file as parse_video_file
from PIL import Image

from ahc_stream.report import analyse, operating_points, read_published, write_compressai
from tests.report import runs as made
from tests.report.runs import CURVES, ORIGINAL, At, write_run

BITRATE = {"bitrate": 7.0}


def written(tmp_path: Path, **kind: object) -> tuple[list[dict], dict[str, Path]]:
    """Rows of the operating points of a made run, and the files by their stems."""
    out = write_run(tmp_path / "run", **{"items": 5} | kind)
    files = write_compressai(analyse(out), tmp_path / "files")
    return operating_points(out).to_pylist(), {file.path.stem: file.path for file in files}


def test_their_parser_reads_what_the_table_says(tmp_path: Path) -> None:
    rows, files = written(tmp_path)
    assert files.keys() == {"jpeg", "webp"}
    for codec, path in files.items():
        of_codec = [row for row in rows if row["codec"] == codec]
        drawn = parse_json_file(path, "psnr")
        assert drawn["name"] == codec and drawn["xs"] == [row["bpp"] for row in of_codec] == sorted(drawn["xs"])
        assert drawn["ys"] == [row["psnr"] for row in of_codec]
        score = parse_json_file(path, "classification_accuracy")
        assert score["ys"] == [row["classification_accuracy"] for row in of_codec]


def test_keys_are_theirs_where_they_have_one_and_our_columns_elsewhere(tmp_path: Path) -> None:
    rows, files = written(tmp_path)
    content = json.loads(files["jpeg"].read_text())
    assert content.keys() == {"name", "description", "results"} and "subsampling=420" in content["description"]
    results = content["results"]
    assert results.keys() >= {"bpp", "psnr-rgb", "mse-rgb", "encoding_time", "decoding_time", "quality"}
    assert results.keys() >= {"bpp_container", "classification_accuracy", "classification_kappa"}
    assert not results.keys() & {"psnr", "mse", "bpp_estimated"}
    fps = [row["encode_fps"] for row in rows if row["codec"] == "jpeg"]
    assert results["encoding_time"] == pytest.approx([1 / each for each in fps])
    assert results["quality"] == [5, 20, 40, 80]


def test_video_has_the_rate_that_their_tool_for_video_draws_over(tmp_path: Path) -> None:
    rows, files = written(tmp_path, video=True, task=False)
    drawn = parse_video_file(files["webp"], "psnr-rgb")
    assert drawn["xs"] == [row["kbit_s"] for row in rows if row["codec"] == "webp"]


@pytest.mark.timeout(120)
def test_their_program_draws_them(tmp_path: Path) -> None:
    _, files = written(tmp_path, task=False)
    command = [sys.executable, "-m", "compressai.utils.plot", "-f", *map(str, files.values())]
    done = subprocess.run(
        [*command, "-m", "psnr", "-o", str(tmp_path / "a.png")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert Image.open(tmp_path / "a.png").size == (2700, 1800)


def test_what_is_not_finite_everywhere_is_left_out_and_named(tmp_path: Path) -> None:
    points = (ORIGINAL, *CURVES[:2], At("jpeg", 100, 9.0, math.inf, 0.9, "subsampling=420"))
    (file,) = write_compressai(analyse(write_run(tmp_path / "run", points, items=5, task=False)), tmp_path / "files")
    results = json.loads(file.path.read_text())["results"]
    assert file.left_out == ("psnr-rgb",) and "psnr-rgb" not in results and len(results["mse-rgb"]) == 3


def test_every_curve_has_a_file_of_its_own(tmp_path: Path) -> None:
    points = [At("own", 1, 1.0, 30, 0.5, f"path={path}") for path in ("a/b", "a b", "a?b", "A/b", "x" * 400, "x" * 401)]
    _, files = written(tmp_path, points=points, task=False)
    assert len(files) == len(points) == len({name.lower() for name in files})
    assert all(path.parent == tmp_path / "files" for path in files.values())


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    rows, files = written(tmp_path, task=False)
    curve = read_published(files["webp"])
    of_codec = [row for row in rows if row["codec"] == "webp"]
    assert curve.name == "webp" and list(curve.bpp) == [row["bpp"] for row in of_codec]
    assert list(curve.values["psnr"]) == [row["psnr"] for row in of_codec]
    assert "quality" in curve.left_out


def test_a_metric_that_is_called_as_a_rate_of_theirs_does_not_stand_for_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(made, "METRICS", ("psnr", "bitrate"))
    rows, files = written(tmp_path, video=True, task=False, edit=lambda table, rows: [row | BITRATE for row in rows])
    results = json.loads(files["webp"].read_text())["results"]
    assert results["bitrate"] == [row["kbit_s"] for row in rows if row["codec"] == "webp"]
    assert results["metric_bitrate"] == [7.0] * 4
