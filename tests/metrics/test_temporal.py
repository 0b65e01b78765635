"""Steadiness: a pan whose motion, flicker and noise are known, and no frame's value by the way the stream was cut."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ahc_stream.core.errors import MissingExtra
from ahc_stream.metrics import measure, motion, open_session, standalone
from ahc_stream.metrics.luma import luma
from ahc_stream.metrics.motion import Motion, sampled
from tests.cuts import Cut, cuts
from tests.metrics.frames import textured
from tests.metrics.test_session import in_parts
from tests.metrics.test_vmaf import moving

BOTH = ("flicker", "warp_error")
FRAMES, STEP = 5, 4
OF_MOTION = 0.01
"""Squared grey levels: what is left of a pan of whole pixels. DIS finds it to some thousandths of a pixel, and the
texture's neighbours are some ten levels apart."""


def pan() -> Tensor:
    """A texture that moves by STEP pixels a frame."""
    return moving(FRAMES, 96, 128)[0]


def plus(frames: Tensor, change: Tensor) -> Tensor:
    return (frames.int() + change).clamp(0, 255).to(torch.uint8)


def noise(width: int) -> Tensor:
    return torch.randint(-8, 9, (3, 96, width), generator=torch.Generator().manual_seed(1))


def steadiness(reference: Tensor, distorted: Tensor) -> tuple[list[float], list[float]]:
    """Flicker and warped error, of all frames but the first, which has neither."""
    values = measure(reference, distorted, BOTH, consecutive=True)
    assert all(value[0].isnan() for value in values.values())
    return values["flicker"][1:].tolist(), values["warp_error"][1:].tolist()


def test_a_pan_without_loss_is_steady() -> None:
    flicker, warped = steadiness(pan(), pan())
    assert flicker == [0] * 4 and max(warped) < OF_MOTION


def test_frames_that_blink_flicker_by_what_they_blink() -> None:
    blink = 3 * torch.tensor([1, -1, 1, -1, 1]).view(-1, 1, 1, 1)
    reference = pan().clamp(3, 252)
    flicker, warped = steadiness(reference, plus(reference, blink))
    assert flicker == [6] * 4  # the loss goes from 3 to -3 at every pixel
    assert warped == pytest.approx([36] * 4, abs=0.05)


def test_noise_that_moves_with_the_picture_flickers_and_is_consistent() -> None:
    reference, wide = pan().clamp(8, 247), noise(128 + STEP * FRAMES)
    carried = torch.stack([wide[..., STEP * at : STEP * at + 128] for at in range(FRAMES)])
    flicker, warped = steadiness(reference, plus(reference, carried))
    change = (carried[1:] - carried[:-1]).abs().double().mean((1, 2, 3))
    assert flicker == pytest.approx(change.tolist(), rel=1e-12) and max(warped) < OF_MOTION


def test_noise_that_stays_on_the_screen_does_not_flicker_and_is_inconsistent() -> None:
    reference, fixed = pan().clamp(8, 247), noise(128)
    flicker, warped = steadiness(reference, plus(reference, fixed))
    assert flicker == [0] * 4
    known = (fixed[..., : 128 - STEP] - fixed[..., STEP:]).square().double().mean().item()
    assert warped == pytest.approx([known] * 4, rel=0.02)  # the mask leaves out pixels, of another mean


def test_what_comes_into_the_picture_is_not_counted() -> None:
    """The strip that the pan uncovers is black: no pixel of the frame before belongs there."""
    reference = pan()[:2]
    distorted = reference.clone()
    distorted[1, ..., -STEP:] = 0
    flicker, warped = steadiness(reference, distorted)
    expected = reference[1, ..., -STEP:].double().sum() / reference[1].numel()
    assert flicker == pytest.approx([expected.item()], rel=1e-12) and max(warped) < OF_MOTION


def test_a_cut_between_scenes_leaves_little_that_is_known() -> None:
    first, second = textured(1, 96, 128, seed=1)[0], textured(1, 96, 128, seed=2)[0]
    now, before = luma(torch.cat([second, first])).numpy()
    assert Motion()(now, before).is_known.mean() < 0.5 < Motion()(now, now).is_known.mean()


