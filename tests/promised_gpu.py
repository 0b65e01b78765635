"""Tests that need a GPU: one mark, and one place that says what becomes of them where there is none.

@pytest.mark.gpu       the test runs on a machine with a GPU; `pytest -m gpu` runs these alone
AHC_STREAM_REQUIRE_CUDA=1   promises one: where there is none they fail, and never skip
"""

from __future__ import annotations

import os

import pytest
import torch

IS_PROMISED = os.environ.get("AHC_STREAM_REQUIRE_CUDA") == "1"
GPU = IS_PROMISED or torch.cuda.is_available()
"""Whether tests on a GPU are to run here: kernels that are interpreted elsewhere are compiled then."""

ON_GPU = pytest.param("cuda", marks=pytest.mark.gpu)
"""A device among the parameters of a test."""


def check(item: pytest.Item) -> None:
    """Skips a test with the mark where there is no GPU, or fails it where one was promised."""
    if item.get_closest_marker("gpu") is None or torch.cuda.is_available():
        return
    if IS_PROMISED:
        pytest.fail("AHC_STREAM_REQUIRE_CUDA=1 promises a GPU, and torch finds none", pytrace=False)
    pytest.skip("needs an NVIDIA GPU")
