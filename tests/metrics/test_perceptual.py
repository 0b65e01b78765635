"""LPIPS: equal to its package and to torchmetrics' own code on the same trunk, made or real."""

from __future__ import annotations

import builtins
import pickle
from pathlib import Path
from typing import Any

import lpips
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchmetrics.functional.image.lpips import _LPIPS

from ahc_stream import weights
from ahc_stream.core.errors import InvalidValue, MissingData, MissingExtra
from ahc_stream.core.sharing import Shared
from ahc_stream.metrics import make_ready, measure, perceptual, standalone
from tests.metrics.frames import constant, strided, textured

TRUNKS = {"alex": ("AlexNet_0", "alexnet.ckpt"), "vgg": ("VGG16_0", "vgg16.ckpt")}
LEAST = {"alex": 31, "vgg": 16}
SAME = {"rtol": 1e-6, "atol": 1e-7}  # float32 on both sides, in another order of sums at most


def plain(trunk: str) -> nn.Module:
    """The package's model with a random trunk."""
    return lpips.LPIPS(net=trunk, pnet_rand=True, verbose=False)


def convolutions(model: nn.Module) -> list[nn.Conv2d]:
    return [layer for layer in model.net.modules() if isinstance(layer, nn.Conv2d)]


def write_trunk(model: nn.Module, trunk: str, home: Path) -> Path:
    """The trunk of `model` in the form of the table's files: numpy arrays, kernels as [rows, columns, in, out]."""
    layers = {
        f"Conv_{at}": {"kernel": layer.weight.detach().permute(2, 3, 1, 0).numpy(), "bias": layer.bias.detach().numpy()}
        for at, layer in enumerate(convolutions(model))
    }
    name, file = TRUNKS[trunk]
    path = home / "weights" / "lpips" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps({name: layers, "NetLinLayer_0": {}}, protocol=3))
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root of its own, and nothing made yet."""
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path))
    monkeypatch.delenv("AHC_STREAM_PATH", raising=False)
    monkeypatch.setattr(standalone, "_measurers", Shared())
    return tmp_path


def theirs(model: nn.Module, pair: tuple[Tensor, Tensor]) -> Tensor:
    x, y = (frames.float() / 127.5 - 1 for frames in pair)
    with torch.no_grad():
        return model(x, y).flatten().double()


@pytest.mark.parametrize("trunk", TRUNKS)
def test_a_made_trunk_gives_what_the_package_and_torchmetrics_give(trunk: str, home: Path) -> None:
    model = plain(trunk)
    write_trunk(model, trunk, home)
    pair = textured(2, 65, 83)
    ours = measure(*pair, [f"lpips_{trunk}"])[f"lpips_{trunk}"]
    assert ours.dtype == torch.float64 and (ours > 1e-4).all()
    torch.testing.assert_close(ours, theirs(model, pair), **SAME)
    other = _LPIPS(pretrained=True, net=trunk, pnet_rand=True)
    for target, source in zip(convolutions(other), convolutions(model), strict=True):
        target.load_state_dict(source.state_dict())
    torch.testing.assert_close(ours, theirs(other.eval(), pair), **SAME)
    assert_undefined_below(LEAST[trunk], f"lpips_{trunk}")


def assert_undefined_below(least: int, name: str) -> None:
    for shape in ((least - 1, 60), (60, least - 1)):
        assert measure(*textured(2, *shape), [name])[name].isnan().all()
    assert not measure(*textured(2, least, least), [name])[name].isnan().any()


@pytest.fixture(scope="module")
def alex() -> perceptual.Lpips:
    """The real one; skipped where its weights were not downloaded."""
    if weights.missing(["lpips-alex"]):
        pytest.skip("weights lpips-alex are under no root: ahc-stream data download lpips-alex")  # 64 MB
    return perceptual.alex(torch.device("cpu"))


def test_the_real_trunk_orders_noise_and_knows_no_difference_in_identity(alex: perceptual.Lpips) -> None:
    reference, _ = textured(1, 128, 128)
    values = [alex(reference, textured(1, 128, 128, noise=noise)[1]).item() for noise in (3, 12, 40)]
    assert 0 < values[0] < values[1] < values[2] < 1.5
    assert alex(reference, reference.clone()).item() == 0


def test_the_real_trunk_gives_the_values_that_torchmetrics_gave(alex: perceptual.Lpips) -> None:
    # torchmetrics 1.9.0 on the same pairs, with the trunk of the same file
    ramp = torch.arange(64, dtype=torch.uint8).mul(4).expand(1, 3, 64, 64)
    assert alex(ramp, 255 - ramp).item() == pytest.approx(0.40709, abs=1e-5)
    assert alex(*constant(64, 64, 0, 255)).item() == pytest.approx(0.81395, abs=1e-5)


@pytest.mark.parametrize("trunk", TRUNKS)
def test_values_depend_neither_on_what_shares_a_batch_nor_on_the_layout(trunk: str, home: Path) -> None:
    write_trunk(plain(trunk), trunk, home)
    network = getattr(perceptual, trunk)(torch.device("cpu"))
    pair = textured(5, 64, 80)
    alone = torch.cat([network(x[None], y[None]) for x, y in zip(*pair, strict=True)])
    assert torch.equal(network(*pair), alone) and torch.equal(network(*strided(*pair)), alone)


def test_a_nan_pixel_makes_its_frame_nan_and_no_other(alex: perceptual.Lpips) -> None:
    reference, distorted = (frames.float() for frames in textured(2, 64, 64))
    distorted[1, 1, 30, 30] = torch.nan
    assert alex(reference, distorted).isnan().tolist() == [False, True]


def test_making_it_uses_up_no_random_state_and_asks_for_nothing_from_the_network(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_trunk(plain("alex"), "alex", home)
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", None)
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    make_ready(["lpips_alex", "psnr"], torch.device("cpu"))
    assert torch.equal(torch.rand(3), expected)


def test_missing_weights_are_said_with_the_command_that_brings_them(home: Path) -> None:
    with pytest.raises(MissingData, match="data download lpips-vgg"):
        make_ready(["lpips_vgg"], torch.device("cpu"))


def test_a_missing_package_is_said_with_its_extra(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_trunk(plain("alex"), "alex", home)
    genuine = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "lpips":
            raise ModuleNotFoundError("No module named 'lpips'", name="lpips")
        return genuine(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"ahc-stream\[lpips\]"):
        make_ready(["lpips_alex"], torch.device("cpu"))


def test_a_file_that_wants_to_run_something_is_refused(home: Path) -> None:
    path = write_trunk(plain("alex"), "alex", home)
    path.write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    with pytest.raises(InvalidValue, match=r"wants os\.system"):
        make_ready(["lpips_alex"], torch.device("cpu"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda tree: tree["AlexNet_0"].pop("Conv_3"),
        lambda tree: tree["AlexNet_0"]["Conv_1"].update(bias=np.zeros(7, np.float32)),
        lambda tree: tree["AlexNet_0"].update(Conv_0=None),
        lambda tree: tree.pop("AlexNet_0"),
    ],
    ids=["a layer less", "another shape", "no arrays", "no trunk"],
)
def test_a_damaged_trunk_is_named(damage: Any, home: Path) -> None:
    path = write_trunk(plain("alex"), "alex", home)
    tree = pickle.loads(path.read_bytes())
    damage(tree)
    path.write_bytes(pickle.dumps(tree))
    with pytest.raises(InvalidValue, match=r"(?s)alexnet\.ckpt.*Remove it and download it again"):
        make_ready(["lpips_alex"], torch.device("cpu"))


def test_half_a_file_is_named(home: Path) -> None:
    path = write_trunk(plain("alex"), "alex", home)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(InvalidValue, match="Remove it and download it again"):
        make_ready(["lpips_alex"], torch.device("cpu"))
