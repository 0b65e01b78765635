"""Random weights with a seed: real networks and real bitstreams where no trained weights are at hand.

For tests, demonstrations and speed measurements, never as a fallback. What each network puts out is brought into a
range like a trained one's: symbols that spread over several values, scales that fit them, pictures grey, not clipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ahc_stream.codecs.learned.checkpoint import architecture

if TYPE_CHECKING:
    from compressai.models import CompressionModel

SPREADS = {
    r"g_a|(img|res|motion)_encoder": (2.0, 0.0),
    r"h_a|\w+\.hyper_encoder": (2.0, 0.0),
    r"h_s|entropy_parameters|\w+\.hyper_decoder_(mean|scale)": (0.5, 1.5),
    r"g_s|img_decoder": (0.15, 0.5),
    r"(res|motion)_decoder": (0.02, 0.0),
}
"""Network -> standard deviation of what it puts out, within a factor of 1.5, and bias of its last convolution."""


def random_model(codec: str, widths: Sequence[int], seed: int) -> CompressionModel:
    """The architecture with its channels (N, M), in evaluation mode, drawn from `seed` alone, with CDF tables."""
    model = architecture(codec)(*widths).eval()
    generator = torch.Generator().manual_seed(seed)  # its own: the process's generator belongs to others
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            _draw(module, generator)
        elif hasattr(module, "biases"):  # the entropy bottleneck's, the one other thing that CompressAI draws
            for bias in module.biases:
                nn.init.uniform_(bias, -0.5, 0.5, generator=generator)
    picture = _picture(generator)
    with torch.no_grad(), _calibrating(model):
        model([picture, picture.roll(2, dims=3)] if codec == "ssf2020" else picture)
    model.update()
    return model


def _draw(convolution: nn.Conv2d | nn.ConvTranspose2d, generator: torch.Generator) -> None:
    """Normal weights that keep the variance through the halving of a rectifier; no bias."""
    taps = float(convolution.in_channels * convolution.kernel_size[0] * convolution.kernel_size[1])
    if isinstance(convolution, nn.ConvTranspose2d):
        taps /= convolution.stride[0] * convolution.stride[1]  # of its taps, an output sees one in stride^2
    nn.init.normal_(convolution.weight, std=(2 / taps) ** 0.5, generator=generator)
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)


def _picture(generator: torch.Generator) -> Tensor:
    """float32 [1, 3, 128, 128] in 0..1: smooth patches and a little noise, as photographs have."""
    smooth = F.interpolate(torch.rand(1, 3, 8, 8, generator=generator), size=(128, 128), mode="bilinear")
    return (0.9 * smooth + 0.1 * torch.rand(smooth.shape, generator=generator)).clamp(0, 1)


@contextmanager
def _calibrating(model: nn.Module) -> Iterator[None]:
    """Within it, the first call of each network in SPREADS sets its last convolution, before the next one sees it."""
    hooks = []
    for name, module in model.named_modules():
        spread = next((values for pattern, values in SPREADS.items() if re.fullmatch(pattern, name)), None)
        if spread is not None:
            hooks.append(module.register_forward_hook(_setting(*spread)))
    yield
    for hook in hooks:
        hook.remove()


def _setting(spread: float, centre: float) -> Any:
    done: set[nn.Module] = set()

    def hook(network: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
        if network in done:
            return None
        done.add(network)
        last = _last_convolution(network)
        last.bias.fill_(centre)
        # a power of two, so that another machine's rounding of the deviation does not make other weights
        last.weight.mul_(2.0 ** round(float(torch.log2(spread / output.std()))))
        return network.forward(*inputs)

    return hook


def _last_convolution(network: nn.Module) -> Any:
    """The last one that all of the output passes through; a block behind it (attention) only adds to its output."""
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    own = [each for each in network.children() if isinstance(each, kinds)]
    return (own or [each for each in network.modules() if isinstance(each, kinds)])[-1]
