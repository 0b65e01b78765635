"""Tensors in the host's memory."""

from __future__ import annotations

import torch

from ahc_stream.core.host import to_host


def test_a_tensor_of_the_host_is_itself() -> None:
    tensor = torch.arange(3)
    assert to_host(tensor) is tensor
