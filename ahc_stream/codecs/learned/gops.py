"""Closed GOPs of a learned video codec that go in step, and how many frames they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

MOST_GOPS = 8
"""On a GPU. A short stream fills its batch up with zeros, which cost as much as frames."""


def frames_held(options: Mapping[str, str], device: torch.device) -> int:
    """The most frames that wait for GOPs in step; none on the CPU, where a frame is coded as it comes.

    options:  a point's, with the length of a GOP.
    """
    return int(options["gop"]) * MOST_GOPS if device.type == "cuda" else 0
