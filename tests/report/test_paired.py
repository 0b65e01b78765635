"""McNemar and Holm against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as oracle
from statsmodels.stats.multitest import multipletests

from ahc_stream.report.paired import holm, mcnemar


@pytest.mark.parametrize(("lost", "won"), [(0, 1), (3, 0), (9, 1), (5, 5), (40, 21), (300, 250)])
def test_mcnemar_is_statsmodels_exact_test(lost: int, won: int) -> None:
    expected = oracle([[50, lost], [won, 20]], exact=True).pvalue
    assert mcnemar(lost, won) == pytest.approx(expected, rel=1e-12)


def test_no_flip_is_no_evidence() -> None:
    assert mcnemar(0, 0) == 1.0


def test_holm_is_statsmodels() -> None:
    random = np.random.default_rng(5)
    for size in (1, 2, 7, 300):
        p = random.uniform(0, 1, size) ** 3
        p[: size // 3] = p[0]  # ties
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], rel=1e-12)
    assert holm([]) == []
