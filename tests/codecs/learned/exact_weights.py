"""Narrow networks whose weights are integers over powers of two, drawn by integer arithmetic: the same everywhere."""

from __future__ import annotations

import atexit
import math
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import torch
from compressai.models import CompressionModel
from torch import nn

from ahc_stream.codecs.learned.flow_networks import FlowWidths
from tests.codecs.learned.learned import ARCHITECTURES

N, M = 16, 24
CHANNELS = {
    "cheng2020-anchor": (N,),
    "cheng2020-anchor-checkerboard": (18,),
    "cheng2020-attn": (N,),
    "elic2022-official": (N, M, (8, 6, 10)),
    "elic2022-chandelier": (N, M, (8, 4, 6, 6)),
    "bmshj2018-hyperprior-vbr": (N, M, True),
    "mbt2018-mean-vbr": (N, M, True),
    "ssf2020": (FlowWidths((N, M), (N, M), (N, M)),),
}
"""Of each architecture that does not take (N, M)."""

GAINS = {
    r"g_a\.13\.|(g_a|\w+_encoder)\.6\.": 4.0,
    r"(g_s|img_decoder)\.(6|9\.0|14)\.": 1.0,
    r"res_decoder\.6\.": 0.05,
    r"motion_decoder\.6\.": 0.02,
    r"h_s|hyper_decoder": 0.7,
}
"""Layer -> what its weights are multiplied by, about: symbols of several values, pictures in range, small flows."""
LINEAR = r"((QuantABCD|gayn2zqstep)\.\d|scale_to_context)\.weight"
"""The weights of linear layers."""


@cache
def exact_checkpoint(codec: str) -> str:
    """A file with `exact_model(codec)`."""
    folder = Path(tempfile.mkdtemp(prefix="ahc-exact-"))
    atexit.register(shutil.rmtree, folder)
    torch.save(exact_model(codec).state_dict(), folder / f"{codec}.pth")
    return str(folder / f"{codec}.pth")


@torch.no_grad()
def exact_model(codec: str) -> CompressionModel:
    """The architecture in evaluation mode, with tables. No part of it depends on torch's generator."""
    model = ARCHITECTURES[codec].build(*CHANNELS.get(codec, (N, M)))
    for number, (name, parameter) in enumerate(sorted(model.named_parameters())):
        _fill(name, parameter, number)
    _centre(model)
    model.eval().update()
    return model


def _fill(name: str, parameter: nn.Parameter, number: int) -> None:
    """Convolutions get weights of variance 2 / taps; the entropy bottleneck keeps its constants without its noise."""
    if "entropy_bottleneck" in name:
        if "bias" in name:
            parameter.zero_()
    elif parameter.dim() == 4:
        taps = parameter[0].numel() if "deconv" not in name else parameter[:, 0].numel()
        gain = next((gain for layer, gain in GAINS.items() if re.search(layer, name)), 1.0)
        shift = 6 - round(math.log2(gain * math.sqrt(2 / taps)))
        parameter.copy_(torch.from_numpy(_integers(number, parameter.numel())).view_as(parameter) / 2.0**shift)
    elif re.fullmatch(LINEAR, name):  # positive, and about the mean of their inputs
        whole = torch.from_numpy(_integers(number, parameter.numel())).abs() / 64.0
        parameter.copy_(whole.view_as(parameter) / parameter.shape[1])
    elif "bias" in name:
        parameter.zero_()


def _integers(number: int, count: int) -> np.ndarray:
    """float32 integers from -111 to 111, uniform, standard deviation 64: splitmix64 of (number, place)."""
    x = np.arange(1, count + 1, dtype=np.uint64) + np.uint64(number << 32)
    x *= np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return (x % np.uint64(223)).astype(np.float32) - 111


def _centre(model: CompressionModel) -> None:
    """Grey pictures, scales of some quantiser steps."""
    for name, bias in model.named_parameters():
        if name in {"img_decoder.6.bias", "g_s.6.bias", "g_s.14.bias"}:
            bias.fill_(0.5)
        elif name.endswith("hyper_decoder_scale.deconv3.bias"):
            bias.fill_(1.5)
