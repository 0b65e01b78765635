"""Metrics over a stream: no cut changes a value, values come in order and as soon as they are known."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.metrics import METRICS, Joint, Temporal, filters, measure, open_session, scores, vmaf
from ahc_stream.metrics.luma import luma
from tests.cuts import Cut, cuts, slices
from tests.metrics.frames import textured
from tests.metrics.test_vmaf import moving

CPU = torch.device("cpu")
WITHOUT_WEIGHTS = tuple(name for name, metric in METRICS.items() if not getattr(metric.recipe, "weights", ()))
APART = ("butteraugli", "butteraugli_3norm", "cvvdp")
"""A program that is seldom here, and a package of seconds a frame: they have tests of their own."""
REMEMBERING = tuple(
    name for name in METRICS if isinstance(METRICS[name].recipe, Temporal | Joint) and name not in APART
)
ALONE = tuple(name for name in WITHOUT_WEIGHTS if name not in (*APART, *REMEMBERING))
FRAMES = 2 * vmaf.WINDOW + 5
Pair = tuple[Tensor, Tensor]


def in_parts(
    pair: Pair, cut: Cut, names: tuple[str, ...], consecutive: bool = True, **options: Any
) -> dict[str, Tensor]:
    """The values of a session that is pushed the slices of `cut`; never more of them wait than it says."""
    session = open_session(names, consecutive, CPU, **options)
    parts, pushed = [], 0
    for part in cut:
        parts.append(session.push(pair[0][part], pair[1][part]))
        pushed = part.stop
        for name in names:
            assert 0 <= pushed - sum(len(values[name]) for values in parts) <= session.delay
    parts.append(session.finish())
    return {name: torch.cat([values[name] for values in parts]) for name in names}


@pytest.fixture(scope="module")
def video() -> Pair:
    """Frames that move, one of them with a NaN pixel."""
    reference, distorted = (frames.float() for frames in moving(FRAMES, 40, 48))
    distorted[21, 1, 3, 3] = torch.nan
    return reference, distorted


@pytest.fixture(scope="module")
def whole(video: Pair) -> list[float]:
    """libvmaf's scores of the stream in one run of the program."""
    return in_one_run(video)


def in_one_run(pair: Pair, score: scores.FilterScore = scores.VMAF) -> list[float]:
    planes = torch.stack([luma(frames) for frames in pair], dim=1)
    return filters.frame_scores([score], list(planes.numpy()), consecutive=True)[score]


@settings(max_examples=12, deadline=None)
@given(cut=cuts(FRAMES))
def test_vmaf_in_clips_is_that_of_one_run_over_the_whole_stream(cut: Cut, video: Pair, whole: list[float]) -> None:
    values = in_parts(video, cut, ("vmaf",))["vmaf"]
    assert values.isnan().nonzero().flatten().tolist() == [21]
    values[21] = whole[21]
    assert values.tolist() == whole and min(whole[1:]) > whole[0]  # the first frame alone has no motion


@pytest.mark.parametrize("frames", [1, 2, vmaf.WINDOW, vmaf.WINDOW + 1, vmaf.WINDOW + 2])
def test_vmaf_of_short_streams_is_that_of_one_run(frames: int) -> None:
    pair = moving(frames, 33, 48)
    one_by_one = in_parts(pair, slices(list(range(frames + 1))), ("vmaf",))["vmaf"]
    assert one_by_one.tolist() == in_one_run(pair)


@pytest.fixture(scope="module")
def remembered() -> tuple[Pair, dict[str, Tensor]]:
    """A stream, and what every metric that remembers says of it in one piece."""
    pair = moving(FRAMES, 46, 48)
    return pair, measure(*pair, REMEMBERING, consecutive=True)


@settings(max_examples=4, deadline=None)
@given(cut=cuts(FRAMES))
def test_every_metric_that_remembers_is_that_of_the_whole_stream_in_any_clips(
    cut: Cut, remembered: tuple[Pair, dict[str, Tensor]]
) -> None:
    pair, expected = remembered
    values = in_parts(pair, cut, REMEMBERING)
    for name in REMEMBERING:
        torch.testing.assert_close(values[name], expected[name], rtol=0, atol=0, equal_nan=True)


