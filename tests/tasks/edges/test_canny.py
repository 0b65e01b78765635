"""Canny's edges are OpenCV's to the pixel; its soft map holds the answers to all thresholds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from skimage.morphology import reconstruction

from ahc_stream.tasks.edges import canny
from tests.conftest import real
from tests.pictures import picture

cv2 = pytest.importorskip("cv2")  # of the extra detection; without it there is no oracle


def planes_of(*images: np.ndarray) -> torch.Tensor:
    """float32 [N, 3, H, W], blue first."""
    return torch.from_numpy(np.stack(images)[..., ::-1].copy()).permute(0, 3, 1, 2).float()


def pictures() -> list[np.ndarray]:
    noise = np.random.default_rng(0).integers(0, 256, (61, 47, 3)).astype(np.uint8)
    return [picture(64, 90, 1), picture(33, 20, 2), picture(1, 9, 3), picture(5, 1, 4), noise]


def check_against_opencv(image: np.ndarray) -> int:
    """The number of edge pixels found in colour and in red alone, all of them OpenCV's."""
    found = 0
    for planes, opencvs in (
        (planes_of(image), np.ascontiguousarray(image[..., ::-1])),
        (torch.from_numpy(image[..., 0].copy())[None, None].float(), np.ascontiguousarray(image[..., 0])),
    ):
        ridge = canny.ridges(planes)
        for low, high in ((0, 50), (50, 100), (33.3, 77.7), (100, 100), (150, 320.5), (900, 1400)):
            ours = canny.edges_between(ridge, low, high)[0].numpy()
            assert np.array_equal(ours, cv2.Canny(opencvs, low, high, L2gradient=True) > 0), (low, high)
            found += int(ours.sum())
    return found


def test_edges_are_opencvs() -> None:
    assert sum(check_against_opencv(image) for image in pictures()) > 2000


def test_edges_are_opencvs_on_real_photos() -> None:
    folder = real("datasets/BSDS500/data/images/test")
    for path in sorted(folder.glob("*.jpg"))[:4]:
        assert check_against_opencv(np.asarray(Image.open(path).convert("RGB"))) > 10_000


def test_a_stack_gives_what_each_frame_gives() -> None:
    one, two = picture(40, 30, 1), picture(40, 30, 2)
    ridge = canny.ridges(planes_of(one, two))
    both = canny.strength(ridge, 0.4)
    for index, image in enumerate((one, two)):
        assert torch.equal(both[index], canny.strength(canny.ridges(planes_of(image)), 0.4)[0])


def test_the_strength_holds_the_answer_to_every_threshold() -> None:
    ridge = canny.ridges(planes_of(picture(64, 90, 1)))
    strength = canny.strength(ridge, 0.4)
    for high in (11.3, 55.5, 121.7, 300.1):
        assert torch.equal(strength > high, canny.edges_between(ridge, 0.4 * high, high))
    whole = reconstruction(ridge[0].numpy(), (ridge[0] / (0.4 * 0.4)).numpy(), footprint=np.ones((3, 3)))
    assert np.allclose(strength[0].numpy(), np.sqrt(whole), rtol=1e-6)


def test_growing_by_dilations_is_what_the_compiled_loop_gives() -> None:
    """The way of a GPU, on the CPU; a spiral is the longest path that fits."""
    mask = torch.zeros(2, 24, 24)
    mask[0] = torch.rand(24, 24, generator=torch.Generator().manual_seed(0))
    for step, index in enumerate(range(0, 24, 2)):
        mask[1, index] = 1.0
        mask[1, index : index + 2, -1 if step % 2 == 0 else 0] = 1.0
    seed = torch.zeros_like(mask)
    seed[0, 5, 5] = mask[0, 5, 5]
    seed[1, 0, 0] = 0.5
    grown = canny.reconstruct(seed, mask)
    assert torch.equal(canny.grow(seed, mask), grown)
    assert grown[1, 22, 5] == 0.5, "the far end of the path"
    assert grown[1, 1, 5] == 0.0


def test_smoothing_is_scipys() -> None:
    image = torch.rand(1, 2, 30, 41, generator=torch.Generator().manual_seed(0))
    for sigma in (0.7, 2.0):
        reach = max(1, int(np.ceil(4 * sigma)))
        expected = ndimage.gaussian_filter(image[0, 1].double().numpy(), sigma, mode="nearest", radius=reach)
        assert np.allclose(canny.smooth(image, sigma)[0, 1].numpy(), expected, atol=1e-6)
    assert canny.smooth(image, 0.0) is image


def test_white_is_the_gradient_of_the_steepest_step() -> None:
    step = torch.zeros(1, 1, 40, 40)
    step[..., 20:] = 255
    for sigma in (0.0, 1.0, 2.5):
        assert canny.ridges(canny.smooth(step, sigma)).max().sqrt() == pytest.approx(canny.white(sigma), rel=1e-5)


@pytest.mark.parametrize("sigma", [0.4, 1.0, 3.0])
def test_shifted_sums_smooth_as_the_convolution_does_to_a_rounding(sigma: float) -> None:
    planes = planes_of(picture(33, 20, 2), picture(33, 20, 3))
    exact = canny.smooth_by_shifts(planes.double(), sigma)
    assert (canny.smooth(planes, sigma) - exact).abs().max() < 1e-4  # of 255: the convolution adds in float32
    assert torch.equal(canny.smooth_by_shifts(planes, sigma), exact)
