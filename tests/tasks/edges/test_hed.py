"""HED from its two kinds of files: Keras' own numbers from the real weights, and made files of both layouts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from ahc_stream import weights
from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.tasks.edges import hed

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "hed_keras.json").read_text())
CPU = torch.device("cpu")
NUMBERS = ("One", "Two", "Thr", "Fou", "Fiv")


def drawn(height: int, width: int) -> torch.Tensor:
    """The picture that the golden numbers are of, uint8 [1, 3, height, width]."""
    y, x = np.mgrid[:height, :width]
    planes = [(y * 7 + x * 3) % 256, 255 * ((x // 11 + y // 13) % 2), (x * x + y * y) // 17 % 256]
    return torch.from_numpy(np.stack(planes).astype(np.uint8))[None]


def real_weights() -> Path:
    try:
        return weights.find("hed-bsds500")
    except MissingData as error:
        pytest.skip(str(error))  # absent on a fresh machine; the message says which command brings them


def test_the_real_weights_give_keras_own_numbers() -> None:
    """Float32 sums in another order: the side outputs, up to 15, agree within 1e-5 of that."""
    network = hed.load(real_weights(), CPU)
    frames = drawn(GOLDEN["height"], GOLDEN["width"])
    rows, columns = np.transpose(GOLDEN["pixels"])
    with torch.inference_mode():
        sides, probability = network.side_outputs(frames), network(frames)[0].numpy()
    for side, expected in zip(sides, GOLDEN["sides"], strict=True):
        assert np.abs(side[0, 0].numpy()[rows, columns] - expected).max() < 1.5e-4
    assert np.abs(probability[rows, columns] - GOLDEN["probability"]).max() < 1e-5
    assert probability.mean() == pytest.approx(GOLDEN["mean_probability"], abs=1e-6)


def made_state(seed: int = 0) -> dict[str, torch.Tensor]:
    """A state dict in the torch file's layout, with small random weights."""
    random, state, inputs = torch.Generator().manual_seed(seed), {}, 3
    for block, (channels, count) in enumerate(zip(hed.CHANNELS, hed.CONVOLUTIONS, strict=True)):
        for i in range(count):
            place = f"netVgg{NUMBERS[block]}.{2 * i + (block > 0)}"
            state[f"{place}.weight"] = (
                torch.randn(channels, inputs, 3, 3, generator=random) * (1.4 / (9 * inputs)) ** 0.5
            )
            state[f"{place}.bias"] = torch.randn(channels, generator=random) * 0.01
            inputs = channels
        state[f"netScore{NUMBERS[block]}.weight"] = torch.randn(1, channels, 1, 1, generator=random) * 0.05
        state[f"netScore{NUMBERS[block]}.bias"] = torch.randn(1, generator=random) * 0.05
    state["netCombine.0.weight"] = torch.randn(1, 5, 1, 1, generator=random) * 0.3
    state["netCombine.0.bias"] = torch.randn(1, generator=random) * 0.05
    return state


def by_names(state: dict[str, torch.Tensor], frames: torch.Tensor) -> torch.Tensor:
    """The network spelt out with the torch file's names; its pools drop an odd last row."""
    x, sides = frames.flip(1).float() - torch.tensor([104.00698793, 116.66876762, 122.67891434]).view(1, 3, 1, 1), []
    for block, count in enumerate(hed.CONVOLUTIONS):
        x = functional.max_pool2d(x, 2) if block else x
        for i in range(count):
            place = f"netVgg{NUMBERS[block]}.{2 * i + (block > 0)}"
            x = functional.relu(functional.conv2d(x, state[f"{place}.weight"], state[f"{place}.bias"], padding=1))
        place = f"netScore{NUMBERS[block]}"
        side = functional.conv2d(x, state[f"{place}.weight"], state[f"{place}.bias"])
        sides.append(functional.interpolate(side, size=frames.shape[2:], mode="bilinear", align_corners=False))
    fused = functional.conv2d(torch.cat(sides, 1), state["netCombine.0.weight"], state["netCombine.0.bias"])
    return torch.sigmoid(fused)[:, 0]


def test_a_torch_file_gives_what_its_names_say(tmp_path: Path) -> None:
    state = made_state()
    torch.save(state, tmp_path / "network-bsds500.pytorch")
    network = hed.load(tmp_path / "network-bsds500.pytorch", CPU)
    frames = torch.cat([drawn(37, 45), drawn(37, 45).flip(3)])
    with torch.inference_mode():
        ours = network(frames)
    assert torch.allclose(ours, by_names(state, frames), atol=1e-5) and ours.std() > 0.01


def test_a_batch_gives_what_each_frame_gives(tmp_path: Path) -> None:
    torch.save(made_state(), tmp_path / "hed.pth")
    network = hed.load(tmp_path / "hed.pth", CPU)
    frames = torch.cat([drawn(32, 40), drawn(32, 40).flip(2)])
    with torch.inference_mode():
        assert torch.allclose(network(frames)[1], network(frames[1:])[0], atol=1e-5)


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    text = tmp_path / "text.pth"
    text.write_text("no weights")
    partial = tmp_path / "partial.pth"
    torch.save({"netVggOne.0.weight": torch.zeros(1)}, partial)
    wrong = tmp_path / "wrong.pth"
    torch.save({**made_state(), "netCombine.0.weight": torch.zeros(1, 4, 1, 1)}, wrong)
    empty = tmp_path / "empty.h5"
    h5py.File(empty, "w").close()
    not_hdf5 = tmp_path / "not.h5"
    not_hdf5.write_text("no weights")
    for path in (text, partial, wrong, empty, not_hdf5, tmp_path / "nothing.pth"):
        with pytest.raises(InvalidValue, match="an HED checkpoint"):
            hed.load(path, CPU)
