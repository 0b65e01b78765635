"""Codecs of variable rate: CompressAI's strings and pictures at any scale, from one checkpoint."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from ahc_stream import codecs
from ahc_stream.codecs.learned.checkpoint import locate
from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.codecs.learned.random_weights import random_networks
from ahc_stream.codecs.learned.variable_rate import Float32Offsets, Float64Offsets, each_position
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.point import OperatingPoint
from tests.codecs.learned.learned import ARCHITECTURES, CPU, clip_of, codec_of, narrow, pictures, sent

HYPERPRIORS = ["bmshj2018-hyperprior-vbr", "mbt2018-mean-vbr"]
CONTEXT = "mbt2018-vbr"
MODELS = [*HYPERPRIORS, CONTEXT]


@cache
def without_step_of_z(name: str) -> str:
    """A checkpoint whose z is rounded to whole numbers at every scale."""
    folder = Path(tempfile.mkdtemp(prefix="ahc-narrow-"))
    atexit.register(shutil.rmtree, folder)
    networks = random_networks(ARCHITECTURES[name], (16, 24, False), 0)
    torch.save(networks.state_dict(), folder / f"{name}.pth")
    return str(folder / f"{name}.pth")


CHECKPOINTS = [*((name, of) for name in HYPERPRIORS for of in (narrow, without_step_of_z)), (CONTEXT, narrow)]
"""Codecs, and what makes a file of their weights."""


def small_pictures(name: str) -> tuple[torch.Tensor, PicturePadding]:
    """uint8 [2, 3, H, W], smaller where CompressAI goes from position to position; and how they are padded."""
    height, width = (50, 60) if name == CONTEXT else (65, 130)
    return pictures(2, height, width), PicturePadding(height, width, 64)


def in_their_arithmetic(name: str, file: str, scale: float):
    """Our codec; the context model's default arithmetic has other last bits than CompressAI's."""
    return codec_of(name, file, scale, **({"arithmetic": "float32"} if name == CONTEXT else {}))


def compressais(name: str, file: str, scale: torch.Tensor) -> torch.nn.Module:
    """Its own model with the weights of a file, and the tables of a scale."""
    state = torch.load(file)
    model = ARCHITECTURES[name].build(*ARCHITECTURES[name].channels_of(state)).eval()
    if model.vr_entbttlnck:  # its class takes no tables from a checkpoint
        for table in ("_offset", "_quantized_cdf", "_cdf_length"):
            state[f"entropy_bottleneck.{table}"] = torch.IntTensor()
    model.load_state_dict(state)
    model.update(force=True, scale=scale)
    return model


@torch.no_grad()
@pytest.mark.parametrize(("name", "weights"), CHECKPOINTS)
@pytest.mark.parametrize("scale", [0.1, 0.373, 1, 2.5])
def test_strings_and_picture_are_those_of_compressai(name, weights, scale):
    frames, padding = small_pictures(name)
    codec = in_their_arithmetic(name, weights(name), scale)
    bitstream, reconstruction = codec.encode_with_reconstruction(clip_of(frames))
    inputscale = torch.tensor(scale, dtype=torch.float32)
    model = compressais(name, weights(name), inputscale)
    for i, unit in enumerate(bitstream.units):
        theirs = model.compress(padding.to_network(frames[i : i + 1]), inputscale=inputscale)
        x_hat = model.decompress(theirs["strings"], theirs["shape"], inputscale=inputscale)["x_hat"]
        assert unit.payload == b"".join(string for (string,) in theirs["strings"])
        assert bitstream.header["latent"] == list(theirs["shape"])
        assert torch.equal(reconstruction[i : i + 1], padding.to_frames(x_hat))


@torch.no_grad()
@pytest.mark.parametrize("name", MODELS)
def test_the_estimate_of_y_is_that_of_forward(name):
    """That of z is not: `forward()` gives its step to an argument that is another, and takes a step of 1."""
    (frames, padding), scale = small_pictures(name), torch.tensor(0.373)
    file = narrow(name) if name == CONTEXT else without_step_of_z(name)
    bits = in_their_arithmetic(name, file, 0.373).encode(clip_of(frames[:1])).estimated_bits[0]
    likelihoods = compressais(name, file, scale)(padding.to_network(frames[:1]), inputscale=scale)[
        "likelihoods"
    ].values()
    assert bits == pytest.approx(sum(float(-torch.log2(each).double().sum()) for each in likelihoods), rel=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_one_checkpoint_serves_every_scale_and_more_scale_is_more_rate(name):
    points = codecs.parse(rf"{name}@0.1,0.373,1:weights={narrow(name)}")
    assert [point.quality for point in points] == [0.1, 0.373, 1]
    clip = clip_of(pictures(1, 128, 128))
    sizes = [codec_of(name, quality=point.quality).encode(clip).payload_bits[0] for point in points]
    assert all(1.15 * a < b for a, b in pairwise(sizes))


@pytest.mark.parametrize("name", HYPERPRIORS)
def test_the_scale_changes_the_step_of_z(name):
    """So that the other tests have something to say."""
    low, high = (codec_of(name, quality=scale).prior.bottleneck for scale in (0.1, 1))
    assert not torch.equal(low.step, high.step)
    assert low.tables.digest != high.tables.digest


@pytest.mark.parametrize("name", MODELS)
def test_symbols_are_moved_towards_zero(name):
    symbols = torch.tensor([-2.0, 0.0, 3.0])[None, :, None, None]
    gaussian = codec_of(name).prior.gaussian
    moved = gaussian.reconstruct(symbols, torch.full_like(symbols, 2.0), None).flatten()
    assert moved[1] == 0 and not torch.equal(moved, symbols.flatten())


@torch.no_grad()
def test_offsets_in_one_order_of_summation_are_compressais_up_to_rounding_and_no_batch_changes_them():
    network, scale = codec_of(CONTEXT).model.network.QuantABCD, torch.tensor(0.373)
    deviations = 0.11 + 20 * torch.rand(3, 5, 24, generator=torch.Generator().manual_seed(0))
    ours, theirs = Float64Offsets(network, scale), Float32Offsets(network, scale, each_position)
    expected = theirs(deviations)
    torch.testing.assert_close(ours(deviations), expected, rtol=1e-5, atol=1e-5)
    assert expected.std() > 0.1  # something to be equal to
    for offsets in (ours, theirs):
        alone = torch.stack([offsets(deviations[i : i + 1, j : j + 1])[0, 0] for i in range(3) for j in range(5)])
        assert torch.equal(alone.view(deviations.shape), offsets(deviations))


@torch.no_grad()
def test_the_scale_shifts_what_the_context_says():
    """Nothing is known and the hyperprior says nothing: what is left is the scale's own term."""
    hyper, first = torch.zeros(1, 48, 1, 1), torch.zeros(1, dtype=torch.int64)
    of_scales = []
    for arithmetic in ("float64", "float32"):
        for scale in (0.1, 1):
            state = codec_of(CONTEXT, quality=scale, arithmetic=arithmetic).prior.passes.context.begin(hyper)
            of_scales.append(torch.cat(state.parameters(first, state.above(first)), dim=2))
    low, high, low_of_theirs, high_of_theirs = of_scales
    assert (low - high).abs().max() > 0.01
    torch.testing.assert_close((low, high), (low_of_theirs, high_of_theirs), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_a_stream_names_its_scale_and_a_codec_of_another_refuses_it(name):
    bitstream = sent(codec_of(name, quality=0.373).encode(clip_of(pictures(1, 64, 64))))
    assert bitstream.header["quality"] == 0.373
    with pytest.raises(CodecError, match=r"whose quality is 0\.5.*got 0\.373"):
        codec_of(name, quality=0.5).decode(bitstream)


@pytest.mark.parametrize("name", MODELS)
def test_a_folder_has_one_file_for_all_scales(name, tmp_path):
    file = tmp_path / f"{name}-mse.pth"
    file.touch()
    assert {locate(OperatingPoint(name, scale), str(tmp_path)) for scale in (0.1, 0.373)} == {file}
    assert {codecs.weights_needed(OperatingPoint(name, scale)) for scale in (0.1, 1)} == {(f"{name}-mse",)}


@pytest.mark.parametrize("name", MODELS)
def test_a_point_without_a_scale_is_refused_though_it_names_a_file(name):
    assert len(codecs.parse(f"{name}:weights={narrow(name)}")) == len(codecs.CODECS[name].qualities())
    with pytest.raises(InvalidValue, match="a quality"):
        codecs.make(OperatingPoint(name, None, (("weights", "mine"),)), CPU, narrow(name))
    for scale in ("0.01", "5"):
        with pytest.raises(InvalidValue, match=r"a number 0\.02\.\.4 \(scale of the latent"):
            codecs.parse(f"{name}@{scale}")
