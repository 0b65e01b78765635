"""The preset equals torchvision's own reference transforms, to the last bit."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.pixels.preset import Preset
from ahc_stream.tasks.video.models import ARCHITECTURES


def frames(count: int, height: int, width: int) -> torch.Tensor:
    noise = torch.randint(0, 256, (count, 3, height // 4, width // 4), generator=torch.Generator().manual_seed(0))
    smooth = torch.nn.functional.interpolate(noise.float(), size=(height, width), mode="bicubic")
    return smooth.clamp(0, 255).to(torch.uint8)


@pytest.mark.parametrize("size", [(240, 320), (322, 200), (120, 160)], ids=str)
@pytest.mark.parametrize("name", ["r3d_18", "mc3_18", "r2plus1d_18", "s3d"])
def test_videos_are_prepared_as_torchvision_prepares_them(name: str, size: tuple[int, int]) -> None:
    from torchvision.models import get_model_weights

    clip = frames(3, *size)
    reference = get_model_weights(name).DEFAULT.transforms()(clip).transpose(0, 1)
    assert torch.equal(ARCHITECTURES[name].preset.apply(clip), reference)


@pytest.mark.parametrize("size", [(240, 320), (500, 300)], ids=str)
def test_pictures_are_prepared_as_torchvision_prepares_them(size: tuple[int, int]) -> None:
    from torchvision.models import EfficientNet_B0_Weights

    clip = frames(2, *size)
    pictures = [Image.fromarray(frame.permute(1, 2, 0).numpy()) for frame in clip]  # as Pillow resizes, not tensors
    reference = torch.stack([EfficientNet_B0_Weights.IMAGENET1K_V1.transforms()(picture) for picture in pictures])
    assert torch.equal(ARCHITECTURES["efficientnet_b0"].preset.apply(clip), reference)


def test_i3d_sees_the_centre_from_minus_one_to_one() -> None:
    """A shorter side of 256 is kept as it is: the crop is the pixels themselves."""
    clip = frames(2, 256, 300)
    expected = clip[:, :, 16:240, 38:262].float() / 127.5 - 1
    torch.testing.assert_close(ARCHITECTURES["i3d"].preset.apply(clip), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("antialias", [False, True])
def test_a_frame_is_prepared_the_same_alone_and_among_others(antialias: bool) -> None:
    clip = frames(5, 40, 60)
    small = Preset((16,), 12, (0.5, 0.4, 0.3), (0.5, 0.6, 0.7), cubic=True, antialias=antialias)
    alone = torch.cat([small.apply(frame[None]) for frame in clip])
    assert torch.equal(small.apply(clip), alone)
    assert torch.equal(small.apply(clip.to(memory_format=torch.channels_last)), alone)


def test_a_crop_beyond_the_size_is_refused() -> None:
    with pytest.raises(InvalidValue, match="a crop of at most 128"):
        Preset((128, 171), 129, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
