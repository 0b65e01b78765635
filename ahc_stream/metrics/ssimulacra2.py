"""SSIMULACRA 2, version 2.1: libjxl's tools/ssimulacra2 (J. Sneyers, Cloudinary, 2022 to 2023), for RGB of 8 bits or
float32.

Nothing of a frame's value depends on other frames: each goes through alone.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from ahc_stream.kernels import ssimulacra
from ahc_stream.metrics.entry import Measurer, Standalone

SCALES = 6
MIN_SIDE = 8
"""Of a frame, and of a scale that another one follows."""

# The weights of X, Y and B: of each scale, finest first, those of the 1-norms of structure, gained and lost
# edges, then of their 4-norms.
_WEIGHTS = (
    (
        (0.0, 0.0007376606707406586, 0.0, 0.0, 0.0007793481682867309, 0.0),
        (0.0, 0.0004371155730107379, 0.0, 1.1041726426657346, 0.00066284834129271, 0.00015231632783718752),
        (0.0, 0.0016406437456599754, 0.0, 1.8422455520539298, 11.441172603757666, 0.0),
        (0.0007989109436015163, 0.000176816438078653, 0.0, 1.8787594979546387, 10.94906990605142, 0.0),
        (
            0.0007289346991508072,
            0.9677937080626833,
            0.0,
            0.00014003424285435884,
            0.9981766977854967,
            0.00031949755934435053,
        ),
        (0.0004550992113792063, 0.0, 0.0, 0.0013648766163243398, 0.0, 0.0),
    ),
    (
        (0.0, 0.0, 0.0, 7.466890328078848, 0.0, 17.445833984131262),
        (0.0006235601634041466, 0.0, 0.0, 6.683678146179332, 0.00037724407979611296, 1.027889937768264),
        (225.20515300849274, 0.0, 0.0, 19.213238186143016, 0.0011401524586618361, 0.001237755635509985),
        (176.39317598450694, 0.0, 0.0, 24.43300999870476, 0.28520802612117757, 0.0004485436923833408),
        (0.0, 0.0, 0.0, 34.77906344483772, 44.835625328877896, 0.0),
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    ),
    (
        (0.0, 0.0008680556573291698, 0.0, 0.0, 0.0, 0.0),
        (0.0, 0.0005313191874358747, 0.0, 0.00016533814161379112, 0.0, 0.0),
        (0.0, 0.0, 0.0, 0.0004179171803251336, 0.0017290828234722833, 0.0),
        (0.0020827005846636437, 0.0, 0.0, 8.826982764996862, 23.19243343998926, 0.0),
        (
            95.1080498811086,
            0.9863978034400682,
            0.9834382792465353,
            0.0012286405048278493,
            171.2667255897307,
            0.9807858872435379,
        ),
        (0.0, 0.0, 0.0, 0.0005130064588990679, 0.0, 0.00010854057858411537),
    ),
)

# From the weighted sum to a score: a cubic, then 100 less ten times a power.
_SUM_SCALE = 0.9562382616834844
_CUBIC = (2.326765642916932, -0.020884521182843837, 6.248496625763138e-05)
_POWER = 0.6276336467831387


def make(device: torch.device) -> Measurer:
    """The measurer of `METRICS["ssimulacra2"]`: float64 [N] of frames in 0..255."""
    return _scores


SSIMULACRA2 = Standalone(make)


def _scores(reference: Tensor, distorted: Tensor) -> Tensor:
    return torch.cat([_score(reference[at : at + 1], distorted[at : at + 1]) for at in range(len(reference))])


def _score(reference: Tensor, distorted: Tensor) -> Tensor:
    """float64 [1] of frames [1, 3, H, W]."""
    if min(reference.shape[2:]) < MIN_SIDE:
        return torch.full((1,), torch.nan, dtype=torch.float64, device=reference.device)
    linear = ssimulacra.linear(torch.cat([reference, distorted]))
    scales = []
    for scale in range(SCALES):
        if min(linear.shape[2:]) < MIN_SIDE:
            break
        if scale:
            linear = _halved(linear)
        x, y = ssimulacra.positive_xyb(linear)
        scales.append(ssimulacra.norms(x, y))
    # A frame without all of its scales has the first weights of each list, as libjxl's loop deals them out.
    values = torch.stack(scales, dim=1).transpose(2, 3).flatten()
    total = _SUM_SCALE * (values * _weights(values.device)[: len(values)]).sum()
    first, second, third = _CUBIC
    curved = first * total + second * total**2 + third * total**3
    return (100 - 10 * curved.clamp(min=0) ** _POWER)[None]


@cache
def _weights(device: torch.device) -> Tensor:
    return torch.tensor(_WEIGHTS, dtype=torch.float64, device=device).flatten()


def _halved(linear: Tensor) -> Tensor:
    """Means of 2 x 2 pixels; the last line of an odd side counts twice."""
    height, width = linear.shape[2:]
    padded = torch.nn.functional.pad(linear, (0, width % 2, 0, height % 2), mode="replicate")
    return torch.nn.functional.avg_pool2d(padded, 2)
