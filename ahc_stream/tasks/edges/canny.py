"""Canny's edge detector (J. Canny, PAMI 1986), as OpenCV computes it, on the frames' device.

At one pair of thresholds the edges are those of `cv2.Canny(image, low, high, L2gradient=True)`, to the pixel, where the
frame is not smoothed first. Of colours, each pixel has the gradient of the channel that is steepest there. Besides,
`strength` gives for each pixel the highest threshold at which it is an edge: all the answers that hysteresis can give,
from one reconstruction, for curves of precision over recall.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ahc_stream.core.threads import budget
from ahc_stream.kernels import edges

_TG22 = 13573 / 32768  # OpenCV's tangents of 22.5 and 67.5 degrees, in fixed point
_TG67 = 2 + _TG22
_ROUNDS = 8  # dilations between two looks at whether anything still grows: each look waits for the device


def smooth(images: Tensor, sigma: float) -> Tensor:
    """float32 [N, C, H, W] through a Gaussian of `sigma` pixels, cut off at four; the border pixel repeated.
    0: as it is."""
    if sigma == 0:
        return images
    if images.device.type != "cpu":
        return smooth_by_shifts(images, sigma)
    taps = _taps(sigma).to(images)
    reach = len(taps) // 2
    planes = images.flatten(0, 1)[:, None]
    planes = functional.pad(planes, (reach, reach, 0, 0), mode="replicate")
    planes = functional.conv2d(planes, taps.view(1, 1, 1, -1))
    planes = functional.pad(planes, (0, 0, reach, reach), mode="replicate")
    return functional.conv2d(planes, taps.view(1, 1, -1, 1)).view(images.shape)


def smooth_by_shifts(images: Tensor, sigma: float) -> Tensor:
    """`smooth` on any device, within a rounding of float32: sums of shifted pictures, in float64.

    No convolution: cuDNN may round its operands to ten bits, as the process has it set, and that would decide edges.
    """
    sums = images.double()
    for axis in (3, 2):
        sums = _smooth_along(sums, axis, _taps(sigma).tolist())
    return sums.float()


def _smooth_along(images: Tensor, axis: int, taps: Sequence[float]) -> Tensor:
    """float64 [N, C, H, W] through a filter along one axis."""
    reach, length = len(taps) // 2, images.shape[axis]
    sides = (reach, reach, 0, 0) if axis == 3 else (0, 0, reach, reach)
    padded = functional.pad(images, sides, mode="replicate")
    sums = torch.zeros_like(images)
    for shift, tap in enumerate(taps):
        sums.add_(padded.narrow(axis, shift, length), alpha=tap)
    return sums


def white(sigma: float) -> float:
    """The gradient, as Sobel's kernel counts it, of a step from black to white that was smoothed by `sigma`."""
    taps = _taps(sigma)
    centre = len(taps) // 2
    return 255 * 4 * float(taps[centre : centre + 2].sum())


def ridges(images: Tensor) -> Tensor:
    """float32 [N, C, H, W] on the scale 0..255 -> float32 [N, H, W]: the squared gradient (Sobel's, 3 x 3) where it is
    a maximum across the edge, 0 elsewhere. C: blue, green, red as OpenCV has them, or one."""
    across, down = _steepest(images)
    squared = across * across + down * down
    around = functional.pad(squared, (1, 1, 1, 1))
    height, width = images.shape[2:]

    def shifted(y: int, x: int) -> Tensor:
        return around[:, 1 + y : 1 + y + height, 1 + x : 1 + x + width]

    def is_maximum(before: Tensor, after: Tensor, or_equal: bool) -> Tensor:
        return (squared > before) & ((squared >= after) if or_equal else (squared > after))

    wide, high = across.abs().double(), down.abs().double()
    flat, steep = high < wide * _TG22, high > wide * _TG67
    rising = (across < 0) != (down < 0)
    slanted = torch.where(
        rising,
        is_maximum(shifted(-1, 1), shifted(1, -1), or_equal=False),
        is_maximum(shifted(-1, -1), shifted(1, 1), or_equal=False),
    )
    upright = torch.where(steep, is_maximum(shifted(-1, 0), shifted(1, 0), or_equal=True), slanted)
    kept = torch.where(flat, is_maximum(shifted(0, -1), shifted(0, 1), or_equal=True), upright)
    return torch.where(kept, squared, 0.0)


