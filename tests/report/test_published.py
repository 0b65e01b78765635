"""Curves of others: read as CompressAI's own tool reads them, drawn without intervals, and refused with the reason."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from compressai.utils.plot.__main__ import parse_json_file
from hypothesis import given, settings
from hypothesis import strategies as st

from ahc_stream import metrics
from ahc_stream.core.errors import InvalidValue, MediaError, MissingData
from ahc_stream.report import analyse, deltas, figure, read_published, values, with_published, write_report
from ahc_stream.report.published import PublishedCurve
from tests.report.runs import write_run
from tests.report.test_page import data_of

RESULTS = {
    "psnr-rgb": [31.1, 27.7, 29.4],
    "ms-ssim-rgb": [0.96, 0.92, 0.94],
    "bpp": [0.31, 0.12, 0.2],
    "encoding_time": [0.04, 0.03, 0.04],
    "decoding_time": [0.02, 0.02, 0.02],
}


def write(path: Path, results: object = RESULTS, **beside: object) -> Path:
    content = {"name": "mean", "description": "Inference (ans)"} | beside | {"results": results}
    path.write_text(json.dumps(content))
    return path


def test_a_file_of_compressai_is_read_by_rate(tmp_path: Path) -> None:
    curve = read_published(write(tmp_path / "a.json"))
    assert (curve.name, curve.description, curve.bpp) == ("mean", "Inference (ans)", (0.12, 0.2, 0.31))
    assert curve.values == {"psnr": (27.7, 29.4, 31.1), "ms_ssim": (0.92, 0.94, 0.96)}
    assert curve.points("psnr") == [(0.12, 27.7), (0.2, 29.4), (0.31, 31.1)] and curve.points("vif") == []
    assert not curve.left_out and not curve.is_estimated and curve.label == "mean (published)"


def test_older_names_and_results_that_stand_alone_are_read_too(tmp_path: Path) -> None:
    """The project's own published files call them `psnr` and `ms-ssim`."""
    path = tmp_path / "mbt.json"
    path.write_text(json.dumps({"bpp": [1, 2], "psnr": [30, 33], "ms-ssim": [0.9, 1]}))
    curve = read_published(path)
    assert curve.name == "mbt" and curve.values == {"psnr": (30.0, 33.0), "ms_ssim": (0.9, 1.0)}
    both = read_published(write(path, {"bpp": [1], "psnr": [1], "psnr-rgb": [2]}))
    assert both.values == {"psnr": (2.0,)}, "the name of today before the older one"


points = st.lists(st.tuples(st.floats(1e-3, 30), st.floats(-5, 90), st.floats(0, 0.999)), min_size=1, max_size=12).map(
    lambda rows: tuple(map(list, zip(*rows, strict=True)))
)


@settings(max_examples=50, deadline=None)
@given(points=points)
def test_the_points_are_those_that_their_tool_draws(tmp_path_factory: pytest.TempPathFactory, points: tuple) -> None:
    bpp, psnr, ms_ssim = points
    path = write(tmp_path_factory.mktemp("a") / "a.json", {"bpp": bpp, "psnr-rgb": psnr, "ms-ssim-rgb": ms_ssim})
    theirs = parse_json_file(path, "psnr")
    assert sorted(read_published(path).points("psnr")) == sorted(zip(theirs["xs"], theirs["ys"], strict=True))


