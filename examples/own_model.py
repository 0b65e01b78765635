"""A model of your own: a subclass of CompressAI's `CompressionModel`, and no adapter.

This one is ELIC in small (He et al. 2022): the latent's channels are coded in uneven groups, each group's means and
scales predicted from the hyperprior and from the groups before it. It is not trained: weights=FILE loads a state_dict
of yours, or of each quality the file Elic-1-mse.pth ... of a folder.

ahc-stream run PICTURES --codec examples/own_model.py:Elic@1,2 --codec jpeg@30 --out OUT
ahc-stream report OUT
"""

from itertools import pairwise

import torch
from compressai.entropy_models import EntropyBottleneck, GaussianConditional
from compressai.models import CompressionModel
from torch import Tensor, nn


def _stack(widths: list[int], layer: type[nn.Module], **settings: int) -> nn.Sequential:
    layers = [layer(a, b, 5, stride=2, padding=2, **settings) for a, b in pairwise(widths)]
    between = [module for each in layers for module in (each, nn.LeakyReLU())]
    return nn.Sequential(*between[:-1])


class Elic(CompressionModel):
    """`quality` is what stands behind the @ of the operating point; here the width."""

    def __init__(self, quality: int = 1) -> None:
        super().__init__()
        width = 8 * quality
        self.groups = [width // 4, width // 4, width // 2]
        self.g_a = _stack([3, width, width, width], nn.Conv2d)
        self.g_s = _stack([width, width, width, 3], nn.ConvTranspose2d, output_padding=1)
        self.h_a = _stack([width, width], nn.Conv2d)
        self.h_s = _stack([width, 2 * width], nn.ConvTranspose2d, output_padding=1)
        self.contexts = nn.ModuleList(
            nn.Conv2d(2 * width + sum(self.groups[:index]), 2 * group, 3, padding=1)
            for index, group in enumerate(self.groups)
        )
        self.entropy_bottleneck = EntropyBottleneck(width)
        self.gaussian_conditional = GaussianConditional(None)

    def _parameters_of(self, index: int, side: Tensor, known: list[Tensor]) -> tuple[Tensor, Tensor]:
        scales, means = self.contexts[index](torch.cat([side, *known], 1)).chunk(2, 1)
        return scales, means

    def compress(self, x: Tensor) -> dict:
        y = self.g_a(x)
        z = self.h_a(y)
        z_strings = self.entropy_bottleneck.compress(z)
        side = self.h_s(self.entropy_bottleneck.decompress(z_strings, z.shape[-2:]))
        y_strings, known = [], []
        for index, group in enumerate(y.split(self.groups, 1)):
            scales, means = self._parameters_of(index, side, known)
            indexes = self.gaussian_conditional.build_indexes(scales)
            y_strings.append(self.gaussian_conditional.compress(group, indexes, means=means))
            known.append(self.gaussian_conditional.quantize(group, "dequantize", means))
        return {"strings": [y_strings, z_strings], "shape": z.shape[-2:]}

    def decompress(self, strings: list, shape: tuple[int, int]) -> dict:
        y_strings, z_strings = strings
        side = self.h_s(self.entropy_bottleneck.decompress(z_strings, shape))
        known = []
        for index, string in enumerate(y_strings):
            scales, means = self._parameters_of(index, side, known)
            indexes = self.gaussian_conditional.build_indexes(scales)
            known.append(self.gaussian_conditional.decompress(string, indexes, means=means))
        return {"x_hat": self.g_s(torch.cat(known, 1))}
