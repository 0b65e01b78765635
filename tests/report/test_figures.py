"""Figures for papers: what is drawn, and the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ahc_stream.core.errors import UnknownName
from ahc_stream.report import analyse, figure, write_figures
from ahc_stream.report.resample import interval
from tests.report.runs import At, write_run


def test_a_figure_has_a_line_per_codec_and_the_original(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path))
    axes = figure(analysis, "classification_accuracy").axes[0]
    labels = axes.get_legend_handles_labels()[1]
    assert set(labels) == {"jpeg", "webp", "original"} and axes.get_xscale() == "log"
    heights = {round(float(y), 4) for line in axes.lines for y in line.get_ydata()}
    assert {30.0, 60.0, 85.0, 90.0, 40.0, 70.0} <= heights and axes.get_ylabel() == "classification: accuracy (%)"
    assert "original" not in figure(analysis, "psnr").axes[0].get_legend_handles_labels()[1]
    with pytest.raises(UnknownName, match="psnr"):
        figure(analysis, "psnrr")


def test_files_for_papers_are_the_same_each_time(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path / "run", task=False))
    first, second = (write_figures(analysis, tmp_path / name) for name in "ab")
    assert {path.name for path in first} >= {"psnr.svg", "psnr.png", "mse.svg"}
    svg = next(path for path in first if path.name == "psnr.svg")
    assert svg.read_bytes() == (tmp_path / "b" / "psnr.svg").read_bytes() and len(first) == len(second)
    assert Image.open(svg.with_suffix(".png")).size == (1039, 751)  # 88 x 63.6 mm at 300 dpi
    pdf = svg.with_suffix(".pdf").read_bytes()
    assert pdf == (tmp_path / "b" / "psnr.pdf").read_bytes() and b"/FontFile2" in pdf  # TrueType: text is text


def test_the_legend_covers_no_curve(tmp_path: Path) -> None:
    drawn = figure(analyse(write_run(tmp_path)), "classification_accuracy")
    drawn.canvas.draw()
    (legend,), axes = drawn.legends, drawn.axes[0]
    assert legend.get_window_extent().y0 >= axes.get_window_extent().y1 and axes.get_legend() is None
    assert legend.get_window_extent().x1 <= drawn.bbox.x1


def test_no_two_of_many_curves_look_alike(tmp_path: Path) -> None:
    points = [At("jpeg", q, q / 10, 20 + q, 0.5, f"number={n}") for n in range(14) for q in (1.0, 2.0)]
    axes = figure(analyse(write_run(tmp_path, points, items=3, task=False)), "psnr").axes[0]
    lines = [drawn[0] for drawn in axes.containers]
    looks = {(line.get_color(), line.get_marker(), line.get_linestyle()) for line in lines}
    assert len(looks) == len(lines) == 14
    in_grey = [(line.get_marker(), line.get_linestyle()) for line in lines]
    assert len(set(in_grey)) == 14


def test_bars_reach_from_end_to_end_of_the_intervals(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, items=12))
    axes = figure(analysis, "classification_accuracy").axes[0]
    bars = {label: drawn[2][0].get_segments() for drawn, label in zip(axes.containers, ("jpeg", "webp"), strict=True)}
    for codec, segments in bars.items():
        dots = [dot for dot in analysis.dots if dot.point["codec"] == codec]
        for dot, segment in zip(dots, segments, strict=True):
            estimate = dot.estimates["classification_accuracy"]
            low, high = interval(estimate.value, estimate.replicates, analysis.settings.level)
            assert segment == pytest.approx(np.array([[dot.bpp, 100 * low], [dot.bpp, 100 * high]]))
