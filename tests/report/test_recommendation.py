"""The three sentences: which codec, what it costs, what to add, held to numbers that the made run was given."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from ahc_stream.report import ReportSettings, analyse, decide, print_analysis, write_report
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.bd import METHODS, curve_of, delta
from ahc_stream.report.loss import Loss
from ahc_stream.report.recommendation_text import fewer_percent, lines, loss_text
from tests.report.runs import CURVES, ORIGINAL, At, write_run
from tests.report.test_page import data_of

RISING = tuple(replace(at, accuracy=accuracy) for at, accuracy in zip(CURVES, (0.3, 0.6, 0.85, 0.89) * 2, strict=True))
"""Both codecs reach the same accuracies, webp with fewer bits."""


def said(out: Path, points: tuple[At, ...] = (ORIGINAL, *CURVES), level: float = 0.95, **kind) -> dict[str, str]:
    analysis = analyse(write_run(out, points, **kind), ReportSettings(level=level))
    return {line.head: line.text for line in lines(analysis, decide(analysis))}


def test_the_first_line_tells_the_deltas_at_equal_score_and_at_equal_psnr(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, (ORIGINAL, *RISING)))
    (codec, *_) = lines(analysis, decide(analysis))
    by_name = {quantity.name: quantity for quantity in analysis.quantities}
    for name, label in (("classification_accuracy", "classification accuracy"), ("psnr", "PSNR")):
        curves = [curve_of(analysis, by_name[name], each) for each in ("jpeg:subsampling=420", "webp")]
        row = delta(*curves, METHODS[0])  # the test curve, webp, against the anchor, jpeg
        needs = f"webp needs {-row['rate_percent']:.0f} % fewer bits than jpeg for the same {label}"
        assert f"{needs}, {100 * row['rate_overlap']:.0f} % of the range shared." in codec.text
    assert codec.answer == "webp"


def test_the_second_line_is_the_cheapest_point_within_a_point_and_its_interval(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, (ORIGINAL, *RISING), items=200))
    cost = lines(analysis, decide(analysis))[1]
    within = [at for at in RISING if ORIGINAL.accuracy - at.accuracy <= 0.01 + 1e-12]
    best = min(within, key=lambda at: at.bpp)
    dot = next(dot for dot in analysis.dots if dot.label == f"{best.codec}@{best.quality}")
    change = dot.changes["classification_accuracy"]
    assert (
        cost.answer.partition(",")[0] == dot.label and f"{dot.label}, {dot.bpp:.3f} bpp, is the cheapest" in cost.text
    )
    assert cost.answer.endswith("by its estimate") == (-change.low > 0.01)
    assert f"95 % interval {-100 * change.high:.1f} to {-100 * change.low:.1f}" in cost.text


def test_an_interval_that_excludes_more_is_told_apart_from_an_estimate(tmp_path: Path) -> None:
    same = said(tmp_path / "same")["Cost"]  # webp@40 is right where the original is: it loses nothing, in every draw
    assert same.startswith("webp@40, 0.5") and "which excludes more" in same
    close = (ORIGINAL, *(replace(at, accuracy=min(at.accuracy, 0.895)) for at in CURVES))
    rough = said(tmp_path / "close", close, items=200)
    assert "does not exclude more" in rough["Cost"] and "own interval" not in rough["Cost"]
    assert "images: about" in rough["To add"].lower() and "would settle whether webp@40" in rough["To add"]


def test_a_dearer_point_is_named_only_where_the_cheapest_is_not_certain(tmp_path: Path) -> None:
    own = "The cheapest whose own interval excludes more is"
    certain = said(tmp_path / "certain")["Cost"]
    close = (ORIGINAL, *(replace(at, accuracy=0.895) if at.quality == 40 else at for at in CURVES))
    rough = said(tmp_path / "close", close, items=200)["Cost"]
    assert "which excludes more" in certain and own not in certain
    assert rough.startswith("webp@40,") and f"{own} webp@80," in rough


def test_an_estimate_of_few_items_has_no_interval_and_asks_for_more(tmp_path: Path) -> None:
    few = said(tmp_path, items=2)
    assert "an estimate without an interval" in few["Cost"] and "2 images cannot have an interval" in few["To add"]


@pytest.mark.parametrize(
    ("points", "head", "says"),
    [
        ((ORIGINAL,), "To add", "nothing but the uncompressed original"),
        ((ORIGINAL, *CURVES[:4]), "To add", "A second codec"),
        ((ORIGINAL, *CURVES[:3], *CURVES[4:]), "To add", "1 of jpeg"),
        (CURVES[:4] + CURVES[4:], "Cost", "nothing says what a machine loses"),
        ((ORIGINAL, *CURVES[:2], *CURVES[4:6]), "Cost", "No point keeps classification accuracy within 1 point"),
        ((ORIGINAL, *CURVES[:2], *CURVES[4:6]), "To add", "Higher qualities"),
        ((ORIGINAL, *CURVES[3:4], *CURVES[6:]), "To add", "Lower qualities: webp@40"),
    ],
)
def test_a_run_that_cannot_decide_says_what_to_add(tmp_path: Path, points: tuple, head: str, says: str) -> None:
    labels = points[0].codec == ORIGINAL.codec
    assert says in said(tmp_path, points, labels=labels)[head]


def test_nobody_is_asked_for_further_qualities_of_a_codec_that_has_none(tmp_path: Path) -> None:
    lossless = At("png", None, 11.0, float("inf"), 0.9, "effort=6")
    told = said(tmp_path, (ORIGINAL, lossless, *CURVES[:3]))
    assert "1 of jpeg" in told["To add"] and "png" not in told["To add"]


def test_without_a_task_only_quality_is_ranked(tmp_path: Path) -> None:
    told = said(tmp_path, task=False)
    assert told["Codec"].startswith("webp needs") and "No task was scored" in told["Cost"]
    assert "Beyond webp@" in told["Knee"] and "PSNR" in told["Knee"]


def test_a_run_without_rows_has_three_lines_too(tmp_path: Path) -> None:
    assert list(said(tmp_path, ())) == ["Codec", "Cost", "To add"]


def test_the_terminal_ends_with_what_the_page_begins_with(tmp_path: Path) -> None:
    analysis, page = analyse(write_run(tmp_path)), StringIO()
    print_analysis(analysis, Console(file=page, width=1000))
    made = data_of(write_report(analysis))["decision"]["lines"]
    assert [f"{line['head']}: {' '.join(line['sentences'])}" for line in made] == page.getvalue().splitlines()[-3:]


def test_the_page_has_the_numbers_behind_the_sentences(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, (ORIGINAL, *RISING)))
    made, decision = data_of(write_report(analysis))["decision"], decide(analysis)
    psnr = next(rank for rank in made["ranks"] if rank["label"] == "PSNR")
    gap = decision.ranks[-1].gap("webp", "jpeg")
    assert psnr["order"][0] == ["webp", None, None]
    assert psnr["order"][1] == ["jpeg", pytest.approx(fewer_percent(gap)), pytest.approx(gap.overlap)]
    (cost,) = made["costs"]
    assert [(row["curve"], row["cheapest"]["point"]) for row in cost["points"]] == [
        ("jpeg", "jpeg@80"), ("webp", "webp@80"),
    ]  # fmt: skip
    assert set(made["knees"]) == {"classification_accuracy", "psnr"} and made["knees"]["psnr"]["webp"] == "@40"


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (0.004, -0.002, 0.009, "it loses 0.4 points, 95 % interval -0.2 to 0.9"),
        (-0.004, -0.009, 0.002, "it gains 0.4 points, 95 % interval -0.2 to 0.9"),
        (0.0, -0.01, 0.02, "it loses 0.0 points, 95 % interval -1.0 to 2.0"),
        (0.01, None, None, "it loses 1 point"),
        (-0.02, None, 0.0, "it gains 2.0 points"),
    ],
)
def test_a_negative_loss_is_a_gain_and_so_are_the_ends_of_its_interval(
    analysis: Analysis, value: float, low: float | None, high: float | None, text: str
) -> None:
    accuracy = next(quantity for quantity in analysis.quantities if quantity.name == "classification_accuracy")
    assert loss_text(analysis, accuracy, Loss(analysis.dots[0], value, low, high)) == text


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analyse(write_run(tmp_path_factory.mktemp("run"), items=3))