@pytest.mark.parametrize(
    ("results", "says"),
    [
        ({}, "expected bpp in"),
        ([1, 2], "an object as results"),
        ({"bitrate": [100.0], "psnr-rgb": [30]}, "got only 'bitrate', 'psnr-rgb'"),
        ({"bpp": [1, 2]}, "any of mse-rgb, psnr-rgb, psnr, ms-ssim-rgb, ms-ssim"),
        ({"bpp": [1, 2], "psnr-yuv": [30, 31]}, "got only 'bpp', 'psnr-yuv'"),
        ({"bpp": [1, 2], "psnr": [30]}, r"2 values of psnr in .*, as many as of bpp; got 1"),
        ({"bpp": [1, 2], "psnr": [30, float("nan")]}, r"a finite number as psnr\[1\] in .*; got nan"),
        ({"bpp": [1, float("inf")], "psnr": [30, 31]}, r"as bpp\[1\] in .*; got inf"),
        ({"bpp": [1, 10**400], "psnr": [30, 31]}, r"as bpp\[1\] in .*; got 1000"),
        ({"bpp": [1, None], "psnr": [30, 31]}, r"as bpp\[1\] in .*; got None"),
        ({"bpp": [1, True], "psnr": [30, 31]}, r"as bpp\[1\] in .*; got True"),
        ({"bpp": [1, "2"], "psnr": [30, 31]}, r"as bpp\[1\] in .*; got '2'"),
        ({"bpp": [0, 1], "psnr": [30, 31]}, "rates above 0"),
        ({"bpp": [], "psnr": []}, "a list of numbers as bpp"),
        ({"bpp": 1, "psnr": 30}, "a list of numbers as bpp"),
        ({"bpp": [1, 2], "psnr": {"a": 1}}, "a list of numbers as psnr"),
        ({"bpp": [1, 2], "ms-ssim": [12.5, 15.2]}, r"values of ms-ssim from 0 to 1 in .*; got 15.2.*decibels"),
    ],
)
def test_what_is_no_result_is_one_message_that_says_why(tmp_path: Path, results: object, says: str) -> None:
    with pytest.raises(MediaError, match=says) as caught:
        read_published(write(tmp_path / "a.json", results))
    assert "a.json" in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_no_json_and_what_is_not_there_are_errors(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(MediaError, match="JSON in"):
        read_published(tmp_path / "a.json")
    with pytest.raises(MissingData, match=r"b\.json"):
        read_published(tmp_path / "b.json")


def test_names_of_any_kind_are_text(tmp_path: Path) -> None:
    assert read_published(write(tmp_path / "a.json", name=7, description=None)).name == "a"
    assert read_published(write(tmp_path / "a.json", name="\ud800")).name == "\\ud800"


def test_it_is_drawn_beside_the_run_and_changes_none_of_its_numbers(tmp_path: Path) -> None:
    alone = analyse(write_run(tmp_path / "run"))
    both = with_published(alone, [read_published(write(tmp_path / "a.json"))])
    assert values(both).equals(values(alone)) and deltas(both).equals(deltas(alone))
    data = data_of(write_report(both))
    assert [curve["name"] for curve in data["curves"]] == ["jpeg", "webp"] and len(data["dots"]) == 9
    (curve,) = data["published"]["curves"]
    assert (curve["name"], curve["options"], len(curve["colour"])) == ("mean (published)", "Inference (ans)", 2)
    assert [dot["bpp"] for dot in data["published"]["dots"]] == [
        [0.12, None, None],
        [0.2, None, None],
        [0.31, None, None],
    ]
    assert {dot["curve"] for dot in data["published"]["dots"]} == {2}
    assert any("Published curves are drawn as their files say" in text for _, text in data["notes"])
    drawn = figure(both, "psnr").axes[0].containers[-1]
    line = drawn[0]
    assert drawn.get_label() == "mean (published)" and not drawn.has_yerr
    assert list(line.get_xdata()) == [0.12, 0.2, 0.31] and list(line.get_ydata()) == [27.7, 29.4, 31.1]
    shown = figure(both, "classification_accuracy").axes[0].get_legend_handles_labels()[1]
    assert "mean (published)" not in shown


def test_a_curve_without_a_metric_of_the_run_is_refused(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path / "run", task=False))  # it has psnr and mse
    with pytest.raises(InvalidValue, match=r"a metric of the run in other: mse, psnr; got ms_ssim"):
        with_published(analysis, [PublishedCurve("other", "", (1.0,), {"ms_ssim": (0.9,)})])


@pytest.mark.parametrize(
    ("beside", "kind", "says"),
    [
        ({"description": "Inference (entropy-estimation)"}, {}, "an entropy model's estimate"),
        ({}, {"video": True}, "not the same quantity"),
        ({"results": RESULTS | {"lpips": [1], "vmaf": "odd"}}, {}, "not drawn.*: lpips, vmaf"),
    ],
)
def test_where_definitions_differ_a_note_says_so(tmp_path: Path, beside: dict, kind: dict, says: str) -> None:
    path = write(tmp_path / "a.json", **beside)
    analysis = with_published(analyse(write_run(tmp_path / "run", items=4, **kind)), [read_published(path)])
    texts = [text for _, text in data_of(write_report(analysis))["notes"]]
    plain = [text for _, text in data_of(write_report(analyse(tmp_path / "run")))["notes"]]
    matching = re.compile(says)
    assert any(map(matching.search, texts)) and not any(map(matching.search, plain))


def test_no_key_of_compressai_means_two_metrics() -> None:
    keys = [key for metric in metrics.METRICS.values() for key in metric.compressai]
    assert len(keys) == len(set(keys)) and "psnr-rgb" in keys


@pytest.mark.parametrize("name", ["$\\frac{$", "_hidden", "</script><script>alert(1)</script>", "a & b", "x" * 60])
def test_a_name_of_any_kind_is_drawn_as_it_is(tmp_path: Path, name: str) -> None:
    analysis = analyse(write_run(tmp_path / "run", items=3, task=False))
    both = with_published(analysis, [read_published(write(tmp_path / "a.json", name=name))])
    drawn = figure(both, "psnr")
    drawn.draw_without_rendering()
    legend = [text.get_text().strip() for text in drawn.legends[0].get_texts()]
    assert legend == ["jpeg", "webp", f"{name} (published)"]
    path = write_report(both)
    assert data_of(path)["published"]["curves"][0]["name"] == f"{name} (published)"
    assert "alert(1)</script>" not in path.read_text()
