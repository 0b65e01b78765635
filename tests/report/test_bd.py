"""Bjontegaard deltas: the package's own numbers, an integral of our own, refusals with their reason, monotone fits."""

from __future__ import annotations

from pathlib import Path

import bjontegaard
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.interpolate import PchipInterpolator
from sklearn.isotonic import IsotonicRegression

from ahc_stream.report import analyse, deltas
from ahc_stream.report.bd import METHODS, Curve, delta, overlap, risen
from tests.report.runs import CURVES, ORIGINAL, At, write_run

# x265 at two presets, kbit/s and PSNR: the example that the package bjontegaard publishes in its description
ANCHOR = Curve(np.array([1358.24, 2486.44, 4593.60, 9487.76]), np.array([34.851, 36.845, 38.615, 40.037]))
TEST = Curve(np.array([1356.24, 2451.52, 4469.00, 9787.80]), np.array([34.987, 36.970, 38.651, 40.121]))


@pytest.mark.parametrize("method", ["akima", "pchip"])
def test_published_curves_give_the_packages_own_numbers(method: str) -> None:
    row = delta(ANCHOR, TEST, method)
    pair = ANCHOR.bpp, ANCHOR.quality, TEST.bpp, TEST.quality
    assert row["rate_percent"] == bjontegaard.bd_rate(*pair, method=method)
    assert row["gain"] == bjontegaard.bd_psnr(*pair, method=method)
    assert (row["anchor_points"], row["test_points"], row["refused"]) == (4, 4, None)


def test_pchip_is_the_integral_of_the_definition() -> None:
    low, high = max(ANCHOR.quality[0], TEST.quality[0]), min(ANCHOR.quality[-1], TEST.quality[-1])
    areas = [
        quad(PchipInterpolator(c.quality, np.log10(c.bpp)), low, high, epsabs=1e-10, limit=200)[0]
        for c in (ANCHOR, TEST)
    ]
    expected = 100 * (10 ** ((areas[1] - areas[0]) / (high - low)) - 1)
    row = delta(ANCHOR, TEST, "pchip")
    assert row["rate_percent"] == pytest.approx(expected, rel=1e-6)
    assert row["rate_overlap"] == pytest.approx((high - low) / (40.121 - 34.851))


def test_lower_is_better_turns_the_gain_and_not_the_rate() -> None:
    up, down = delta(ANCHOR, TEST, "akima"), delta(ANCHOR, TEST, "akima", sign=-1.0)
    assert down["gain"] == -up["gain"] and down["rate_percent"] == up["rate_percent"]


