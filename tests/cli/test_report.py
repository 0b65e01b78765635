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
from tests.cli.conftest import Cli
from tests.pictures import write_pictures
from tests.report.runs import CURVES, ORIGINAL, At, write_run


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


def write_published(path: Path, **results: list[float]) -> Path:
    path.write_text(json.dumps({"name": "mean", "description": "Inference (ans)", "results": results}))
    return path


def test_published_curves_reach_the_page_the_figures_and_the_terminal(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", task=False)
    files = [write_published(tmp_path / f"{name}.json", bpp=[0.2, 0.4], psnr=[28, 30], vif=[1, 2]) for name in "ab"]
    done = call("report", run, "--with", files[0], "--with", files[1], "--figures", tmp_path / "figures")
    assert done.exit_code == 0 and "note: mean (published): not drawn" in done.stdout
    assert (run / "report" / "index.html").read_text().count('{"name":"mean (published)"') == 2
    assert (tmp_path / "figures" / "psnr.svg").read_text().count("mean (published)") == 2


def test_curves_are_written_for_compressai(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", (ORIGINAL, *CURVES))
    done = call("report", run, "--no-html", "--compressai", tmp_path / "files")
    assert done.exit_code == 0 and f"compressai: 2 files under {tmp_path / 'files'}" in done.stdout
    assert not (run / "report").exists()
    written = json.loads((tmp_path / "files" / "webp.json").read_text())
    assert written["name"] == "webp" and written["results"]["psnr-rgb"] == sorted(written["results"]["psnr-rgb"])


def test_a_curve_that_is_infinite_somewhere_lacks_that_key_and_says_so(tmp_path: Path) -> None:
    lossless = At("jpeg", 100, 9.0, float("inf"), 0.9, "subsampling=420")
    run = write_run(tmp_path / "run", (ORIGINAL, CURVES[0], lossless), items=3, task=False)
    done = call("report", run, "--no-html", "--compressai", tmp_path / "files")
    assert "note: jpeg.json lacks what is not finite at each of its points: psnr-rgb" in done.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--json", "--compressai", "files"), "--json, which writes nothing, or --compressai"),
        (("--json", "--with", "a.json"), "--json, which writes nothing, or --with"),
        (("--no-html", "--with", "a.json"), "a page or --figures"),
        (("--with", "odd.json"), "odd.json"),
        (("--with", "none.json"), "none.json"),
        (("--with", "other.json"), "a metric of the run in mean: mse, psnr; got ms_ssim"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_is_written(cli: Cli, tmp_path: Path, options, says) -> None:
    run = write_run(tmp_path / "run", items=3, task=False)
    write_published(tmp_path / "a.json", bpp=[0.2], psnr=[28])
    write_published(tmp_path / "odd.json", bpp=[0.2], psnr=[float("nan")])
    write_published(tmp_path / "other.json", bpp=[0.2], **{"ms-ssim": [0.9]})
    done = cli("report", run, *options)
    assert done.returncode == 2 and says in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (run / "report").exists() and not (tmp_path / "files").exists()
