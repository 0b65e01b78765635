"""Scale-space warp: a picture sampled at a displacement and a blur level of each pixel's own.

    Agustsson et al. 2020, "Scale-space flow for end-to-end optimized video compression", CVPR

The blur levels are the picture, then the Gaussian pyramid of Yang et al. that CompressAI's `gaussian_volume` builds:
level 1 blurs the picture, each further level halves the one before by 2 x 2 means and blurs it again. `definition` does
as CompressAI does, in float64: it brings every level back to full size, doubling by doubling, and samples that volume.

The implementations keep the pyramid and never make the volume. They rest on one identity: s bilinear doublings
of a row v give, at fine column c, a quadratic spline of the three values around k = c >> s,

    ((1/2 - t)^2 / 2 - e) v[k-1]  +  (3/4 - t^2 + 2e) v[k]  +  ((1/2 + t)^2 / 2 - e) v[k+1]
    t = (c mod 2^s + 1/2) / 2^s - 1/2,   e = 1 / (8 * 4^s)

with k kept within the row, so a sample between two fine columns is a sum over four coarse ones, whatever the level.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .quality import gaussian
from .warp_levels import LEVELS, MULTIPLE, SIGMA, SIZE


def warped(reference: Tensor, motion: Tensor) -> Tensor:
    """The prediction: float32 [N, 3, H, W], on the inputs' device.

    reference:  float32 [N, 3, H, W]; H and W are multiples of 16.
    motion:     float32 [N, 3, H, W]: displacement to the right in half widths, downwards in half heights, and blur:
                level = 2.5 + 3 * blur, kept within 0..5. Positions outside of the picture are moved to its border.
                NaN counts as the lowest position or level, so that no weights can make it read elsewhere.

    Every pixel is computed the same way whatever the batch, its place in it, and the number of threads.
    Raises ValueError for shapes or types that do not fit.
    """
    check(reference, motion)
    if reference.device.type == "cuda":
        from .warp_cuda import warped as implementation
    else:
        from .warp_cpu import warped as implementation
    return implementation(reference.contiguous(), motion.contiguous())


def check(reference: Tensor, motion: Tensor) -> None:
    """Raises ValueError where `warped` cannot take these."""
    shape = reference.shape
    fits = len(shape) == 4 and shape[1] == 3 and shape == motion.shape and not (shape[2] | shape[3]) % MULTIPLE
    if not (fits and reference.numel() and reference.dtype == motion.dtype == torch.float32):
        got = f"{reference.dtype} {tuple(shape)} and {motion.dtype} {tuple(motion.shape)}"
        raise ValueError(f"expected two float32 [N, 3, H, W], H and W multiples of {MULTIPLE}, got {got}")


def definition(reference: Tensor, motion: Tensor) -> Tensor:
    """What `warped` computes, plainly and in float64: the volume, then trilinear samples of it."""
    reference, motion = reference.double(), motion.double()
    volume = torch.stack(_full_size_levels(reference), dim=2)
    eye = torch.eye(2, 3, dtype=torch.float64, device=reference.device).expand(len(reference), 2, 3)
    grid = F.affine_grid(eye, list(reference.shape), align_corners=False)
    grid = torch.cat((grid + motion[:, :2].permute(0, 2, 3, 1), motion[:, 2, :, :, None]), dim=-1)
    return F.grid_sample(volume, grid[:, None], padding_mode="border", align_corners=False)[:, :, 0]


def _full_size_levels(picture: Tensor) -> list[Tensor]:
    levels, coarse = [picture], picture
    for doublings in range(LEVELS - 1):
        fine = coarse = _blurred(F.avg_pool2d(coarse, 2) if doublings else coarse)
        for _ in range(doublings):
            fine = F.interpolate(fine, scale_factor=2, mode="bilinear", align_corners=False)
        levels.append(fine)
    return levels


def _blurred(picture: Tensor) -> Tensor:
    taps = torch.tensor(gaussian(SIZE, SIGMA), dtype=picture.dtype, device=picture.device)
    window = torch.outer(taps, taps).expand(3, 1, SIZE, SIZE)
    return F.conv2d(F.pad(picture, (SIZE // 2,) * 4, mode="replicate"), window, groups=3)
