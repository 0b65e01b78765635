"""Fixed convolutions call cuDNN with the right arguments; batches shrink when memory runs out; padding is centred."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from ahc_stream.codecs.learned import memory
from ahc_stream.codecs.learned.arithmetic import fixed_arithmetic
from ahc_stream.codecs.learned.cudnn_convolutions import FixedConvolutions
from ahc_stream.codecs.learned.memory import in_picture_batches
from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.core.errors import CodecError


@pytest.fixture
def cudnn_on_the_cpu(monkeypatch):
    """cuDNN's two entries, computed by torch's own convolution: their order of arguments is aten's schema."""

    def forward(x, weight, padding, stride, dilation, groups, *switches):
        assert switches == (False, True, False)  # benchmark, deterministic, allow_tf32
        return torch.ops.aten.convolution(x, weight, None, stride, padding, dilation, False, [0, 0], groups)

    def transposed(x, weight, padding, output_padding, stride, dilation, groups, *switches):
        assert switches == (False, True, False)
        return torch.ops.aten.convolution(x, weight, None, stride, padding, dilation, True, output_padding, groups)

    monkeypatch.setattr(torch, "cudnn_convolution", forward)
    monkeypatch.setattr(torch, "cudnn_convolution_transpose", transposed)


@torch.no_grad()
def test_fixed_convolutions_are_torchs_convolutions(cudnn_on_the_cpu):
    x = torch.randn(2, 4, 9, 8)
    layers = [
        torch.nn.Conv2d(4, 6, 5, stride=2, padding=2),
        torch.nn.Conv2d(4, 8, 3, padding=2, dilation=2, groups=2, bias=False),
        torch.nn.ConvTranspose2d(4, 6, 5, stride=2, padding=2, output_padding=1),
        lambda v: F.conv2d(v, torch.ones(1, 1, 3, 3).expand(4, 1, 3, 3), groups=4),
        lambda v: F.conv2d(v, torch.ones(2, 4, 1, 1), bias=torch.ones(2)),
    ]
    for layer in layers:
        with FixedConvolutions():
            fixed = layer(x)
        assert torch.allclose(fixed, layer(x), atol=1e-5)  # the bias is added in another step


def test_the_two_entries_take_what_they_are_called_with():
    switches = ["benchmark", "deterministic", "allow_tf32"]
    plain = [each.name for each in torch.ops.aten.cudnn_convolution.default._schema.arguments]
    assert plain == ["self", "weight", "padding", "stride", "dilation", "groups", *switches]
    transposed = [each.name for each in torch.ops.aten.cudnn_convolution_transpose.default._schema.arguments]
    assert transposed == ["self", "weight", "padding", "output_padding", "stride", "dilation", "groups", *switches]


def test_within_fixed_arithmetic_nothing_is_recorded_or_cast():
    weight = torch.ones(1, 1, 1, 1, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16), fixed_arithmetic(torch.device("cpu")):
        out = F.conv2d(torch.ones(1, 1, 2, 2), weight)
    assert out.dtype == torch.float32 and not out.requires_grad


def test_pictures_go_through_in_batches_of_one_shape(monkeypatch):
    """As on a GPU: the size of a picture decides how many go together, and zeros fill the last batch."""
    monkeypatch.setattr(memory, "batch_size", lambda device, budget, pixels: max(1, budget // pixels))
    monkeypatch.setattr(memory, "BATCH_PIXELS", 4 * 64 * 64)
    seen = []

    def transform(part: torch.Tensor) -> torch.Tensor:
        seen.append(len(part))
        return part + 1

    frames = torch.arange(11).view(11, 1)
    assert torch.equal(in_picture_batches(transform, frames, (64, 64)), frames + 1)
    assert torch.equal(in_picture_batches(transform, frames[:2], (64, 128)), frames[:2] + 1)
    assert seen == [4, 4, 4, 2]


def test_what_does_not_fit_into_memory_is_an_error_and_never_another_shape():
    def transform(part: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("no")

    with pytest.raises(CodecError, match=r"memory for the transforms.*fewer lanes"):
        in_picture_batches(transform, torch.zeros(4, 3, 64, 64), (64, 64))


@pytest.mark.parametrize(("gibibytes", "frames"), [(8, 10), (32, 10), (64, 21), (140, 46)])
def test_frames_at_once_keep_to_a_share_of_the_devices_memory(monkeypatch, gibibytes, frames):
    gpu = torch.device("cuda")
    for free in (0, gibibytes):  # what else runs on it does not show in a stream
        memory_of_gpu = free * memory.GIBIBYTE, gibibytes * memory.GIBIBYTE
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device, known=memory_of_gpu: known)
        assert memory.frames_at_once((512, 768), torch.device("cpu")) == 1
        assert memory.frames_at_once((512, 768), gpu) == frames
        assert memory.frames_at_once((8192, 8192), gpu) == 1


def test_a_large_gpu_takes_whole_gops_of_large_frames_in_step(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0, 139 * memory.GIBIBYTE))
    assert memory.frames_at_once((1152, 1920), torch.device("cuda")) == 8


@pytest.mark.parametrize(("height", "width", "multiple"), [(1, 1, 64), (65, 130, 64), (64, 128, 64), (227, 149, 128)])
def test_padding_is_centred_zeros_and_cropping_undoes_it(height, width, multiple):
    frames = torch.randint(1, 256, (2, 3, height, width), dtype=torch.uint8)
    padding = PicturePadding(height, width, multiple)
    padded = padding.to_network(frames)
    left, right, top, bottom = padding.sides
    assert padded.shape[2:] == padding.padded and all(size % multiple == 0 for size in padding.padded)
    assert right - left in (0, 1) and bottom - top in (0, 1)
    assert int((padded != 0).sum()) == frames.numel()
    assert torch.equal(padding.to_frames(padded), frames)


def test_pictures_are_clamped_and_rounded_half_to_even():
    values = torch.tensor([-1.0, 0.5 / 255, 1.5 / 255, 2.0]).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    assert PicturePadding(1, 4, 1).to_frames(values)[0, 0, 0].tolist() == [0, 0, 2, 255]
