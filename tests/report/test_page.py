"""The page as text: one file, nothing from elsewhere, and a page for runs that have little to show."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ahc_stream import runs
from ahc_stream.core.errors import MediaError
from ahc_stream.core.failure import Failure
from ahc_stream.report import analyse, latex, values, write_report
from ahc_stream.report.page import SCRIPTS, page, plain
from tests.report.runs import CURVES, ORIGINAL, At, request, write_run


def data_of(path: Path) -> dict:
    text = path.read_text()
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL).group(1))


def test_the_page_is_one_file_that_names_no_other(tmp_path: Path) -> None:
    path = write_report(analyse(write_run(tmp_path)))
    text = path.read_text()
    assert path == tmp_path / "report" / "index.html" and len(text) < 300_000
    assert not re.search(r"(src|href)=.https?:|@import|url\(|fetch\(|XMLHttpRequest|<link", text)
    assert "default-src 'none'" in text and "<!--" not in text


def test_text_of_the_run_cannot_leave_its_place() -> None:
    nasty = "</script><script>alert(1)</script><!--STYLE-->"
    text = page({"title": nasty, "notes": [("fact", nasty)], "value": float("nan")})
    assert text.count("</script>") == 2 and "alert(1)</script>" not in text.split('id="data">')[0]


def test_floats_that_json_does_not_know_become_null() -> None:
    assert plain({"a": [float("inf"), float("nan"), 1 / 3]}) == {"a": [None, None, 0.3333333]}


def test_the_same_numbers_lie_beside_it(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path))
    folder = write_report(analysis).parent
    table = pq.read_table(folder / "report.parquet")
    assert table.equals(values(analysis)) and (folder / "report.csv").read_text().count("\n") == table.num_rows + 1
    row = next(r for r in table.to_pylist() if r["point"] == "jpeg@5" and r["quantity"] == "classification_accuracy")
    assert (row["value"], row["change"], row["reference"], row["items"]) == (0.3, pytest.approx(-0.6), "labels", 40)
    assert row["change_low"] < row["change"] < row["change_high"] < 0 and row["p"] <= row["p_holm"] < 0.05
    for name in ("points", "deltas", "findings", "outliers"):
        assert (folder / f"{name}.csv").exists() and (folder / f"{name}.parquet").exists()


def test_latex_has_a_line_per_point_and_stars_what_is_sure(tmp_path: Path) -> None:
    lines = latex(analyse(write_run(tmp_path))).splitlines()
    body = lines[lines.index(r"\midrule") + 1 : lines.index(r"\bottomrule")]
    assert len(body) == 9 and all(line.count("&") == body[0].count("&") and line.endswith(r"\\") for line in body)
    jpeg5 = next(line for line in body if line.startswith("jpeg@5"))
    assert "30.0$^*$ {\\scriptsize [" in jpeg5 and r"$\infty$" in body[0] and r"accuracy [\%]" in lines[3]


def test_latex_has_a_dash_where_a_metric_has_no_value(tmp_path: Path) -> None:
    def without_psnr(table: str, rows: list[dict]) -> list[dict]:
        is_webp5 = table == "frames" and (rows[0]["codec"], rows[0]["quality"]) == ("webp", 5)
        return [row | {"psnr": None} for row in rows] if is_webp5 else rows

    lines = latex(analyse(write_run(tmp_path, edit=without_psnr))).splitlines()
    (webp5,) = (line for line in lines if line.startswith("webp@5"))
    assert webp5.split(" & ").count("--") == 1


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ({"points": ()}, "no finished row"),
        ({"points": (ORIGINAL,)}, "Only the uncompressed original"),
        ({"points": (ORIGINAL, CURVES[0])}, "a dot, no curve"),
        ({"points": (ORIGINAL, *CURVES[:4])}, "One codec"),
        ({"points": CURVES, "labels": False}, "classification has no score"),
        ({"labels": False}, "its own predictions on the uncompressed original"),
        ({"task": False}, "No task was run"),
        ({"items": 2}, "No intervals and no tests: 2 images"),
        ({"items": 1}, "No intervals and no tests: 1 image cannot"),
        ({"items": 5}, "Intervals are rough: 5 images"),
    ],
)
def test_a_run_with_little_to_show_has_a_page_that_says_so(tmp_path: Path, kind: dict, says: str) -> None:
    data = data_of(write_report(analyse(write_run(tmp_path, **kind))))
    assert any(says in text for _, text in data["notes"]), data["notes"]
    assert "analysis" not in data and data["origin"]["command"].startswith("ahc-stream run made")


def test_failures_only_is_a_page_with_failures(tmp_path: Path) -> None:
    write_run(tmp_path, ())
    with runs.begin(tmp_path, request(CURVES, 40, task=True)) as start:
        start.fail(Failure("made", "broken.png", "open", MediaError("a PNG", "half of one", "fetch it again")))
    data = data_of(write_report(analyse(tmp_path)))
    assert data["failures"]["total"] == 1 and data["failures"]["rows"][0]["item"] == "broken.png"
    assert any("1 failure: what could not be opened" in text for _, text in data["notes"]) and data["dots"] == []


def test_aggregates_are_embedded_and_rows_are_not(tmp_path: Path) -> None:
    few, many = (write_report(analyse(write_run(tmp_path / str(n), items=n))) for n in (60, 600))
    assert many.stat().st_size < 1.1 * few.stat().st_size


def test_names_of_a_run_are_printed_by_latex_as_they_are(tmp_path: Path) -> None:
    options = r"path=a\b&c%d$e#f_{g}~^h"
    points = (ORIGINAL, *(At("own", q, 1.0, 30.0, 0.5, options) for q in (1, 2)), At("own", 1, 1.0, 30.0, 0.5, "x=1"))
    text = latex(analyse(write_run(tmp_path, points, task=False, items=1)))
    printed = r"path=a\textbackslash{}\textbackslash{}b\&c\%d\$e\#f\_\{g\}\textasciitilde{}\textasciicircum{}h"
    assert f"own@1 {printed}" in text and text.startswith("% 95 % bootstrap intervals over 1 item, 1000 draws")


def test_no_two_scripts_of_the_page_declare_one_name() -> None:
    """They share one scope: the later one would silently take the place of the other."""
    folder = files("ahc_stream.report") / "web"
    declared = [
        name
        for script in SCRIPTS
        for name in re.findall(r"^(?:function|const|let) (\w+)", (folder / script).read_text(), re.MULTILINE)
    ]
    assert len(declared) == len(set(declared)) > 50
