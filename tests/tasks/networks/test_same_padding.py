"""TensorFlow's padding, by hand from its definition: ceil(size / stride) outputs, the odd pixel at the end."""

from __future__ import annotations

import pytest
import torch

from ahc_stream.tasks.networks.same_padding import pad_same


def margins(size: int, taps: int, stride: int) -> list[int]:
    """Pixels before and after one axis."""
    padded = pad_same(torch.ones(1, 1, size), (taps,), (stride,))[0, 0].tolist()
    before = padded.index(1.0)
    assert padded[before : before + size] == [1.0] * size and sum(padded) == size
    return [before, len(padded) - before - size]


@pytest.mark.parametrize(
    ("size", "taps", "stride", "before_after"),
    [
        *((224, 7, 2, [2, 3]), (225, 7, 2, [3, 3]), (112, 3, 2, [0, 1]), (113, 3, 2, [1, 1]), (28, 3, 1, [1, 1])),
        *((9, 2, 2, [0, 1]), (8, 2, 2, [0, 0]), (1, 2, 2, [0, 1]), (5, 1, 1, [0, 0]), (7, 1, 2, [0, 0])),
    ],
)
def test_one_axis(size: int, taps: int, stride: int, before_after: list[int]) -> None:
    assert margins(size, taps, stride) == before_after
    assert (size + sum(before_after) - taps) // stride + 1 == -(-size // stride)


def test_axes_are_padded_each_by_its_own_size() -> None:
    padded = pad_same(torch.ones(1, 1, 16, 112, 113), (1, 3, 3), (1, 2, 2), value=-1.0)
    assert padded.shape[2:] == (16, 113, 115)
    assert padded[0, 0, 0, 0].tolist() == [-1.0, *[1.0] * 113, -1.0]
    assert padded[0, 0, 0, :, 1].tolist() == [*[1.0] * 112, -1.0]
