"""What a learned codec's estimate of its bits depends on: the frame alone."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.codecs.learned.entropy_models import LEAST_LIKELIHOOD, bits_of


@given(st.integers(1, 6), st.integers(1, 192), st.integers(1, 40), st.integers(0, 10**6))
def test_the_bits_of_a_frame_do_not_depend_on_its_batch(batch: int, channels: int, side: int, seed: int) -> None:
    likelihoods = torch.rand(batch, channels, side, side, generator=torch.Generator().manual_seed(seed))
    alone = torch.cat([bits_of(likelihoods[i : i + 1]) for i in range(batch)])
    assert torch.equal(bits_of(likelihoods), alone)
    expected = -likelihoods.double().clamp(min=LEAST_LIKELIHOOD).log2().sum((1, 2, 3))
    assert torch.allclose(alone, expected, rtol=1e-12)
