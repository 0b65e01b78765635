"""Two runs on the terminal: differences at shared points, a dash and a star, or a sentence where none is shared."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from ahc_stream.report import analyse, compare
from ahc_stream.report.bd import METHODS, curve_of, delta
from ahc_stream.report.compare_text import print_comparison
from tests.report.runs import CURVES, ORIGINAL, At, write_run


def printed(out: Path, one: tuple[At, ...], other: tuple[At, ...], name: str = "other") -> str:
    page = StringIO()
    runs = compare(analyse(write_run(out / "one", one)), analyse(write_run(out / name, other)))
    print_comparison(runs, Console(file=page, width=200))
    return page.getvalue()


def test_runs_that_share_no_point_say_so(tmp_path: Path) -> None:
    text = printed(tmp_path, (ORIGINAL, *CURVES[:4]), CURVES[4:])
    assert text.startswith("other and one share no operating point: only their curves can be compared\n")
    (line,) = (line for line in text.splitlines() if "other: webp" in line and "one: jpeg" in line and "│" in line)
    one, other = analyse(tmp_path / "one"), analyse(tmp_path / "other")
    by_name = {quantity.name: quantity for quantity in one.quantities}
    curves = curve_of(one, by_name["psnr"], "jpeg:subsampling=420"), curve_of(other, by_name["psnr"], "webp")
    row = delta(*curves, METHODS[0])
    assert f"{row['rate_percent']:+.1f} % ({100 * row['rate_overlap']:.0f} %)" in line


def test_a_line_per_shared_point_with_a_star_where_the_difference_is_significant(tmp_path: Path) -> None:
    better = replace(CURVES[0], accuracy=0.8)
    text = printed(tmp_path, (ORIGINAL, *CURVES[:2]), (ORIGINAL, better, CURVES[4]))
    (line,) = (line for line in text.splitlines() if "jpeg@5" in line)
    assert "other minus one" in text and "+50.0 *" in line and "+0.00 " in f"{line} "
    assert "jpeg@20" not in text and "webp@5" not in text
    (original,) = (line for line in text.splitlines() if "identity" in line)
    assert "-" in original.split()  # PSNR is infinite in both: there is no difference


def test_names_are_printed_as_they_are(tmp_path: Path) -> None:
    """Rich's markup takes `[red]` for a style and `:smile:` for an emoji."""
    text = printed(tmp_path, CURVES[:1], CURVES[4:5], "a [red] :smile:")
    assert text.startswith("a [red] :smile: and one share no operating point")
