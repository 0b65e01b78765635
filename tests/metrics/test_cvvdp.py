"""ColorVideoVDP: what its package says of whole pictures and whole videos, and that no cut of a stream shows."""

from __future__ import annotations

import builtins
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor

from ahc_stream.core.errors import InvalidValue, MissingExtra
from ahc_stream.metrics import make_ready, measure, open_session
from ahc_stream.metrics.cvvdp import MIN_SIDE
from tests.cuts import Cut, cuts, slices
from tests.metrics.frames import textured
from tests.metrics.test_session import in_parts
from tests.metrics.test_vmaf import moving

CPU = torch.device("cpu")
FRAMES, RATE = 9, 12.0
Pair = tuple[Tensor, Tensor]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def package() -> Any:
    return pytest.importorskip("pycvvdp", reason="pip install 'ahc-stream[cvvdp]'")


@pytest.fixture(scope="module")
def video() -> Pair:
    reference, distorted = moving(FRAMES, 40, 56)
    return reference, distorted


def theirs(package: Any, pair: Pair, display: str = "standard_4k", **video: Any) -> tuple[float, dict[str, Any]]:
    """The package's own quality of the frames, and what it tells of how it came to it."""
    model = package.cvvdp(display_name=display, device=CPU, quiet=True)
    reference, distorted = (frames.permute(1, 0, 2, 3)[None] for frames in pair)
    quality, stats = model.predict(distorted, reference, dim_order="BCFHW", **video)
    return float(quality), stats | {"model": model}


def of_video(pair: Pair, rate: float = RATE, name: str = "cvvdp") -> Tensor:
    return measure(*pair, [name], consecutive=True, frames_per_second=rate)[name]


@pytest.mark.parametrize("display", ["standard_4k", "standard_phone"])
def test_a_video_s_frames_come_to_the_package_s_number_of_the_whole(display: str, package: Any, video: Pair) -> None:
    name = "cvvdp" if display == "standard_4k" else f"cvvdp:display={display}"
    quality, stats = theirs(package, video, display, frames_per_second=RATE)
    frames = of_video(video, name=name)
    # the frames' differences Q, of which the package takes the root of the mean square; above 0.1 it says
    # 10 - a Q^b, see its met2jod
    model = stats["model"]
    differences = ((10 - frames) / float(model.jod_a)) ** (1 / float(model.jod_exp))
    pooled = differences.square().mean().sqrt()
    assert differences.min() > 0.1
    assert 10 - float(model.jod_a) * pooled.item() ** float(model.jod_exp) == pytest.approx(quality, abs=1e-5)
    assert frames.mean().item() == pytest.approx(quality, abs=0.02)


def test_each_frame_is_pooled_as_the_package_pools_a_video_of_it_alone(package: Any, video: Pair) -> None:
    _, stats = theirs(package, video, frames_per_second=RATE)
    bands = torch.from_numpy(stats["Q_per_ch"])
    expected = [float(stats["model"].do_pooling_and_jods(bands[:, :, [at, at]])) for at in range(FRAMES)]
    assert of_video(video).tolist() == pytest.approx(expected, abs=1e-6)  # the same steps; float32 in the same order


def test_pictures_and_a_video_of_one_frame_have_the_package_s_number_of_a_picture(package: Any, video: Pair) -> None:
    pictures = measure(*video, ["cvvdp"])["cvvdp"]
    for at in (0, 5):
        one = tuple(side[at : at + 1] for side in video)
        quality, _ = theirs(package, one)
        assert pictures[at].item() == quality == of_video(one).item()


@settings(max_examples=6, deadline=None)
@given(cut=cuts(FRAMES))
def test_no_cut_of_a_stream_changes_a_value(cut: Cut, package: Any, video: Pair, whole: Tensor) -> None:
    assert torch.equal(in_parts(video, cut, ("cvvdp",), frames_per_second=RATE)["cvvdp"], whole)


@pytest.fixture(scope="module")
def whole(package: Any, video: Pair) -> Tensor:
    return of_video(video)


def test_a_value_comes_with_its_frame_from_the_second_one_on(package: Any, video: Pair) -> None:
    session = open_session(["cvvdp"], True, CPU, frames_per_second=RATE)
    given = [len(session.push(*(side[part] for side in video))["cvvdp"]) for part in slices([0, 1, 2, 4])]
    assert given == [0, 2, 2] and len(session.finish()["cvvdp"]) == 0


def test_floats_and_bytes_say_the_same(package: Any, video: Pair) -> None:
    few = tuple(side[:3] for side in video)
    floats = tuple(side.float() for side in few)
    torch.testing.assert_close(of_video(floats), of_video(few), rtol=0, atol=1e-5)


def test_identical_frames_have_10_and_small_ones_nothing(package: Any, video: Pair) -> None:
    assert (of_video((video[0], video[0].clone())) == 10).all()
    small = textured(3, MIN_SIDE - 1, 40)
    assert of_video(small).isnan().all() and len(of_video(small)) == 3
    assert measure(*small, ["cvvdp"])["cvvdp"].isnan().all()
    assert not of_video(textured(3, MIN_SIDE, MIN_SIDE)).isnan().any()


def test_a_video_without_a_rate_is_refused() -> None:
    with pytest.raises(InvalidValue, match="frames per second"):
        open_session(["cvvdp"], True, CPU)


def test_a_missing_package_is_said_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "pycvvdp":
            raise ModuleNotFoundError("No module named 'pycvvdp'", name="pycvvdp")
        return genuine(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"ahc-stream\[cvvdp\]"):
        make_ready(["cvvdp"], CPU)
