"""Random weights with a seed: real networks and real bitstreams where no trained weights are at hand.

They are for tests, demonstrations and speed measurements, never a fallback. What each network puts out is brought into
a range like a trained one's: symbols that spread over several values, scales that fit them, pictures grey, not clipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ahc_stream.codecs.learned.architecture import Channels, LearnedArchitecture, Spread

if TYPE_CHECKING:
    from compressai.models import CompressionModel

Layer = nn.Conv2d | nn.ConvTranspose2d | nn.Linear
LAYERS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def random_networks(architecture: LearnedArchitecture, channels: Channels, seed: int) -> CompressionModel:
    """The networks of an architecture, in evaluation mode, drawn from `seed` alone, with CDF tables."""
    networks = architecture.build(*channels).eval()
    generator = torch.Generator().manual_seed(seed)  # its own: the process's generator belongs to others
    for module in networks.modules():
        if isinstance(module, LAYERS):
            _draw(module, generator)
        for bias in _bottleneck_biases(module):
            nn.init.uniform_(bias, -0.5, 0.5, generator=generator)
    picture = _picture(generator)
    with torch.no_grad(), _calibrating(networks, architecture.spreads):
        architecture.run(networks, picture)
    networks.update()
    return networks


def _bottleneck_biases(module: nn.Module) -> list[nn.Parameter]:
    """An entropy bottleneck's, the one other thing that CompressAI draws; its variable one names them differently."""
    listed = list(getattr(module, "biases", ()))
    named = module.named_parameters(recurse=False)
    return listed + [parameter for name, parameter in named if name.startswith("_bias")]


def _draw(layer: Layer, generator: torch.Generator) -> None:
    """Normal weights that keep the variance through the halving of a rectifier; no bias. Linear layers map a number to
    a number (a scale to a step): theirs are positive and keep the mean."""
    if isinstance(layer, nn.Linear):
        nn.init.uniform_(layer.weight, 0.0, 2 / layer.in_features, generator=generator)
    else:
        nn.init.normal_(layer.weight, std=(2 / _taps(layer)) ** 0.5, generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _taps(layer: nn.Conv2d | nn.ConvTranspose2d) -> float:
    """How many inputs an output sees."""
    taps = float(layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1])
    if isinstance(layer, nn.ConvTranspose2d):
        taps /= layer.stride[0] * layer.stride[1]  # of its taps, an output sees one in stride^2
    return taps


def _picture(generator: torch.Generator) -> Tensor:
    """float32 [1, 3, 128, 128] in 0..1: smooth patches and a little noise, as photographs have."""
    smooth = F.interpolate(torch.rand(1, 3, 8, 8, generator=generator), size=(128, 128), mode="bilinear")
    return (0.9 * smooth + 0.1 * torch.rand(smooth.shape, generator=generator)).clamp(0, 1)


@contextmanager
def _calibrating(networks: nn.Module, spreads: Mapping[str, Spread]) -> Iterator[None]:
    """Within it, the first call of each network in `spreads` sets its last convolution, before the next one sees it."""
    hooks = []
    for name, network in networks.named_modules():
        for pattern, spread in spreads.items():
            if re.fullmatch(pattern, name):
                hooks.append(network.register_forward_hook(_calibration(*spread)))
                break
    yield
    for hook in hooks:
        hook.remove()


Hook = Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor | None]


def _calibration(deviation: float, centre: float) -> Hook:
    calibrated: set[nn.Module] = set()

    def hook(network: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
        if network in calibrated:
            return None
        calibrated.add(network)
        last = _last_layer(network)
        if last.bias is not None:
            last.bias.fill_(centre)
        # a power of two, so that another machine's rounding of the deviation does not make other weights
        last.weight.mul_(2.0 ** round(float(torch.log2(deviation / output.std()))))
        again: Tensor = network.forward(*inputs)
        return again

    return hook


def _last_layer(network: nn.Module) -> Layer:
    """The last one that all of the output passes through; a block behind it (attention) only adds to its output."""
    outer = [module for module in network.children() if isinstance(module, LAYERS)]
    inner = [module for module in network.modules() if isinstance(module, LAYERS)]
    return (outer or inner)[-1]
