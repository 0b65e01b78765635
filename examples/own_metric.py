"""A metric of your own: a function of two pictures, uint8 [1, 3, H, W], that returns one number.

It says which way is better; `label`, `unit` and `decimals` are how a report shows it, and the docstring is its
definition in the manifest. A report asks for the same code, for it runs none that a folder names.

ahc-stream run PICTURES --codec jpeg@5,20,90 --metric examples/own_metric.py:blockiness --metric psnr --out OUT
ahc-stream report OUT --code examples/own_metric.py:blockiness
"""

from torch import Tensor

BLOCK = 8


def blockiness(reference: Tensor, distorted: Tensor) -> float:
    """Mean absolute step across the borders of 8 x 8 blocks over that within them, less the original's."""
    return _steps(distorted) - _steps(reference)


def _steps(pictures: Tensor) -> float:
    steps = pictures.double().diff(dim=-1).abs()
    at_borders = steps[..., BLOCK - 1 :: BLOCK].mean()
    return float(at_borders / steps.mean().clamp(min=1e-9))


blockiness.higher_is_better = False
blockiness.decimals = 3
