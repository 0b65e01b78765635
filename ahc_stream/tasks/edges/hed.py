"""HED, holistically-nested edge detection (S. Xie, Z. Tu, ICCV 2015): VGG16 and a side output at each of its scales.

Two kinds of checkpoint are read, each with the network that its numbers belong to:

    .h5        Keras 3, block1 ... block5, dsn1 ... dsn5, fuse: pools that keep the odd last row and column ("SAME")
    otherwise  a torch file of the original Caffe weights, netVggOne ... netVggFiv, netScoreOne ..., netCombine:
               pools that drop it

Both take BGR minus the training set's mean, pad each convolution by one, and bring every side output to the frame's size
by bilinear interpolation. The Caffe network's frame of 35 pixels and its crop are in neither.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ahc_stream.core.errors import InvalidValue, MissingExtra

BGR_MEAN = (104.00698793, 116.66876762, 122.67891434)
CHANNELS = (64, 128, 256, 512, 512)
CONVOLUTIONS = (2, 2, 3, 3, 3)
LEAST_SIDE = 16
"""Pixels of a frame's shorter side: four pools halve it."""

_NUMBERS = ("One", "Two", "Thr", "Fou", "Fiv")


class Hed(nn.Module):
    """uint8 [N, 3, H, W] RGB -> float32 [N, H, W], the probability of an edge. At least LEAST_SIDE pixels a side."""

    def __init__(self, keep_odd: bool) -> None:
        """keep_odd: pools keep the last row and column of an odd size."""
        super().__init__()
        self.keep_odd = keep_odd
        inputs = (3, *CHANNELS)
        self.blocks = nn.ModuleList(
            nn.ModuleList(nn.Conv2d(outputs if i else inputs[b], outputs, 3, padding=1) for i in range(CONVOLUTIONS[b]))
            for b, outputs in enumerate(CHANNELS)
        )
        self.sides = nn.ModuleList(nn.Conv2d(channels, 1, 1) for channels in CHANNELS)
        self.fuse = nn.Conv2d(len(CHANNELS), 1, 1)
        self.register_buffer("mean", torch.tensor(BGR_MEAN).view(1, 3, 1, 1))

    def forward(self, frames: Tensor) -> Tensor:
        return torch.sigmoid(self.fuse(torch.cat(self.side_outputs(frames), dim=1))).squeeze(1)

    def side_outputs(self, frames: Tensor) -> list[Tensor]:
        """The five maps before the sigmoid, float32 [N, 1, H, W] each, the finest first."""
        features, maps = frames.flip(1).float() - self.mean, []
        for number, (block, side) in enumerate(zip(self.blocks, self.sides, strict=True)):
            if number:
                features = functional.max_pool2d(features, 2, ceil_mode=self.keep_odd)
            for convolution in block:
                features = functional.relu(convolution(features), inplace=True)
            coarse = side(features)
            maps.append(functional.interpolate(coarse, size=frames.shape[2:], mode="bilinear", align_corners=False))
        return maps


def load(path: Path, device: torch.device) -> Hed:
    """The network of a checkpoint, in evaluation mode and without gradients.

    Raises MissingExtra without h5py (a .h5 file only) and InvalidValue for a file that is no such checkpoint.
    """
    keras = path.suffix == ".h5"
    arrays = _read_keras(path) if keras else _read_torch(path)
    with torch.device("meta"):  # no random numbers for weights that are replaced
        network = Hed(keep_odd=keras)
    try:
        network.load_state_dict({"mean": torch.tensor(BGR_MEAN).view(1, 3, 1, 1), **arrays}, assign=True)
    except RuntimeError as error:
        raise _no_checkpoint(path, " ".join(str(error).split())[:300]) from error
    return network.eval().requires_grad_(False).to(device, memory_format=torch.channels_last)


def _layers(numbered: bool) -> dict[str, str]:
    """Our name of each convolution -> its name in a torch file (numbered) or in a Keras one."""
    names = {}
    for b, count in enumerate(CONVOLUTIONS):
        for i in range(count):
            place = 2 * i + (b > 0)  # among convolutions and rectifiers, behind the pool of all blocks but the first
            keras = f"block{b + 1}/layers/conv2d{f'_{i}' if i else ''}/vars"
            names[f"blocks.{b}.{i}"] = f"netVgg{_NUMBERS[b]}.{place}" if numbered else keras
        names[f"sides.{b}"] = f"netScore{_NUMBERS[b]}" if numbered else f"dsn{b + 1}/vars"
    return names | {"fuse": "netCombine.0" if numbered else "fuse/vars"}


def _read_keras(path: Path) -> dict[str, Tensor]:
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise MissingExtra.of("h5py", "edges") from error
    arrays = {}
    try:
        with h5py.File(path) as file:
            for ours, theirs in _layers(numbered=False).items():
                kernel = np.asarray(file[f"{theirs}/0"], np.float32)
                arrays[f"{ours}.weight"] = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())
                arrays[f"{ours}.bias"] = torch.from_numpy(np.asarray(file[f"{theirs}/1"], np.float32))
    except (OSError, KeyError, ValueError) as error:  # no HDF5 file; a layer that it lacks; an array of other axes
        raise _no_checkpoint(path, str(error)) from error
    return arrays


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {
            f"{ours}.{part}": state[f"{theirs}.{part}"].float()
            for ours, theirs in _layers(numbered=True).items()
            for part in ("weight", "bias")
        }
    except (OSError, RuntimeError, ValueError, pickle.UnpicklingError, EOFError, TypeError, AttributeError) as error:
        raise _no_checkpoint(path, str(error).split("\n")[0]) from error  # no file of torch.save, or none of tensors
    except KeyError as error:
        raise _no_checkpoint(path, f"no entry {error}") from error


def _no_checkpoint(path: Path, got: str) -> InvalidValue:
    todo = "name a Keras .h5 or a torch file of HED's weights, or download hed-bsds500 again"
    return InvalidValue(f"an HED checkpoint in {path}", got, todo)
