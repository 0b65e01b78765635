"""HED, holistically-nested edge detection (S. Xie, Z. Tu, ICCV 2015): VGG16 and a side output at each of its scales.

Two kinds of checkpoint are read, each with the network that its numbers belong to:

    .h5        Keras 3, block1 ... block5, dsn1 ... dsn5, fuse: pools that keep the odd last row and column ("SAME")
    otherwise  a torch file of the original Caffe weights, netVggOne ... netVggFiv, netScoreOne ..., netCombine:
               pools that drop it

Both take BGR minus the training set's mean, pad each convolution by one, and bring every side output to the frame's
size by bilinear interpolation. The Caffe network's frame of 35 pixels and its crop are in neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.networks import hdf5
from ahc_stream.weights.unpickle import UnreadableFile, read_torch

BGR_MEAN = (104.00698793, 116.66876762, 122.67891434)
CHANNELS = (64, 128, 256, 512, 512)
CONVOLUTIONS = (2, 2, 3, 3, 3)
LEAST_SIDE = 16
"""Pixels that each side must have, since four pools halve it. A smaller frame is continued by its border pixels."""

_NUMBERS = ("One", "Two", "Thr", "Fou", "Fiv")


class Hed(nn.Module):
    """uint8 [N, 3, H, W] RGB -> float32 [N, H, W], the probability of an edge."""

    mean: Tensor

    def __init__(self, keep_odd: bool) -> None:
        """keep_odd: pools keep the last row and column of an odd size."""
        super().__init__()
        self.keep_odd = keep_odd
        inputs = (3, *CHANNELS)
        self.blocks = nn.ModuleList(
            _block(inputs[number], channels, CONVOLUTIONS[number]) for number, channels in enumerate(CHANNELS)
        )
        self.sides = nn.ModuleList(nn.Conv2d(channels, 1, 1) for channels in CHANNELS)
        self.fuse = nn.Conv2d(len(CHANNELS), 1, 1)
        self.register_buffer("mean", _mean())

    def forward(self, frames: Tensor) -> Tensor:
        height, width = frames.shape[2:]
        fused = self.fuse(torch.cat(self._whole_outputs(frames), dim=1))
        return torch.sigmoid(fused)[:, 0, :height, :width]

    def side_outputs(self, frames: Tensor) -> list[Tensor]:
        """The five maps before the sigmoid, float32 [N, 1, H, W] each, the finest first."""
        height, width = frames.shape[2:]
        return [whole[:, :, :height, :width] for whole in self._whole_outputs(frames)]

    def _whole_outputs(self, frames: Tensor) -> list[Tensor]:
        """The same of a small frame with what continues it. They are fused whole: a convolution and a sigmoid may
        round otherwise for another width."""
        pixels = _at_least(LEAST_SIDE, frames.flip(1).float())
        features, size = pixels - self.mean, pixels.shape[2:]
        maps = []
        for number, (block, side) in enumerate(zip(self.blocks, self.sides, strict=True)):
            if number:
                features = functional.max_pool2d(features, 2, ceil_mode=self.keep_odd)
            for convolution in cast(nn.ModuleList, block):  # a list of modules knows no more of its members' class
                features = functional.relu(convolution(features), inplace=True)
            coarse = side(features)
            maps.append(functional.interpolate(coarse, size=size, mode="bilinear", align_corners=False))
        return maps


def _at_least(side: int, pixels: Tensor) -> Tensor:
    """float32 [N, C, H, W] continued to the right and below by its border pixels, until each side has that many."""
    right, below = (max(side - pixels.shape[axis], 0) for axis in (3, 2))
    return functional.pad(pixels, (0, right, 0, below), mode="replicate") if right or below else pixels


def _block(inputs: int, channels: int, count: int) -> nn.ModuleList:
    """Convolutions of 3 x 3, of which the first takes `inputs` channels."""
    first = nn.Conv2d(inputs, channels, 3, padding=1)
    others = [nn.Conv2d(channels, channels, 3, padding=1) for _ in range(count - 1)]
    return nn.ModuleList([first, *others])


def _mean() -> Tensor:
    return torch.tensor(BGR_MEAN).view(1, 3, 1, 1)


def load(path: Path, device: torch.device) -> Hed:
    """The network of a checkpoint, in evaluation mode and without gradients.

    Raises MissingExtra without h5py (a .h5 file only) and InvalidValue for a file that is no such checkpoint.
    """
    is_keras = path.suffix == ".h5"
    state = _read_keras(path) if is_keras else _read_torch(path)
    with torch.device("meta"):  # no random numbers for weights that are replaced
        network = Hed(keep_odd=is_keras)
    try:
        network.load_state_dict({"mean": _mean(), **state}, assign=True)
    except RuntimeError as error:
        raise _no_checkpoint(path, " ".join(str(error).split())[:300]) from error
    return network.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)


def _layers(numbered: bool) -> Iterator[tuple[str, str]]:
    """Our name of each convolution, and its name in a torch file (numbered) or in a Keras one."""
    for block, count in enumerate(CONVOLUTIONS):
        for number in range(count):
            index = 2 * number + (block > 0)  # beside rectifiers, behind the pool of all blocks but the first
            in_torch = f"netVgg{_NUMBERS[block]}.{index}"
            in_keras = f"block{block + 1}/layers/conv2d{f'_{number}' if number else ''}/vars"
            yield f"blocks.{block}.{number}", in_torch if numbered else in_keras
        yield f"sides.{block}", f"netScore{_NUMBERS[block]}" if numbered else f"dsn{block + 1}/vars"
    yield "fuse", "netCombine.0" if numbered else "fuse/vars"


def _read_keras(path: Path) -> dict[str, Tensor]:
    """A kernel of Keras is [height, width, in, out]."""
    state = {}
    try:
        with hdf5.opened(path, "edges") as file:
            for ours, theirs in _layers(numbered=False):
                kernel = file.float32(file.root[f"{theirs}/0"])
                state[f"{ours}.weight"] = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())
                state[f"{ours}.bias"] = torch.from_numpy(file.float32(file.root[f"{theirs}/1"]))
    # No HDF5 file; a layer that it lacks; an array of other axes; a group where an array should be.
    except (OSError, KeyError, ValueError, AttributeError) as error:
        raise _no_checkpoint(path, str(error)) from error
    return state


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        content = read_torch(path)
    except UnreadableFile as error:
        raise _no_checkpoint(path, str(error)) from error
    state = {}
    for ours, theirs in _layers(numbered=True):
        for variable in ("weight", "bias"):
            name = f"{theirs}.{variable}"
            tensor = content.get(name) if isinstance(content, dict) else None
            if not isinstance(tensor, Tensor):
                raise _no_checkpoint(path, f"no tensor {name}")
            state[f"{ours}.{variable}"] = tensor.float()
    return state


def _no_checkpoint(path: Path, got: str) -> InvalidValue:
    todo = "name a Keras .h5 or a torch file of HED's weights, or download hed-bsds500 again"
    return InvalidValue(f"an HED checkpoint in {path}", got, todo)
