"""DISTS: its authors' own network and torchmetrics' on the same trunk, and what LPIPS' trunk must be."""

from __future__ import annotations

import builtins
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.vgg import cfgs, make_layers

from ahc_stream import weights
from ahc_stream.core.errors import InvalidValue, MissingData, MissingExtra
from ahc_stream.core.sharing import Shared
from ahc_stream.metrics import dists, make_ready, measure, standalone
from tests.metrics.frames import strided, textured
from tests.metrics.test_perceptual import plain, write_trunk

CPU = torch.device("cpu")
SAME = {"rtol": 1e-5, "atol": 1e-6}  # float32 on both sides

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root of its own, and nothing made yet."""
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path))
    monkeypatch.delenv("AHC_STREAM_PATH", raising=False)
    monkeypatch.setattr(standalone, "_measurers", Shared())
    return tmp_path


@pytest.fixture(scope="module")
def trunk() -> nn.Module:
    """LPIPS' model with a random VGG16, which takes seconds to make."""
    return plain("vgg")


def authors(trunk: nn.Module) -> nn.Module:
    """The authors' network, with the convolutions of `trunk` where it would download them, and its own weights."""
    package = pytest.importorskip("DISTS_pytorch.DISTS_pt", reason="pip install dists-pytorch")
    features = make_layers(cfgs["D"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torchvision.models, "vgg16", lambda pretrained: SimpleNamespace(features=features))
        network = package.DISTS(load_weights=False)
    stored = torch.load(Path(package.__file__).parent / "weights.pt", weights_only=True)
    network.alpha.data, network.beta.data = stored["alpha"], stored["beta"]
    targets = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    sources = [layer for layer in trunk.net.modules() if isinstance(layer, nn.Conv2d)]
    for target, source in zip(targets, sources, strict=True):
        target.load_state_dict(source.state_dict())
    return network


def theirs(network: nn.Module, pair: tuple[Tensor, Tensor]) -> Tensor:
    x, y = (frames.float() / 255 for frames in pair)
    return network(x, y).double().reshape(len(x))


def test_values_are_those_of_the_authors_network(home: Path, trunk: nn.Module) -> None:
    write_trunk(trunk, "vgg", home)
    network = authors(trunk)
    for shape in ((65, 83), (16, 16)):
        pair = textured(2, *shape)
        ours = measure(*pair, ["dists"])["dists"]
        assert ours.dtype == torch.float64 and (ours > 1e-4).all()
        torch.testing.assert_close(ours, theirs(network, pair), **SAME)


def test_values_depend_neither_on_what_shares_a_batch_nor_on_the_layout(home: Path, trunk: nn.Module) -> None:
    write_trunk(trunk, "vgg", home)
    network = dists.make(CPU)
    pair = textured(3, 40, 56)
    alone = torch.cat([network(x[None], y[None]) for x, y in zip(*pair, strict=True)])
    assert torch.equal(network(*pair), alone) and torch.equal(network(*strided(*pair)), alone)
    assert network(*textured(2, 15, 40)).isnan().all()
    reference, distorted = (frames.float() for frames in textured(2, 32, 32))
    distorted[1, 1, 20, 20] = torch.nan
    assert network(reference, distorted).isnan().tolist() == [False, True]


def test_the_real_trunk_orders_noise_and_knows_no_difference_in_identity() -> None:
    if weights.missing([dists.WEIGHT]):
        pytest.skip("weights lpips-vgg are under no root: ahc-stream data download lpips-vgg")
    network = dists.make(CPU)
    reference, _ = textured(1, 96, 96)
    values = [network(reference, textured(1, 96, 96, noise=noise)[1]).item() for noise in (3, 12, 40)]
    assert 0 < values[0] < values[1] < values[2] < 1
    assert network(reference, reference.clone()).item() == pytest.approx(0, abs=1e-6)


def test_making_it_uses_up_no_random_state_and_asks_for_nothing_from_the_network(
    home: Path, trunk: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_trunk(trunk, "vgg", home)
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", None)
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    make_ready(["dists"], CPU)
    assert torch.equal(torch.rand(3), expected)


def test_missing_and_damaged_weights_are_said(home: Path) -> None:
    with pytest.raises(MissingData, match="data download lpips-vgg"):
        make_ready(["dists"], CPU)
    path = write_trunk(plain("alex"), "vgg", home)
    with pytest.raises(InvalidValue, match=r"(?s)vgg16\.ckpt.*Remove it and download it again"):
        make_ready(["dists"], CPU)
    assert path.exists()


def test_a_missing_package_is_said_with_its_extra(
    home: Path, trunk: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_trunk(trunk, "vgg", home)
    genuine = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("torchmetrics"):
            raise ModuleNotFoundError("No module named 'torchmetrics'", name="torchmetrics")
        return genuine(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"ahc-stream\[dists\]"):
        make_ready(["dists"], CPU)
