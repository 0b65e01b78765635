"""The transforms of a learned image codec, in one of three arithmetics. Encoder and decoder use the same one.

    compressai  the default: CompressAI's own functions in its own memory layout: its strings and pictures, bit for bit
    fixed       CPU only: convolutions with one order of summation, some three times as fast. Pictures do not depend on
                threads or on the processor; latents differ from CompressAI's by 1e-5 of their range
    tf32        CUDA only: operands of convolutions rounded to ten bits of mantissa, summed in float32; channels last

The entropy parameters are not among them: they are what they are whatever is chosen here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ahc_stream.codecs.learned.fixed_networks import fixed
from ahc_stream.codecs.learned.gpu_networks import Transform, check_gpu, gpu_transform
from ahc_stream.codecs.learned.model import Model
from ahc_stream.codecs.learned.named_transforms import COMPRESSAI
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.foreign_text import shown


@dataclass(frozen=True)
class ImageTransforms:
    """Pictures to latents, and latents to pictures."""

    analyse: Transform
    synthesise: Transform


def image_transforms(model: Model, name: object) -> ImageTransforms:
    """The transforms by name. Raises InvalidValue for another name, CodecError where the device cannot do them."""
    if not isinstance(name, str) or name not in _ARITHMETICS:
        expected = f"transforms as one of {', '.join(_ARITHMETICS)}"
        raise InvalidValue(expected, shown(name), f"write transforms={COMPRESSAI}")
    return _ARITHMETICS[name](model)


def _compressai(model: Model) -> ImageTransforms:
    return ImageTransforms(model.network.g_a, model.network.g_s)


def _fixed(model: Model) -> ImageTransforms:
    if model.device.type != "cpu":
        raise CodecError("the CPU for transforms=fixed", str(model.device), f"use transforms={COMPRESSAI}, or the CPU")
    return ImageTransforms(in_plain_layout(fixed(model.network.g_a)), in_plain_layout(fixed(model.network.g_s)))


def _tf32(model: Model) -> ImageTransforms:
    check_gpu(model, "tf32", COMPRESSAI)
    analyse, synthesise = (gpu_transform(model, name, torch.float32, tf32=True) for name in ("g_a", "g_s"))
    return ImageTransforms(analyse, synthesise)


def in_plain_layout(transform: Transform) -> Transform:
    """What comes out as torch has it by default: what follows must not see how it was computed."""

    def run(batch: Tensor) -> Tensor:
        return transform(batch).contiguous(memory_format=torch.contiguous_format)

    return run


_ARITHMETICS: Mapping[str, Callable[[Model], ImageTransforms]] = {
    COMPRESSAI: _compressai,
    "fixed": _fixed,
    "tf32": _tf32,
}
