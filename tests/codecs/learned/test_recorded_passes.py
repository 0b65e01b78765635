"""Steps as one launch give the numbers of steps one by one. Without a GPU a recording is its work, called directly."""

from __future__ import annotations

import pytest
import torch

from ahc_stream.codecs.learned import recorded_passes
from ahc_stream.codecs.learned.arithmetic import fixed_arithmetic
from ahc_stream.codecs.learned.context_fixed import FixedContext
from ahc_stream.codecs.learned.context_passes import Passes, StepwisePasses
from ahc_stream.codecs.learned.recorded_passes import (
    BYTES_PER_PIXEL,
    RecordedPasses,
    RecordedQuantiser,
    RecordedReader,
    power_of_two,
)
from ahc_stream.codecs.learned.recorded_passes import SHAPES as SHAPES_KEPT
from ahc_stream.codecs.learned.recorded_steps import StepTable
from ahc_stream.codecs.learned.wavefront import ORDERS, sequence
from tests.codecs.learned.learned import CPU, codec_of

SHAPES = [(1, 1, 1), (3, 4, 6), (2, 7, 2), (2, 2, 9), (1, 5, 5)]


@pytest.fixture(scope="module", params=["cheng2020-anchor", "mbt2018-vbr"])
def prior(request):
    return codec_of(request.param).prior


def drawn(prior, shape: tuple[int, int, int], seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A latent and what a hyperprior may say of it."""
    random, (batch, height, width) = torch.Generator().manual_seed(seed), shape
    channels = prior.model.network.M
    latent = 3 * torch.randn(batch, channels, height, width, generator=random)
    return latent, torch.randn(batch, 2 * channels, height, width, generator=random)


def passes_of(prior) -> tuple[StepwisePasses, RecordedPasses]:
    context = prior.passes.context
    return StepwisePasses(context, prior.gaussian), RecordedPasses(context, prior.gaussian, CPU)


def check_same(prior, stepwise: Passes, recorded: Passes, shape, order: str, seed: int) -> None:
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
    stepwise, recorded = passes_of(prior)
    with fixed_arithmetic(CPU):
        for seed in range(2):  # the first time a shape comes, nothing is recorded
            check_same(prior, stepwise, recorded, shape, order, seed)


@pytest.fixture
def made(monkeypatch) -> list:
    """Every recording that is made."""
    made: list = []
    monkeypatch.setattr(recorded_passes, "recorded", lambda work, device: made.append(work) or work)
    return made


def test_a_recording_is_made_at_the_second_use_of_a_shape_and_serves_every_later_one(prior, made):
    stepwise, recorded = passes_of(prior)
    with fixed_arithmetic(CPU):
        counts = []
        for seed in range(4):
            check_same(prior, stepwise, recorded, (2, 4, 4), "wave", seed)
            counts.append(len(made))
    assert counts == [0, 2, 2, 2]  # one for writing, one for reading


def test_of_pictures_of_one_size_there_is_one_recording_for_each_power_of_two(prior, made):
    stepwise, recorded = passes_of(prior)
    with fixed_arithmetic(CPU):
        for seed, batch in enumerate([8, 5, 6, 7, 8, 5]):
            check_same(prior, stepwise, recorded, (batch, 2, 3), "raster", seed)
    assert len(made) == 2


def test_a_recording_that_was_let_go_is_made_again_at_once(prior, made):
    stepwise, recorded = passes_of(prior)
    shapes = [(1, 2, 2 + more) for more in range(SHAPES_KEPT)]
    with fixed_arithmetic(CPU):
        for shape in [*shapes, *shapes]:
            check_same(prior, stepwise, recorded, shape, "wave", seed=5)
        assert len(made) == 2 * len(shapes)
        check_same(prior, stepwise, recorded, shapes[0], "wave", seed=7)
    assert len(made) == 2 + 2 * len(shapes)


def test_recordings_hold_no_more_memory_than_they_may(prior, monkeypatch):
    _, recorded = passes_of(prior)
    monkeypatch.setattr(recorded_passes, "KEPT_BYTES", 3 << 20)
    with fixed_arithmetic(CPU):
        for batch in (1, 2, 8, 16, 1):
            for _ in range(2):
                recorded.quantise(*drawn(prior, (batch, 16, 24), seed=0))
            sizes = [each.nbytes for each in recorded._recordings.kept.values()]
            assert sum(sizes) <= 3 << 20 or len(sizes) == 1


@pytest.mark.parametrize("kind", [RecordedQuantiser, RecordedReader])
def test_a_recording_holds_no_more_memory_than_is_told(prior, kind):
    channels, height, width = prior.model.network.M, 48, 72  # of 1152 x 768 pixels
    table = StepTable.of(FixedContext(prior.model.network), torch.Size((2, 2 * channels, height, width)), "wave", CPU)
    pixels = 2 * height * width * 16**2
    assert kind(table, prior.gaussian).nbytes <= pixels * BYTES_PER_PIXEL * channels / LARGEST_LATENT


LARGEST_LATENT = 320
"""Channels of the widest model of the zoo."""


@pytest.mark.parametrize(("count", "filled"), [(1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (16, 16)])
def test_a_batch_is_filled_up_to_a_power_of_two(count, filled):
    assert power_of_two(count) == filled
