"""I3D: Inception v1 inflated to three dimensions, the RGB stream.

Definition: J. Carreira and A. Zisserman, "Quo Vadis, Action Recognition? A New Model and the Kinetics Dataset", CVPR
2017. The network was trained in TensorFlow, so every convolution and pooling pads as "SAME" does there: to an output of
ceil(size / stride), the odd one at the end. Layers bear the names of the common PyTorch ports ("Mixed_3b.b1a.conv3d").
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ahc_stream.tasks.networks.max_pool import max_pool3d
from ahc_stream.tasks.networks.same_padding import pad_same

Triple = tuple[int, int, int]

BATCH_NORM_EPSILON = 1e-3
FEATURES = 1024
LEAST_FRAMES = 9
"""Time is halved three times, and the last pooling takes two steps."""

_MIXED: dict[str, tuple[int, ...]] = {
    "Mixed_3b": (192, 64, 96, 128, 16, 32, 32),
    "Mixed_3c": (256, 128, 128, 192, 32, 96, 64),
    "Mixed_4b": (480, 192, 96, 208, 16, 48, 64),
    "Mixed_4c": (512, 160, 112, 224, 24, 64, 64),
    "Mixed_4d": (512, 128, 128, 256, 24, 64, 64),
    "Mixed_4e": (512, 112, 144, 288, 32, 64, 64),
    "Mixed_4f": (528, 256, 160, 320, 32, 128, 128),
    "Mixed_5b": (832, 256, 160, 320, 32, 128, 128),
    "Mixed_5c": (832, 384, 192, 384, 48, 128, 128),
}
"""Channels in, then out of b0, b1a, b1b, b2a, b2b, b3b."""


class ConvolutionUnit(nn.Module):
    """Convolution, batch norm and ReLU, one of the paper's units: float32 [N, C, T, H, W] in and out."""

    def __init__(self, channels: int, outputs: int, kernel: Triple = (1, 1, 1), stride: Triple = (1, 1, 1)) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(channels, outputs, kernel, stride, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=BATCH_NORM_EPSILON, momentum=0.001)

    def forward(self, x: Tensor) -> Tensor:
        padded = pad_same(x, self.conv3d.kernel_size, self.conv3d.stride)
        return F.relu_(self.bn(self.conv3d(padded)))


class Pool(nn.Module):
    """Maximum over a window. It pads with zeros, which never win: what comes in went through a ReLU."""

    def __init__(self, kernel: Triple, stride: Triple) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        return max_pool3d(pad_same(x, self.kernel, self.stride), self.kernel, self.stride)


class Mixed(nn.Module):
    """An Inception module: four branches side by side."""

    def __init__(self, channels: int, b0: int, b1a: int, b1b: int, b2a: int, b2b: int, b3b: int) -> None:
        super().__init__()
        self.b0 = ConvolutionUnit(channels, b0)
        self.b1a = ConvolutionUnit(channels, b1a)
        self.b1b = ConvolutionUnit(b1a, b1b, (3, 3, 3))
        self.b2a = ConvolutionUnit(channels, b2a)
        self.b2b = ConvolutionUnit(b2a, b2b, (3, 3, 3))
        self.b3a = Pool((3, 3, 3), (1, 1, 1))
        self.b3b = ConvolutionUnit(channels, b3b)

    def forward(self, x: Tensor) -> Tensor:
        branches = self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(self.b3a(x))
        return torch.cat(branches, dim=1)


class InceptionI3d(nn.Module):
    """float32 [N, 3, T, H, W] in [-1, 1], T >= LEAST_FRAMES -> logits [N, classes].

    The last pooling covers all positions of the picture, which at 224 x 224 is the 7 x 7 of the paper, so that other
    sizes work too; over time it averages pairs, then the logits are averaged.
    """

    def __init__(self, classes: int = 400) -> None:
        super().__init__()
        mixed = {name: Mixed(*channels) for name, channels in _MIXED.items()}
        self.Conv3d_1a_7x7 = ConvolutionUnit(3, 64, (7, 7, 7), (2, 2, 2))
        self.MaxPool3d_2a_3x3 = Pool((1, 3, 3), (1, 2, 2))
        self.Conv3d_2b_1x1 = ConvolutionUnit(64, 64)
        self.Conv3d_2c_3x3 = ConvolutionUnit(64, 192, (3, 3, 3))
        self.MaxPool3d_3a_3x3 = Pool((1, 3, 3), (1, 2, 2))
        self._add(mixed, "Mixed_3")
        self.MaxPool3d_4a_3x3 = Pool((3, 3, 3), (2, 2, 2))
        self._add(mixed, "Mixed_4")
        self.MaxPool3d_5a_2x2 = Pool((2, 2, 2), (2, 2, 2))
        self._add(mixed, "Mixed_5")
        self.logits = nn.ModuleDict({"conv3d": nn.Conv3d(FEATURES, classes, 1)})

    def _add(self, mixed: dict[str, Mixed], stage: str) -> None:
        for name, module in mixed.items():
            if name.startswith(stage):
                self.add_module(name, module)

    def forward(self, x: Tensor) -> Tensor:
        for name, layer in self.named_children():
            if name != "logits":
                x = layer(x)
        height, width = map(int, x.shape[3:])  # whole numbers also where the network is traced
        pairs = F.avg_pool3d(x, (2, height, width), stride=1)
        logits: Tensor = self.logits["conv3d"](pairs)
        return logits.mean(dim=(2, 3, 4))