def edges_between(ridge: Tensor, low: float, high: float) -> Tensor:
    """bool [N, H, W]: ridges above `low` that hang together, through neighbours in eight directions, with one above
    `high`. ridge: what `ridges` returns. low, high: gradients, as Sobel's kernel counts them, low <= high."""
    weak = (ridge > low * low).float()
    return reconstruct((ridge > high * high).float(), weak) > 0


def strength(ridge: Tensor, share: float) -> Tensor:
    """float32 [N, H, W]: the gradient below which a high threshold makes the pixel an edge, the low one being that
    `share` of it. So `strength > t` is `edges_between(ridge, share * t, t)`.

    ridge:  what `ridges` returns.
    share:  above 0, at most 1.
    """
    return reconstruct(ridge, ridge / (share * share)).sqrt()


def reconstruct(seed: Tensor, mask: Tensor) -> Tensor:
    """float32 [N, H, W]: for each pixel, the most that reaches it from any seed along a path of neighbours in eight
    directions under the mask (grey reconstruction by dilation, L. Vincent 1993). Compiled on the CPU; seed <= mask."""
    if seed.device.type != "cpu":
        return grow(seed, mask)
    grown = np.ascontiguousarray(seed.numpy().copy())
    edges.reconstruct(grown, np.ascontiguousarray(mask.numpy()), budget())
    return torch.from_numpy(grown)


def grow(seed: Tensor, mask: Tensor) -> Tensor:
    """`reconstruct` on any device: dilations under the mask until none changes anything."""
    while True:
        grown = seed
        for _ in range(_ROUNDS):
            grown = torch.minimum(functional.max_pool2d(grown[:, None], 3, stride=1, padding=1)[:, 0], mask)
        if torch.equal(grown, seed):
            return grown
        seed = grown


def _taps(sigma: float) -> Tensor:
    """float64 [odd], of sum 1, at least 3 of them."""
    reach = max(1, math.ceil(4 * sigma))
    distance = torch.arange(-reach, reach + 1, dtype=torch.float64)
    weights = torch.exp(-0.5 * (distance / sigma) ** 2) if sigma > 0 else (distance == 0).double()
    return weights / weights.sum()


def _steepest(images: Tensor) -> tuple[Tensor, Tensor]:
    """[N, C, H, W] -> the two derivatives of the channel with the longest gradient, the first of equals; [N, H, W]."""
    across, down = _sobel(images)
    length = across * across + down * down
    best_across, best_down, most = across[:, 0], down[:, 0], length[:, 0]
    for channel in range(1, images.shape[1]):
        longer = length[:, channel] > most
        best_across = torch.where(longer, across[:, channel], best_across)
        best_down = torch.where(longer, down[:, channel], best_down)
        most = torch.maximum(most, length[:, channel])
    return best_across, best_down


def _sobel(images: Tensor) -> tuple[Tensor, Tensor]:
    """The derivatives along x and along y, eightfold; sums of whole numbers are exact."""
    around = functional.pad(images, (1, 1, 1, 1), mode="replicate")
    slopes_x = around[..., 2:] - around[..., :-2]
    slopes_y = around[..., 2:, :] - around[..., :-2, :]
    across = slopes_x[..., :-2, :] + 2 * slopes_x[..., 1:-1, :] + slopes_x[..., 2:, :]
    down = slopes_y[..., :-2] + 2 * slopes_y[..., 1:-1] + slopes_y[..., 2:]
    return across, down
