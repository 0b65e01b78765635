"""report and compare as a user meets them: what is printed, what is written, exit codes."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from ahc_stream import Experiment, run
from ahc_stream.cli import app
from ahc_stream.core.errors import AhcStreamError
from tests.pictures import write_pictures
from tests.report.runs import CURVES, ORIGINAL, write_run


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_report_prints_the_table_and_writes_the_page(tmp_path: Path) -> None:
    done = call("report", write_run(tmp_path), "--resamples", 100)
    assert done.exit_code == 0 and "jpeg" in done.stdout and "accuracy" in done.stdout
    assert f"page: {tmp_path / 'report' / 'index.html'}" in done.stdout
    assert {path.name for path in (tmp_path / "report").iterdir()} >= {
        "index.html",
        "report.parquet",
        "report.csv",
        "report.tex",
    }


def test_without_a_page_nothing_is_written(tmp_path: Path) -> None:
    assert call("report", write_run(tmp_path), "--no-html").exit_code == 0
    rows = [json.loads(line) for line in call("report", tmp_path, "--json").stdout.splitlines()]
    assert len(rows) == 9 and not (tmp_path / "report").exists()


def test_figures_are_written_where_they_are_asked_for(tmp_path: Path) -> None:
    write_run(tmp_path / "run", CURVES[:2], task=False)
    done = call("report", tmp_path / "run", "--no-html", "--figures", tmp_path / "figures")
    assert "6 files" in done.stdout and (tmp_path / "figures" / "psnr.svg").exists()


def test_a_run_without_rows_has_a_page_that_says_so(tmp_path: Path) -> None:
    done = call("report", write_run(tmp_path, ()))
    assert done.exit_code == 0 and "no finished row" in done.stdout and (tmp_path / "report" / "index.html").exists()


def test_level_and_seed_reach_the_page(tmp_path: Path) -> None:
    call("report", write_run(tmp_path), "--level", 0.8, "--seed", 5, "--resamples", 200)
    text = (tmp_path / "report" / "index.html").read_text()
    assert '"level":0.8,"resamples":200,"seed":5' in text and "80 % interval" in text


def test_compare_prints_differences_and_writes_a_page(tmp_path: Path) -> None:
    write_run(tmp_path / "one"), write_run(tmp_path / "other", (ORIGINAL, *CURVES[:4]))
    done = call("compare", tmp_path / "one", tmp_path / "other", "--resamples", 100)
    assert done.exit_code == 0 and "other minus one" in done.stdout and "jpeg@80" in done.stdout
    assert (tmp_path / "other" / "report" / "against-one" / "index.html").exists()


@pytest.mark.parametrize(("other", "says"), [("else", "fingerprints differ"), ("nowhere", "nowhere")])
def test_what_cannot_be_compared_is_an_error_with_the_reason(tmp_path: Path, other: str, says: str) -> None:
    write_run(tmp_path / "one"), write_run(tmp_path / "else", fingerprint="another")
    from ahc_stream.cli.compare import compare

    with pytest.raises(AhcStreamError, match=says):
        compare([tmp_path / "one", tmp_path / other])


def test_no_cell_of_a_csv_file_is_run_by_a_spreadsheet(tmp_path: Path) -> None:
    """Names of files come from strangers: every CSV of a report is read, cell by cell."""
    pictures = write_pictures(tmp_path / "pictures", 12)
    names = ["@SUM(1+1)", "=cmd", "+1", "-1"]
    for index, name in enumerate(names):
        (pictures / f"{index:03d}.png").rename(pictures / f"{name}.png")
    Image.effect_noise((64, 48), 120).convert("RGB").save(pictures / "=noise.png")  # an outlier
    list(run(Experiment(str(pictures), ("jpeg@10,90",), tmp_path / "out", metrics=("psnr",), device="cpu")))
    assert CliRunner().invoke(app, ["report", str(tmp_path / "out")]).exit_code == 0
    files = list((tmp_path / "out" / "report").glob("*.csv"))
    assert files
    cells = []
    for file in files:
        with file.open(newline="") as lines:
            cells += [cell for row in csv.reader(lines) for cell in row]
    assert "'=noise.png" in cells or "'=noise" in cells
    for cell in cells:
        assert not cell.startswith(("=", "@", "\t", "\r")) and not re.match(r"[+-](?![\d.]|inf)", cell), cell
