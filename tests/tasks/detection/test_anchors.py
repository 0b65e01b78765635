"""YOLOv5's head, held to its formula worked out by hand."""

from __future__ import annotations

import math

import torch

from ahc_stream.tasks.detection.anchors import AnchorDetect


def head(classes: int = 2) -> AnchorDetect:
    """Two levels of one channel, two anchors each; every raw value is its channel's bias."""
    detect = AnchorDetect()
    detect.m = torch.nn.ModuleList(torch.nn.Conv2d(1, 2 * (5 + classes), 1) for _ in range(2))
    detect.na, detect.stride = 2, torch.tensor([8.0, 16.0])
    detect.register_buffer("anchors", torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]))
    for convolution in detect.m:
        torch.nn.init.zeros_(convolution.weight)
        torch.nn.init.zeros_(convolution.bias)
    return detect


def test_zero_raw_values_give_the_anchors_at_the_cells_centres():
    output = head()([torch.zeros(1, 1, 2, 3), torch.zeros(1, 1, 1, 1)])
    assert output.shape == (1, 6, 2 * 6 + 2 * 1)
    assert output[0, :, 0].tolist() == [4, 4, 8, 16, 0.25, 0.25]  # first anchor of the first cell of stride 8
    assert output[0, :4, 5].tolist() == [20, 12, 8, 16]  # row 1, column 2 of that anchor
    assert output[0, :4, 6].tolist() == [4, 4, 24, 32]  # then the next anchor from the first cell on
    assert output[0, :4, 13].tolist() == [8, 8, 112, 128]  # last: second anchor of stride 16


def test_each_channel_decodes_by_its_own_formula():
    detect, raw = head(), [1.0, -2.0, 0.5, 3.0, 2.0, -1.0, 4.0]
    detect.m[0].bias.data[:7] = torch.tensor(raw)
    x, y, w, h, objectness, first, second = (1 / (1 + math.exp(-value)) for value in raw)
    output = detect([torch.zeros(1, 1, 1, 1), torch.zeros(1, 1, 1, 1)])[0, :, 0]
    centre, size = [(2 * x - 0.5) * 8, (2 * y - 0.5) * 8], [(2 * w) ** 2 * 8, (2 * h) ** 2 * 16]
    torch.testing.assert_close(output, torch.tensor([*centre, *size, objectness * first, objectness * second]))
