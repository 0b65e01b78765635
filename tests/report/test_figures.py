"""Figures for papers: what is drawn, and the same bytes each time."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image

from ahc_stream.core.errors import MissingExtra, UnknownName
from ahc_stream.report import analyse, figure, plot, write_figures
from ahc_stream.report.figures import _label_rates
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


@pytest.mark.parametrize(
    ("ends", "labels"),
    [
        ((1.5, 8), [2, 3, 5, 7]),
        ((0.1, 10), [0.1, 0.2, 0.5, 1, 2, 5, 10]),
        ((0.01, 10), [0.01, 0.03, 0.1, 0.3, 1, 3, 10]),
        ((1e-5, 10), [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10]),
    ],
)
def test_a_rate_axis_has_the_densest_of_its_labels_of_which_eight_are_enough(
    ends: tuple[float, float], labels: list[float]
) -> None:
    axes = Figure().add_subplot()
    axes.set_xscale("log")
    axes.set_xlim(*ends)
    _label_rates(axes)
    least, most = ends[0] * (1 - 1e-9), ends[1] * (1 + 1e-9)  # a power of ten may be rounded below an end of the axis
    assert [tick for tick in axes.get_xticks() if least <= tick <= most] == pytest.approx(labels)


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


def test_a_notebook_draws_over_any_rate_of_the_run(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, items=4, video=True))
    axes = plot(analysis, "psnr", "kbit_s")
    assert axes.get_xlabel() == "kbit/s" and axes.figure in map(pyplot.figure, pyplot.get_fignums())
    rates = [dot.row["kbit_s"] for dot in analysis.dots if dot.point["codec"] == "webp"]
    (webp,) = (drawn[0] for drawn in axes.containers if drawn.get_label() == "webp")
    assert list(webp.get_xdata()) == sorted(rates)
    with pytest.raises(UnknownName, match=r"known rate of this run; got 'kbits'\. Did you mean 'kbit_s'"):
        plot(analysis, "psnr", "kbits")
    with pytest.raises(UnknownName, match="'bpp_estimated'"):  # no codec of the run has an estimate
        plot(analysis, "psnr", "bpp_estimated")
    pyplot.close("all")


def test_given_axes_are_drawn_into_and_no_figure_is_made(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, items=4, task=False))
    figure_of_the_user, (left, right) = pyplot.subplots(1, 2)
    before = pyplot.get_fignums()
    assert plot(analysis, "psnr", axes=right) is right and pyplot.get_fignums() == before
    assert not left.lines and right.get_ylabel() == "PSNR (dB)" and right.figure is figure_of_the_user
    pyplot.close("all")


@pytest.mark.parametrize(("name", "near"), [("classification_acuracy", "classification_accuracy"), ("PSNR", "psnr")])
def test_an_unknown_quantity_gets_the_nearest_names(tmp_path: Path, name: str, near: str) -> None:
    with pytest.raises(UnknownName, match=f"[Dd]id you mean '{near}'"):
        plot(analyse(write_run(tmp_path, items=3)), name)


def test_without_matplotlib_there_is_an_install_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = analyse(write_run(tmp_path, items=3, task=False))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for draw in (plot, figure):
        with pytest.raises(MissingExtra, match=r"ahc-stream\[report\]"):
            draw(analysis, "psnr")


def test_what_a_backend_sets_when_it_is_loaded_stays(tmp_path: Path) -> None:
    """A notebook's backend turns the interactive mode on, without which it shows no figure but the first."""
    (tmp_path / "of_a_notebook.py").write_text(
        "import matplotlib\nfrom matplotlib.backends.backend_agg import *\nmatplotlib.interactive(True)\n"
    )
    write_run(tmp_path / "run", items=3, task=False)
    program = (
        "import matplotlib\nfrom ahc_stream import Results\nassert not matplotlib.is_interactive()\n"
        f"Results({str(tmp_path / 'run')!r}).plot()\nassert matplotlib.is_interactive()\n"
    )
    backend = {"MPLBACKEND": "module://of_a_notebook", "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=os.environ | backend, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("rates", [(0.3, 0.4, 0.7, 2.3), (0.01, 0.1, 1, 24), (0.5, 0.8), (1000, 3000, 9000)])
def test_rates_are_plain_numbers_that_do_not_run_into_one_another(tmp_path: Path, rates: tuple[float, ...]) -> None:
    points = [At("jpeg", n, rate, 30 + n, 0.5) for n, rate in enumerate(rates)]
    drawn = figure(analyse(write_run(tmp_path, points, items=3, task=False)), "psnr")
    drawn.draw_without_rendering()
    labels = [label for label in drawn.axes[0].get_xticklabels(which="both") if label.get_text()]
    left, right = drawn.axes[0].get_xlim()
    inside = [label for label in labels if left <= float(label.get_text()) <= right]
    boxes = [label.get_window_extent() for label in inside]
    assert 2 <= len(inside) <= 8
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(sorted(boxes, key=lambda box: box.x0)))
