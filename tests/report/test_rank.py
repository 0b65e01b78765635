"""The order of codecs: the package's own delta of each pair, offsets that are known, groups that share no range."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path

import bjontegaard
import numpy as np
import pytest

from ahc_stream.report import analyse
from ahc_stream.report.bd import Curve
from ahc_stream.report.quantity import METRIC, Quantity
from ahc_stream.report.rank import rank, rank_of
from tests.report.runs import CURVES, ORIGINAL, write_run

QUALITY = Quantity("q", METRIC, "q", "Q", headline=True)
BPP = np.array([0.1, 0.25, 0.6, 1.4, 3.0])
VALUES = np.array([24.0, 28.0, 31.5, 35.0, 38.0])


def times(factor: float) -> Curve:
    """The same quality for `factor` times the bits."""
    return Curve(BPP * factor, VALUES)


def test_known_factors_give_their_order_and_their_percentages() -> None:
    factors = {"twice": 2.0, "least": 1.0, "half as much again": 1.5}
    for names in permutations(factors):
        ranked = rank_of({name: times(factors[name]) for name in names}, QUALITY)
        assert ranked.order == ("least", "half as much again", "twice") and ranked.refused == {}
        assert ranked.gap("least", "twice").percent == pytest.approx(100)
        assert ranked.gap("half as much again", "twice").percent == pytest.approx(100 / 3)
        assert {gap.overlap for gap in ranked.gaps} == {1.0}


def test_random_curves_are_ordered_by_their_mean_log_rate_and_gaps_are_the_packages() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        curves = {}
        for name in "abcd":
            inner = np.sort(random.uniform(25, 37, 3))
            quality = np.array([24, *inner, 38])  # all of one range, so that all pairs weigh alike
            curves[name] = Curve(np.sort(random.uniform(0.1, 3, 5)), quality)
        percent = {
            (one, other): bjontegaard.bd_rate(
                curves[one].bpp, curves[one].quality, curves[other].bpp, curves[other].quality,
                method="pchip", require_matching_points=False, min_overlap=0,
            )
            for one, other in permutations(curves, 2)
        }  # fmt: skip
        mean = {
            name: np.mean([np.log1p(percent[name, other] / 100) for other in curves if other != name])
            for name in curves
        }
        ranked = rank_of(curves, QUALITY)
        assert list(ranked.order) == sorted(curves, key=lambda name: -mean[name])
        for gap in ranked.gaps:
            assert gap.percent == pytest.approx(percent[gap.one, gap.other], rel=1e-9)
        assert [(gap.one, gap.other) for gap in ranked.gaps] == list(combinations(ranked.order, 2))


def test_a_chain_ranks_curves_that_share_no_range_themselves() -> None:
    low, high = Curve(BPP, VALUES - 20), Curve(BPP * 20, VALUES + 5)
    middle = Curve(np.geomspace(0.3, 30, 6) * 3, np.linspace(8, 42, 6))
    ranked = rank_of({"high": high, "middle": middle, "low": low}, QUALITY)
    assert set(ranked.order) == {"low", "middle", "high"} and ranked.gap(*(set(ranked.order) - {"middle"})) is None
    assert len(ranked.gaps) == 2


def test_what_cannot_be_compared_is_left_out_with_the_reason() -> None:
    short, far = Curve(BPP[:3], VALUES[:3]), Curve(BPP, VALUES + 100)
    ranked = rank_of({"short": short, "one": times(1), "far": far, "two": times(2)}, QUALITY)
    assert ranked.order == ("one", "two")
    assert "it has 3 points, 4 are needed" in ranked.refused["short"] and "share no range" in ranked.refused["far"]
    assert rank_of({"one": times(1)}, QUALITY).order == ()


def test_of_an_error_less_is_better(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path))
    by_name = {quantity.name: quantity for quantity in analysis.quantities}
    psnr, mse = rank(analysis, by_name["psnr"]), rank(analysis, by_name["mse"])
    assert psnr.order == mse.order == ("webp", "jpeg")
    assert rank(analysis, replace(by_name["psnr"], higher_is_better=None)).order == ()
    accuracy = rank(analysis, by_name["classification_accuracy"])
    assert accuracy.order == () and "3 of its 4 points" in accuracy.refused["webp"]


def test_one_codec_has_no_order(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, (ORIGINAL, *CURVES[:4])))
    assert rank(analysis, analysis.leading_metric).order == ()
