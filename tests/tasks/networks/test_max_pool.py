"""Maxima axis by axis are torch's own, number by number."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from ahc_stream.tasks.networks.max_pool import max_pool3d

THREE = st.tuples(*[st.integers(1, 3)] * 3)


@settings(max_examples=150, deadline=None)
@given(kernel=THREE, stride=THREE, more=st.tuples(*[st.integers(0, 9)] * 3), seed=st.integers(0, 2**32))
def test_windows_of_all_sizes_and_strides_have_torchs_maxima(kernel, stride, more, seed):
    sides = [taps + extra for taps, extra in zip(kernel, more, strict=True)]
    x = torch.randn(2, 3, *sides, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(max_pool3d(x, kernel, stride), F.max_pool3d(x, kernel, stride))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_not_finite_win_or_lose_as_in_torch(value: float):
    x = torch.randn(1, 2, 5, 7, 7, generator=torch.Generator().manual_seed(0))
    x[:, :, 2, 3, ::2] = value
    both = max_pool3d(x, (3, 3, 3), (1, 2, 1)), F.max_pool3d(x, (3, 3, 3), (1, 2, 1))
    torch.testing.assert_close(*both, rtol=0, atol=0, equal_nan=True)
