"""Steps as one launch give the numbers of steps one by one. Without a GPU a recording is its work, called directly."""

from __future__ import annotations

import pytest
import torch

from ahc_stream.codecs.learned import recorded_passes
from ahc_stream.codecs.learned.arithmetic import fixed_arithmetic
from ahc_stream.codecs.learned.context_fixed import FixedContext
from ahc_stream.codecs.learned.context_passes import StepwisePasses
from ahc_stream.codecs.learned.recorded_passes import RecordedPasses
from ahc_stream.codecs.learned.wavefront import ORDERS, sequence
from tests.codecs.learned.learned import CPU, codec_of

SHAPES = [(1, 1, 1), (3, 4, 6), (2, 7, 2), (2, 2, 9), (1, 5, 5)]


@pytest.fixture(scope="module")
def prior():
    return codec_of("cheng2020-anchor").prior


def drawn(prior, shape: tuple[int, int, int], seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A latent and what a hyperprior may say of it."""
    random, (batch, height, width) = torch.Generator().manual_seed(seed), shape
    channels = prior.model.network.M
    latent = 3 * torch.randn(batch, channels, height, width, generator=random)
    return latent, torch.randn(batch, 2 * channels, height, width, generator=random)


def passes_of(prior) -> tuple[StepwisePasses, RecordedPasses]:
    context = FixedContext(prior.model.network)
    return StepwisePasses(context, prior.gaussian), RecordedPasses(context, prior.gaussian, CPU)


def check_same(prior, stepwise: StepwisePasses, recorded: RecordedPasses, shape, order: str, seed: int) -> None:
    latent, hyper = drawn(prior, shape, seed)
    one, other = stepwise.quantise(latent, hyper), recorded.quantise(latent, hyper)
    for name in ("symbols", "scales", "means", "values"):
        assert torch.equal(getattr(one, name), getattr(other, name)), name
    expected = one.symbols[:, sequence(order, *shape[1:])].int().flatten(1)
    results = []
    for passes in (stepwise, recorded):
        place, asked = 0, []

        def read(indexes: torch.Tensor, asked: list = asked) -> torch.Tensor:
            nonlocal place
            asked.append(indexes.clone())
            place += indexes.shape[1]
            return expected[:, place - indexes.shape[1] : place].contiguous()

        symbols, values = passes.read(read, hyper, order)
        assert torch.equal(symbols, expected) and torch.equal(values, one.values)
        results.append(torch.cat(asked, dim=1))
    assert torch.equal(*results)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_recorded_steps_quantise_and_read_what_single_steps_do(prior, order, shape):
    with fixed_arithmetic(CPU):
        check_same(prior, *passes_of(prior), shape, order, seed=0)


def test_a_recording_serves_the_next_latent_and_nothing_of_the_last_one_stays(prior, monkeypatch):
    made = []
    monkeypatch.setattr(recorded_passes, "recorded", lambda work, device: made.append(work) or work)
    stepwise, recorded = passes_of(prior)
    with fixed_arithmetic(CPU):
        for seed in range(3):
            check_same(prior, stepwise, recorded, (2, 4, 4), "wave", seed)
        assert len(made) == 2  # one for writing, one for reading
        for shape in SHAPES:  # more than are kept
            check_same(prior, stepwise, recorded, shape, "raster", seed=5)
        assert len(made) == 2 + 2 * len(SHAPES)
        check_same(prior, stepwise, recorded, (2, 4, 4), "wave", seed=7)
        assert len(made) == 4 + 2 * len(SHAPES)  # the first two were let go
