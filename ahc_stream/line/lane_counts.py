"""How many lanes each stage has, where the experiment does not say."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ahc_stream.core.wording import counted

OF_A_GPU = 3
"""Lanes of each stage on a GPU: one computes, one waits for the host, one is between two clips."""
THREADS_OF_AN_ENCODER = 4
"""What an encoder in FFmpeg takes unless its point says otherwise."""


@dataclass(frozen=True)
class LaneCounts:
    """Lanes of the three stages."""

    open: int
    codec: int
    measure: int

    def __str__(self) -> str:
        """For people: "1 lane per stage", or each stage with its own."""
        if self.open == self.codec == self.measure:
            return f"{counted(self.open, 'lane')} per stage"
        return f"lanes: {self.open} open, {self.codec} codec, {self.measure} measure"


def lane_counts(device: torch.device, threads: int, has_networks: bool) -> LaneCounts:
    """The lanes of a run on a device.

    threads:       the budget of the process (`core.threads`).
    has_networks:  whether a codec is one of networks.

    On the CPU one lane opens and one measures, for image files, metrics and networks take all threads from within a
    lane. So do stills in the codec stage, and networks. An encoder of video does not, so there are as many as its four
    threads fit into the budget.
    """
    if device.type == "cuda":
        return LaneCounts(OF_A_GPU, OF_A_GPU, OF_A_GPU)
    encoders = 1 if has_networks else max(1, threads // THREADS_OF_AN_ENCODER)
    return LaneCounts(1, encoders, 1)
