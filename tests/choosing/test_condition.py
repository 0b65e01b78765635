"""Conditions: what they say, how far a point is from them, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ahc_stream.choosing.condition import condition
from ahc_stream.choosing.gap import Gap
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.report import Estimate
from ahc_stream.report.resample import resample


@pytest.mark.parametrize(
    ("text", "kind", "bound"),
    [
        ("psnr >= 36", "level", 36.0),
        ("detection.mAP>=-0.01", "change", -0.01),
        ("detection.mAP >= 98 %", "share", 0.98),
        ("detection.mAP >= .3", "level", 0.3),
        ("ocr.cer <= +0.02", "change", 0.02),
        ("mae <= 4", "level", 4.0),
        (" tracking.IDSW <= 110% ", "share", 1.1),
    ],
)
def test_a_bound_is_of_a_value_a_change_or_a_share(text: str, kind: str, bound: float):
    read = condition(text)
    assert (read.kind, read.bound) == (kind, pytest.approx(bound))
    assert read.name == text.partition(">")[0].partition("<")[0].strip()


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("psnr", InvalidValue, "NAME >= BOUND"),
        ("psnr > 36", InvalidValue, "NAME >= BOUND"),
        ("psnr >= much", InvalidValue, "NAME >= BOUND"),
        ("psnr <= 36", InvalidValue, "Write >=: more is better"),
        ("ocr.cer >= 0.1", InvalidValue, "Write <=: less is better"),
        ("detection.mAP >= -98%", InvalidValue, "without a sign"),
        ("psnr >= -1", InvalidValue, "compares with the original as it is"),
        ("ssim >= 99%", InvalidValue, "compares with the original as it is"),
        ("detection.mAP >= -5", InvalidValue, "5 points"),
        ("detection.mAP >= 130", InvalidValue, "it is a share"),
        ("detection.mAP >= 130%", InvalidValue, "at most 100 %"),
        ("pnsr >= 36", UnknownName, "psnr"),
        ("detecton.mAP >= -0.01", UnknownName, "detection"),
        ("detection.map >= -0.01", UnknownName, "mAP"),
        ("detection. >= -0.01", UnknownName, "mAP"),
    ],
)
def test_what_says_nothing_is_refused(text: str, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        condition(text)


def estimate(value: float, replicates: list[float] | None = None) -> Estimate:
    return Estimate(value, 20, None if replicates is None else np.array(replicates))


def test_a_gap_is_the_way_to_the_bound_paired_with_the_original():
    change, share = condition("detection.mAP >= -0.01"), condition("detection.mAP >= 90%")
    after, before = estimate(0.30, [0.2, 0.4]), estimate(0.32, [0.3, 0.4])
    gap = change.gap(after, before)
    assert gap is not None and gap.value == pytest.approx(-0.01) and gap.is_sampled
    assert gap.replicates == pytest.approx([0.2 - 0.3 + 0.01, 0.01])
    gap = share.gap(after, before)
    assert gap is not None and gap.value == pytest.approx(0.30 - 0.288)
    error = condition("ocr.cer <= +0.02").gap(estimate(0.10), estimate(0.05))
    assert error is not None and error.value == pytest.approx(0.02 - 0.05)


def test_a_metric_is_known_and_needs_no_original():
    gap = condition("psnr >= 36").gap(estimate(35.9, [35.0, 37.0]), None)
    assert gap is not None and not gap.is_sampled and gap.p_value == 1.0
    lossless = condition("psnr >= 36").gap(estimate(float("inf")), None)
    assert lossless is not None and lossless.p_value == 0.0 and lossless.items_needed(0.01) is None


@given(values=st.lists(st.floats(-1, 1), min_size=8, max_size=40))
def test_the_p_value_is_that_of_a_t_test_over_items(values: list[float]):
    """Of a mean over items the bootstrap's standard error is the textbook's, but for the draws."""
    items = np.array(values) + np.linspace(0, 0.5, len(values))
    draws = resample([("data", f"{number:03d}") for number in range(len(items))], 4000, seed=1).draws
    gap = Gap(float(items.mean()), len(items), draws @ items / len(items))
    expected = stats.ttest_1samp(items, 0, alternative="greater").pvalue
    assert gap.p_value == pytest.approx(max(expected, 2.0 ** -len(items)), rel=0.5, abs=0.01)


def test_items_that_all_agree_say_no_more_than_a_sign_test():
    gap = Gap(0.01, 5, np.full(100, 0.01))
    assert gap.p_value == 2.0**-5 and gap.items_needed(0.001) == 10
    assert Gap(-0.01, 5, np.full(100, -0.01)).items_needed(0.001) is None


def test_the_items_needed_do_confirm_it():
    random = np.random.default_rng(0)
    items = random.normal(0.01, 0.1, 50)
    draws = resample([("data", f"{number:03d}") for number in range(50)], 2000, seed=1).draws
    gap = Gap(0.01, 50, draws @ (items - items.mean() + 0.01) / 50)
    needed = gap.items_needed(0.01)
    error = gap.standard_error
    assert needed is not None and error is not None
    fewer = error * np.sqrt(50 / needed)
    assert stats.t.sf(0.01 / fewer, 49) == pytest.approx(0.01, rel=0.05)
