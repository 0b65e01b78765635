"""PSNR-HVS and PSNR-HVS-M: errors of 8 x 8 DCT coefficients, weighted as the eye sees them, the latter with masking.

In float64 torch on any device, a frame at a time: float64 maps of a whole clip would not fit.
"""

from __future__ import annotations

import math
from functools import cache, partial

import torch
from torch import Tensor

from ahc_stream.kernels.quality import LUMA
from ahc_stream.metrics.entry import Measurer, Standalone

SIDE = 8
QUANTISERS = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
"""Luminance table of JPEG (Rec. ITU-T T.81, table K.1): both of the metric's tables of 64 weights follow from it."""


def psnr_hvs(device: torch.device) -> Measurer:
    """The measurer of `METRICS["psnr_hvs"]`."""
    return partial(_measure, masked=False)


def psnr_hvs_m(device: torch.device) -> Measurer:
    """The measurer of `METRICS["psnr_hvs_m"]`."""
    return partial(_measure, masked=True)


PSNR_HVS = Standalone(psnr_hvs)
PSNR_HVS_M = Standalone(psnr_hvs_m)


def _measure(reference: Tensor, distorted: Tensor, masked: bool) -> Tensor:
    if min(reference.shape[2:]) < SIDE:
        return torch.full((len(reference),), torch.nan, dtype=torch.float64, device=reference.device)
    errors = [_error(_blocks(x), _blocks(y), masked) for x, y in zip(reference, distorted, strict=True)]
    return 10 * torch.log10(255**2 / torch.stack(errors))


def _blocks(frame: Tensor) -> Tensor:
    """[3, H, W] -> float64 [K, 8, 8]: the luma of the blocks that are whole; those cut by an edge are left out."""
    rows, columns = (side // SIDE * SIDE for side in frame.shape[1:])
    red, green, blue = frame[:, :rows, :columns].double().unbind()
    luma = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    return luma.view(rows // SIDE, SIDE, columns // SIDE, SIDE).transpose(1, 2).reshape(-1, SIDE, SIDE)


def _error(x: Tensor, y: Tensor, masked: bool) -> Tensor:
    """Mean over the coefficients of all blocks of the weighted squared error."""
    basis, quantisers = _tables(x.device)
    seen = 1 / quantisers * (quantisers**-2).mean() ** -0.5  # white noise keeps its power: the squares' mean is 1
    dct_x, dct_y = (basis @ blocks @ basis.T for blocks in (x, y))
    error = (dct_x - dct_y).abs()
    if masked:
        visible = (10 / quantisers) ** 2
        mask = torch.maximum(_mask(x, dct_x, visible), _mask(y, dct_y, visible))[:, None, None] / visible
        mask[:, 0, 0] = 0  # brightness is not masked
        error = (error - mask).relu()
    return (error * seen).square().mean()


def _mask(blocks: Tensor, dct: Tensor, visible: Tensor) -> Tensor:
    """How much a block's contrast hides, float64 [K]; less where it lies in one part of the block, as at an edge."""
    weighted = (dct.square() * visible).flatten(1)[:, 1:].sum(1)
    quarters = blocks.view(-1, 2, 4, 2, 4).transpose(2, 3).flatten(3)
    whole = blocks.flatten(1).var(1) * SIDE**2
    parts = (quarters.var(3) * (SIDE // 2) ** 2).sum((1, 2))
    evenness = torch.where(whole != 0, parts / whole, 0)
    return (weighted * evenness).sqrt() / 32


@cache
def _tables(device: torch.device) -> tuple[Tensor, Tensor]:
    """The DCT's matrix and the quantisers, uploaded once: each upload makes the host wait for the device."""
    return _cosines().to(device), torch.tensor(QUANTISERS, dtype=torch.float64, device=device)


def _cosines() -> Tensor:
    """The orthonormal DCT-II of 8 points as a matrix: a row per frequency."""
    rows = [[math.cos(math.pi * (2 * at + 1) * wave / 16) for at in range(SIDE)] for wave in range(SIDE)]
    basis = torch.tensor(rows, dtype=torch.float64) / 2
    basis[0] /= math.sqrt(2)
    return basis
