"""`--json` of every command is JSON: RFC 8259 has neither Infinity nor NaN."""

from __future__ import annotations

import ast
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from ahc_stream.cli import app
from ahc_stream.core.json_text import json_text
from tests.datasets.test_bsds500 import write_truth
from tests.pictures import write_pictures

PACKAGE = Path(__file__).resolve().parents[2] / "ahc_stream"


def lines_of(*words: str | Path, exit_code: int = 0) -> list[Any]:
    """What a command prints, line by line; an error for a constant that is no JSON."""
    result = CliRunner().invoke(app, list(map(str, words)))
    assert result.exit_code == exit_code, result.output
    return [json.loads(line, parse_constant=_refuse) for line in result.stdout.splitlines()]


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("json")


@pytest.fixture(scope="module")
def out(folder: Path) -> Path:
    """Of pictures whose copies are identical at one point: infinite PSNR, and VIF of a flat picture is not defined."""
    pictures = write_pictures(folder / "pictures", 1)
    Image.new("RGB", (64, 64), (9, 9, 9)).save(pictures / "flat.png")
    options = ["-c", "identity", "-c", "jpegls@0", "-c", "jpeg@50", "--metric", "psnr", "--metric", "vif"]
    (facts,) = lines_of("run", pictures, *options, "--out", folder / "out", "--json")
    assert facts["frames"] == 6 and facts["loads"]["codec"]["busy"] > 0
    return folder / "out"


def test_a_report_has_null_for_what_is_infinite_or_undefined(out: Path) -> None:
    rows = {row["codec"]: row for row in lines_of("report", out, "--json")}
    assert rows["identity"]["psnr"] is None and rows["jpegls"]["psnr"] is None
    assert rows["jpeg"]["psnr"] > 20


@pytest.mark.parametrize(
    "words",
    [("data", "list", "--json"), ("weights", "list", "--json"), ("doctor", "--json")],
    ids=" ".join,
)
def test_lists_are_json(words: tuple[str, ...]) -> None:
    assert len(lines_of(*words)) > 5


def test_files_are_json(folder: Path, out: Path) -> None:
    (facts,) = lines_of("encode", folder / "pictures", "-o", folder / "x.ahc", "-c", "jpeg@50", "--json")
    assert facts["frames"] == 2
    (facts,) = lines_of("inspect", folder / "x.ahc", "--json")
    assert len(facts["table"]) == 2


def test_scores_of_a_blank_map_are_json(folder: Path) -> None:
    """Recall at precision 0.5, for one, is not defined where nothing is found."""
    maps, truth = folder / "maps", folder / "truth"
    maps.mkdir()
    truth.mkdir()
    drawn = np.zeros((16, 24), np.bool_)
    drawn[8] = True
    write_truth(truth / "a.mat", [drawn])
    Image.new("L", (24, 16)).save(maps / "a.png")
    (scores,) = lines_of("score", "edges", "--maps", maps, "--truth", truth, "--json")
    assert scores["ODS"] in (0.0, None)


def test_a_manifest_is_json(out: Path) -> None:
    for file in [out / "manifest.json", *(out / "commits").glob("*.json")]:
        json.loads(file.read_text(), parse_constant=_refuse)


def test_json_text_is_json_of_values_however_deep() -> None:
    value = {"a": [1.5, math.nan, (math.inf, {"b": -math.inf})], "text": "NaN", "none": None, "yes": True, "n": 3}
    expected = {"a": [1.5, None, [None, {"b": None}]], "text": "NaN", "none": None, "yes": True, "n": 3}
    assert json.loads(json_text(value), parse_constant=_refuse) == expected
    assert json_text({"path": Path("x")}, default=str) == '{"path": "x"}'
    with pytest.raises(TypeError):
        json_text({"path": Path("x")})


@pytest.mark.parametrize("layer", ["cli", "runs"])
def test_one_function_writes_all_json(layer: str) -> None:
    for path in (PACKAGE / layer).rglob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = {ast.unparse(function) for function in calls}
        assert not names & {"json.dumps", "json.dump"}, path
