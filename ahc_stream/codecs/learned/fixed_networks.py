"""The same networks with convolutions whose bits depend on nothing but their operands: `transforms=fixed`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from ahc_stream.core.errors import CodecError
from ahc_stream.core.sharing import Shared
from ahc_stream.kernels.fixed_convolution import Pointwise, WinogradConvolution, larger, shuffled, smaller

if TYPE_CHECKING:
    from compressai.layers import GDN

_made: Shared[nn.Module, nn.Module] = Shared(WeakKeyDictionary())
"""One copy of the weights for all lanes, as of the networks."""

_OTHERS = "use transforms=compressai"


class Fixed(nn.Module):
    """A layer, or some, of a network, as one call."""

    def __init__(self, call: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.call = call

    def forward(self, pictures: Tensor) -> Tensor:
        return self.call(pictures)


def fixed(network: nn.Module) -> nn.Module:
    """The network with fixed convolutions, on the CPU. Made once, by the first lane that asks. Raises CodecError."""
    return _made.get(network, lambda: _fixed(network), torch.device("cpu"))


def _fixed(module: nn.Module) -> nn.Module:
    from compressai.layers import GDN

    if isinstance(module, nn.Conv2d):
        return Fixed(_convolution(module))
    if isinstance(module, nn.ConvTranspose2d):
        return Fixed(_transposed(module))
    if isinstance(module, GDN):
        return Fixed(_normalization(module))
    if isinstance(module, nn.Sequential) and isinstance(module[-1], nn.PixelShuffle):
        return Fixed(_shuffled(module))
    clone = copy.copy(module)
    clone._modules = {name: _fixed(child) for name, child in module.named_children()}
    return clone


def _convolution(layer: nn.Conv2d) -> Callable[[Tensor], Tensor]:
    weight, bias = layer.weight.detach(), _bias(layer)
    match _shape(layer):
        case (1, 1, 0) | (1, 2, 0):
            return Pointwise(weight.flatten(1), bias, "sum", layer.stride[0])
        case (3, 1, 1):
            return WinogradConvolution(weight, bias)
        case (3, 2, 1) | (5, 2, 2):
            return smaller(weight, bias)
    raise _unknown(layer)


def _transposed(layer: nn.ConvTranspose2d) -> Callable[[Tensor], Tensor]:
    if _shape(layer) != (5, 2, 2) or layer.output_padding != (1, 1):
        raise _unknown(layer)
    return larger(layer.weight.detach(), _bias(layer))


def _shuffled(layers: nn.Sequential) -> Callable[[Tensor], Tensor]:
    convolution, shuffle = layers
    if not isinstance(convolution, nn.Conv2d) or _shape(convolution) != (3, 1, 1) or shuffle.upscale_factor != 2:
        raise _unknown(layers)
    return shuffled(convolution.weight.detach(), _bias(convolution))


def _normalization(layer: GDN) -> Callable[[Tensor], Tensor]:
    from compressai.layers import GDN

    if type(layer) is not GDN:
        raise _unknown(layer)
    gamma, beta = layer.gamma_reparam(layer.gamma), layer.beta_reparam(layer.beta)
    return Pointwise(gamma.detach(), beta.detach(), "multiply" if layer.inverse else "divide")


def _shape(layer: nn.Conv2d | nn.ConvTranspose2d) -> tuple[int, int, int] | None:
    """Side of the kernel, stride and padding; None where rows differ from columns, or for groups and dilation."""
    kernel, stride, padding = layer.kernel_size, layer.stride, layer.padding
    alike = all(isinstance(pair, tuple) and pair[0] == pair[1] for pair in (kernel, stride, padding))
    if not alike or layer.groups != 1 or layer.dilation != (1, 1) or layer.padding_mode != "zeros":
        return None
    return kernel[0], stride[0], int(padding[0])


def _bias(layer: nn.Conv2d | nn.ConvTranspose2d) -> Tensor:
    return layer.weight.new_zeros(layer.out_channels) if layer.bias is None else layer.bias.detach()


def _unknown(layer: nn.Module) -> CodecError:
    return CodecError("for transforms=fixed layers of the networks that come with it", str(layer)[:200], _OTHERS)