def test_xpsnr_of_windows_is_that_of_one_run(remembered: tuple[Pair, dict[str, Tensor]]) -> None:
    pair, expected = remembered
    assert expected["xpsnr_y"].tolist() == in_one_run(pair, scores.XPSNR_Y)


@settings(max_examples=5, deadline=None)
@given(cut=cuts(4))
def test_stills_have_their_own_vmaf_at_once_whatever_comes_with_them(cut: Cut) -> None:
    pair = moving(4, 40, 48)
    assert open_session(("vmaf",), False, CPU).delay == 0
    together = measure(*pair, ["vmaf"])["vmaf"]
    assert torch.equal(in_parts(pair, cut, ("vmaf",), consecutive=False)["vmaf"], together)


@settings(max_examples=10, deadline=None)
@given(cut=cuts(7), implementation=st.sampled_from([None, "reference"]))
def test_metrics_without_memory_are_known_at_once_and_no_cut_changes_a_bit(
    cut: Cut, implementation: str | None
) -> None:
    pair = textured(7, 165, 171) if implementation is None else textured(7, 24, 29)
    expected = measure(*pair, ALONE, implementation)
    values = in_parts(pair, cut, ALONE, implementation=implementation)
    for name in ALONE:
        torch.testing.assert_close(values[name], expected[name], rtol=0, atol=0, equal_nan=True)


def test_values_of_all_metrics_come_for_the_same_frames() -> None:
    pair = moving(vmaf.WINDOW + 3, 40, 48)
    session = open_session(("psnr", "vmaf"), True, CPU)
    assert session.delay == vmaf.WINDOW
    first = session.push(*(side[: vmaf.WINDOW] for side in pair))
    assert list(first) == ["psnr", "vmaf"] and [len(values) for values in first.values()] == [0, 0]
    second = session.push(*(side[vmaf.WINDOW :] for side in pair))
    assert [len(values) for values in second.values()] == [vmaf.WINDOW] * 2
    rest = session.finish()
    expected = measure(*pair, ["psnr", "vmaf"], consecutive=True)
    for name, values in expected.items():
        assert torch.equal(torch.cat([second[name], rest[name]]), values)


def test_a_session_that_is_never_pushed_has_no_values() -> None:
    values = open_session(("vmaf", "mse"), True, CPU).finish()
    assert [len(each) for each in values.values()] == [0, 0]


def test_without_names_there_is_nothing_to_know() -> None:
    session = open_session((), True, CPU)
    assert session.push(*textured(2, 8, 8)) == {} and session.finish() == {} and session.delay == 0


def test_frames_that_are_too_small_for_vmaf_wait_for_nothing_else() -> None:
    values = open_session(("mse", "vmaf"), True, CPU).push(*textured(3, 31, 64))
    assert values["vmaf"].isnan().all() and len(values["mse"]) == 3


def test_frames_of_another_size_or_device_are_refused() -> None:
    session = open_session(("mse",), True, CPU)
    session.push(*textured(1, 16, 16))
    with pytest.raises(InvalidValue, match="a stream of one frame size"):
        session.push(*textured(1, 16, 17))
    with pytest.raises(InvalidValue, match="frames on cpu; got meta"):
        session.push(*(frames.to("meta") for frames in textured(1, 16, 16)))
    with pytest.raises(UnknownName, match="ms_ssim"):
        open_session(("ms-ssim",), True, CPU)


def test_a_program_whose_feeding_is_broken_off_does_not_live_on(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    genuine = subprocess.Popen

    def popen(*words: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(genuine(*words, **options))
        return started[-1]

    def interrupted(pairs: Any, copies: int) -> Any:
        yield b"\x80" * 100
        raise KeyboardInterrupt

    monkeypatch.setattr(filters.subprocess, "Popen", popen)
    monkeypatch.setattr(filters, "_raw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measure(*textured(1, 64, 64), ["vmaf"])
    assert started and started[-1].returncode is not None
