"""Tensors in the host's memory."""

from __future__ import annotations

import torch

from ahc_stream.core.host import host_twin, to_host


def test_a_tensor_of_the_host_is_itself() -> None:
    tensor = torch.arange(3)
    assert to_host(tensor) is tensor


def test_the_twin_of_a_tensor_of_the_host_is_ordinary_memory_of_its_shape_and_type() -> None:
    twin = host_twin(torch.ones(2, 3, dtype=torch.int16))
    assert twin.shape == (2, 3) and twin.dtype == torch.int16 and not twin.any() and not twin.is_pinned()