@pytest.mark.parametrize(
    ("test", "why"),
    [
        (Curve(TEST.bpp[:3], TEST.quality[:3]), "3 points, 4 are needed"),
        (Curve(TEST.bpp[:1], TEST.quality[:1]), "1 point, 4 are needed"),
        (Curve(TEST.bpp, TEST.quality[::-1]), "does not rise"),
        (Curve(TEST.bpp, TEST.quality[[0, 1, 1, 3]]), "does not rise"),
        (Curve(TEST.bpp[[0, 1, 1, 3]], TEST.quality), "does not rise"),
        (Curve(TEST.bpp * 100, TEST.quality + 50), "share no range"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(test: Curve, why: str) -> None:
    row = delta(ANCHOR, test, "akima")
    assert why in row["refused"] and row.get("rate_percent") is None and row.get("gain") is None


def test_without_shared_quality_there_is_still_a_gain_at_equal_rate() -> None:
    row = delta(ANCHOR, Curve(TEST.bpp, TEST.quality + 50), "akima")
    assert row["rate_percent"] is None and row["gain"] == pytest.approx(50, abs=0.2) and row["refused"] is None


def test_the_monotone_fit_is_isotonic_regression_with_equal_levels_joined() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        bpp, values = np.sort(random.uniform(0.1, 2, 9)), random.normal(0, 1, 9) + np.arange(9) * 0.4
        fitted = IsotonicRegression().fit_transform(np.arange(9), values)
        curve = risen(Curve(bpp, values))
        assert curve.quality == pytest.approx(np.unique(fitted.round(12)), abs=1e-9)
        assert (np.diff(curve.quality) > 0).all() and (np.diff(curve.bpp) > 0).all()
    joined = risen(Curve(np.array([1.0, 2.0, 8.0]), np.array([0.2, 0.6, 0.4])))
    assert joined.bpp == pytest.approx([1.0, 4.0]) and joined.quality == pytest.approx([0.2, 0.5])
    assert joined.joined == 1


def test_a_run_has_metrics_and_headline_scores_in_both_directions(tmp_path: Path) -> None:
    rows = deltas(analyse(write_run(tmp_path))).to_pylist()
    found = {(row["quantity"], row["anchor"], row["method"]): row for row in rows}
    better = found["psnr", "jpeg:subsampling=420", "akima"]
    assert better["test"] == "webp" and better["rate_percent"] < -20 and not better["monotone_fit"]
    worse = found["psnr", "webp", "akima"]
    assert (1 + better["rate_percent"] / 100) * (1 + worse["rate_percent"] / 100) == pytest.approx(1)
    assert found["mse", "webp", "pchip"]["gain"] > 0  # more error at the same rate
    score = found["classification_accuracy", "webp", "akima"]
    assert score["monotone_fit"] and "rises over 3 of its 4 points, 4 are needed" in score["refused"]  # two are equal


def test_one_codec_has_nothing_to_compare(tmp_path: Path) -> None:
    assert deltas(analyse(write_run(tmp_path, (ORIGINAL, *CURVES[:4])))).num_rows == 0


def test_a_lossless_dot_is_no_point_of_a_curve(tmp_path: Path) -> None:
    perfect = At("jpeg", 100, 9.0, float("inf"), 0.9, "subsampling=420")
    rows = deltas(analyse(write_run(tmp_path, (*CURVES, perfect)))).to_pylist()
    assert {row["anchor_points"] for row in rows if row["quantity"] == "psnr" and row["anchor"].startswith("jpeg")} == {
        4
    }


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 2), (1, 4), 1 / 4),
        ((0, 4), (1, 2), 1 / 4),
        ((1, 3), (1, 3), 1),
        ((0, 1), (1, 2), 0),
        ((0, 1), (3, 4), 0),
        ((-3, -1), (-2, 1), 1 / 4),
    ],
)
def test_the_overlap_is_the_same_from_both_sides(one, other, expected: float) -> None:
    first, second = np.array(one, float), np.array(other, float)
    assert overlap(first, second) == overlap(second, first) == pytest.approx(expected)


def test_the_overlap_of_rates_is_on_their_logarithms() -> None:
    shared = np.log(9487.76 / 1358.24) / np.log(9787.80 / 1356.24)
    assert delta(ANCHOR, TEST, "akima")["gain_overlap"] == pytest.approx(shared)


def test_without_shared_rates_there_is_still_a_rate_at_equal_quality() -> None:
    row = delta(ANCHOR, Curve(TEST.bpp * 100, TEST.quality), "akima")
    assert row["gain"] is None and row["rate_percent"] > 8000 and row["refused"] is None


def test_a_step_that_akima_overshoots_is_refused_and_pchip_stays_between_the_points() -> None:
    """HOTA of a run: one codec saves nine tenths of the bits at every level, and Akima's mean says that it loses."""
    h264 = Curve(np.array([0.0099, 0.0313, 0.1057, 0.2111]), np.array([0.4795, 0.5702, 0.5863, 0.5887]))
    jpeg = Curve(np.array([0.2207, 0.3135, 0.4188, 0.7552]), np.array([0.4621, 0.5765, 0.5777, 0.5811]))
    assert "overshoots" in str(delta(jpeg, h264, "akima")["refused"])
    row = delta(jpeg, h264, "pchip")
    assert row["refused"] is None and -99 < float(row["rate_percent"] or 0) < -85


@given(st.data())
def test_a_delta_lies_between_the_least_and_the_greatest_ratio_of_rates(data: st.DataObject) -> None:
    """Whatever the curves: of neighbouring points of one and the other, at any quality that both have."""
    count = data.draw(st.integers(4, 7))
    steps = st.lists(st.floats(0.01, 5), min_size=count, max_size=count)
    one, other = (
        Curve(np.cumsum(np.array(data.draw(steps))), 20 + np.cumsum(np.array(data.draw(steps)))) for _ in "ab"
    )
    for method in METHODS:
        row = delta(one, other, method)
        if row.get("rate_percent") is not None:
            low, high = other.bpp.min() / one.bpp.max(), other.bpp.max() / one.bpp.min()
            assert 100 * (low - 1) - 1e-6 <= float(row["rate_percent"] or 0) <= 100 * (high - 1) + 1e-6