def test_motion_is_found_and_no_number_of_threads_changes_it() -> None:
    cv2 = motion.opencv()
    frames, threads = luma(pan()).numpy(), cv2.getNumThreads()
    found = []
    try:
        for count in (1, 2, 3):
            cv2.setNumThreads(count)
            found.append(Motion()(frames[1], frames[0]))
    finally:
        cv2.setNumThreads(threads)
    for flow in found:
        assert np.array_equal(flow.back, found[0].back) and np.array_equal(flow.is_known, found[0].is_known)
    known = found[0].back[found[0].is_known]
    assert known.shape[0] > 0.9 * 96 * 124 and np.abs(known - [STEP, 0]).max() < 0.05


def test_a_search_that_was_used_before_finds_the_same() -> None:
    frames, used = luma(pan()).numpy(), Motion()
    used(frames[3], frames[1])
    assert np.array_equal(used(frames[1], frames[0]).back, Motion()(frames[1], frames[0]).back)


def test_a_frame_is_sampled_where_the_flow_leads_to() -> None:
    frame = torch.arange(2 * 16 * 20).view(2, 16, 20).double()
    flow = np.zeros((16, 20, 2), np.float32)
    flow[..., 0], flow[..., 1] = 1.5, 2
    expected = (frame[:, 2:, 1:-1] + frame[:, 2:, 2:]) / 2
    torch.testing.assert_close(sampled(frame, flow)[:, :-2, :-2], expected, rtol=0, atol=1e-9)


@settings(max_examples=8, deadline=None)
@given(cut=cuts(6), floats=st.booleans())
def test_no_cut_changes_a_bit_and_nothing_waits(cut: Cut, floats: bool) -> None:
    pair = moving(6, 24, 32)
    pair = tuple(frames.float() for frames in pair) if floats else pair
    assert open_session(BOTH, True, torch.device("cpu")).delay == 0
    values, expected = in_parts(pair, cut, BOTH), measure(*pair, BOTH, consecutive=True)
    for name in BOTH:
        torch.testing.assert_close(values[name], expected[name], rtol=0, atol=0, equal_nan=True)


def test_bytes_and_floats_have_the_same_values() -> None:
    pair = moving(3, 24, 32)
    as_floats = measure(*(frames.float() for frames in pair), BOTH, consecutive=True)
    for name, value in measure(*pair, BOTH, consecutive=True).items():
        torch.testing.assert_close(as_floats[name], value, rtol=1e-12, atol=0, equal_nan=True)


def test_stills_are_neither_steady_nor_not() -> None:
    assert all(value.isnan().all() for value in measure(*moving(3, 24, 32), BOTH).values())


@pytest.mark.parametrize(("size", "defined"), [((15, 40), False), ((40, 15), False), ((1, 1), False), ((16, 16), True)])
def test_below_16_pixels_there_is_no_motion_but_flicker(size: tuple[int, int], defined: bool) -> None:
    reference = textured(1, *size)[0].expand(2, -1, -1, -1)
    values = measure(reference, reference, BOTH, consecutive=True)
    assert values["flicker"][1] == 0 and values["warp_error"][1].isnan().item() is not defined


def test_a_nan_pixel_leaves_its_frame_and_the_next_without_a_value() -> None:
    reference, distorted = (frames.float() for frames in moving(5, 24, 32))
    distorted[1, 0, 3, 3] = torch.nan
    for value in measure(reference, distorted, BOTH, consecutive=True).values():
        assert value.isnan().tolist() == [True, True, True, False, False]


def test_without_opencv_the_warped_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtra, match=r"opencv-python-headless.*ahc-stream\[temporal\]"):
        standalone.make_ready(["warp_error"], torch.device("cpu"))
    standalone.make_ready(["flicker"], torch.device("cpu"))


def test_opencv_is_not_loaded_for_other_metrics() -> None:
    program = (
        "import sys, torch; from ahc_stream.metrics import measure\n"
        "x = torch.zeros(2, 3, 16, 16, dtype=torch.uint8); measure(x, x, ['flicker', 'psnr_y'], consecutive=True)\n"
        "assert not {'ahc_stream.metrics.filters', 'cv2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
