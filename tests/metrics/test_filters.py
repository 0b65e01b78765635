"""The scores of ffmpeg's filters: each is that of a plain call on two files, and one start of the program gives all."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from ahc_stream.core.errors import AhcStreamError, MissingExtra
from ahc_stream.metrics import METRICS, Joint, filters, measure, open_session, scores, standalone, vmaf
from tests.metrics import two_files
from tests.metrics.frames import textured
from tests.metrics.test_vmaf import moving

RECIPES = {name: metric.recipe for name, metric in METRICS.items()}
EVERY = tuple(name for name, recipe in RECIPES.items() if isinstance(recipe, Joint) and recipe.family is vmaf.FAMILY)
OF_LIBVMAF = {
    "vmaf": ("model=version=vmaf_v0.6.1", "vmaf"),
    "vmaf_neg": ("model=version=vmaf_v0.6.1neg", "vmaf"),
    "vmaf_4k": ("model=version=vmaf_4k_v0.6.1", "vmaf"),
    "vmaf_phone": (r"model=version=vmaf_v0.6.1\\:enable_transform=true", "vmaf"),
    "vmaf_adm": ("feature=name=adm", "integer_adm2"),
    "vmaf_vif_0": ("feature=name=vif", "integer_vif_scale0"),
    "vmaf_vif_1": ("feature=name=vif", "integer_vif_scale1"),
    "vmaf_vif_2": ("feature=name=vif", "integer_vif_scale2"),
    "vmaf_vif_3": ("feature=name=vif", "integer_vif_scale3"),
    "cambi": ("feature=name=cambi", "cambi"),
}
"""Metric -> what a user asks libvmaf for, and the column of its log."""
LARGE = (4, 72, 218)
"""Frames that every score is defined for."""


def banded(frames: int, height: int, width: int) -> two_files.Pair:
    """A slow ramp that moves: dithered, and rounded, which leaves bands of one level."""
    ramp = torch.linspace(60, 80, width + 4 * frames).expand(3, height, -1)
    smooth = torch.stack([ramp[..., 4 * at : 4 * at + width] for at in range(frames)])
    dither = torch.rand(frames, 1, height, width, generator=torch.Generator().manual_seed(0))
    return (smooth + dither).floor().to(torch.uint8), smooth.round().to(torch.uint8)


@pytest.fixture(scope="module", params=[moving, banded])
def video(request: pytest.FixtureRequest) -> two_files.Pair:
    return request.param(*LARGE)


def test_there_is_an_oracle_for_each() -> None:
    assert {*OF_LIBVMAF, "xpsnr_y"} == set(EVERY)


def test_all_asked_for_at_once_are_those_of_plain_calls_to_the_last_digit(
    video: two_files.Pair, tmp_path: Path
) -> None:
    together = measure(*video, EVERY, consecutive=True)
    two_files.written(video, tmp_path)
    logs = {options: two_files.libvmaf(tmp_path, options) for options, _ in OF_LIBVMAF.values()}
    for name, (options, column) in OF_LIBVMAF.items():
        assert together[name].tolist() == [frame[column] for frame in logs[options]], name
    assert together["xpsnr_y"].tolist() == two_files.xpsnr(tmp_path)


def test_bands_are_found_in_the_distorted_frames_alone() -> None:
    reference, distorted = banded(1, *LARGE[1:])
    bands, dithered = (measure(reference, frames, ["cambi"])["cambi"] for frames in (distorted, reference))
    assert bands > 1.5 * dithered
    assert torch.equal(*(measure(x, distorted, ["cambi"])["cambi"] for x in (reference, distorted)))


def test_stills_have_the_scores_of_videos_without_motion(tmp_path: Path) -> None:
    pair = moving(3, 64, 80)
    values = measure(*pair, ["xpsnr_y", "vmaf_adm", "vmaf_neg"])
    folders = []
    for number, (x, y) in enumerate(zip(*pair, strict=True)):
        still = two_files.twice(x[None]), two_files.twice(y[None])
        folders.append(two_files.written(still, tmp_path / str(number)))
    assert values["xpsnr_y"].tolist() == [two_files.xpsnr(folder)[1] for folder in folders]
    logs = [two_files.libvmaf(folder, "model=version=vmaf_v0.6.1neg:feature=name=adm") for folder in folders]
    for name, column in (("vmaf_adm", "integer_adm2"), ("vmaf_neg", "vmaf")):
        assert values[name].tolist() == [log[0][column] for log in logs]


@pytest.mark.parametrize("consecutive", [False, True])
def test_company_changes_no_score(consecutive: bool) -> None:
    pair = moving(2, 64, 80)
    together = measure(*pair, EVERY, consecutive=consecutive)
    for name in ("vmaf", "vmaf_adm", "vmaf_vif_3", "xpsnr_y"):
        assert torch.equal(measure(*pair, [name], consecutive=consecutive)[name], together[name])


def test_one_start_of_the_program_serves_all(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    genuine: Callable[..., Any] = subprocess.Popen

    def popen(command: list[str], **options: Any) -> Any:
        commands.append(command)
        return genuine(command, **options)

    monkeypatch.setattr(filters.subprocess, "Popen", popen)
    measure(*moving(2, 64, 80), ["psnr", *EVERY], consecutive=True)
    (command,) = commands
    graph = command[command.index("-filter_complex") + 1]
    assert graph.count("libvmaf=") == 1 and graph.count("name=vif") == 1 and graph.count("xpsnr=") == 1


@pytest.mark.parametrize(
    ("size", "defined"),
    [
        ((31, 300), set()),
        ((32, 32), set(EVERY) - {"cambi", "xpsnr_y"}),
        ((45, 45), set(EVERY) - {"cambi"}),
        ((33, 216), set(EVERY)),
    ],
)
def test_what_a_frame_is_too_small_for_is_nan_and_nothing_else_is(size: tuple[int, int], defined: set[str]) -> None:
    for pair in (textured(2, *size), textured(2, *size[::-1])):
        values = measure(*pair, EVERY, consecutive=True)
        assert {name for name, value in values.items() if not value.isnan().any()} == defined


def test_identical_frames_have_the_best_values() -> None:
    frames, _ = textured(1, 64, 80)
    best = {name: value.item() for name, value in measure(frames, frames, EVERY).items()}
    assert best["xpsnr_y"] == float("inf") and best["vmaf_4k"] == best["vmaf_phone"] == 100
    assert best["vmaf"] > 97 and best["vmaf_neg"] > 97  # a still has no motion, which costs 2.6
    parts = ["vmaf_adm", *(f"vmaf_vif_{scale}" for scale in range(4))]
    assert [best[name] for name in parts] == pytest.approx([1] * 5, abs=1e-5)  # in integers


def test_a_nan_pixel_leaves_its_frame_without_any_score() -> None:
    reference, distorted = (frames.float() for frames in moving(3, 64, 80))
    distorted[1, 0, 2, 2] = torch.nan
    values = measure(reference, distorted, ["xpsnr_y", "vmaf_phone"])
    assert [value.isnan().tolist() for value in values.values()] == [[False, True, False]] * 2


def test_a_model_that_the_program_lacks_is_named_before_anything_is_measured() -> None:
    lacking = scores.model("vmaf_x", "vmaf_v99")
    with pytest.raises(MissingExtra, match=r"libvmaf's model version=vmaf_v99; got .*pip install -U imageio-ffmpeg"):
        filters.require([scores.VMAF, lacking])


def test_a_feature_that_the_program_lacks_is_named() -> None:
    with pytest.raises(MissingExtra, match="libvmaf's feature no_such"):
        filters.require([scores.FilterScore(scores.LIBVMAF, "x", feature="no_such")])


def test_a_filter_that_the_program_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_xpsnr(part: str, listing: str) -> str:
        if part == scores.XPSNR:
            raise MissingExtra(f"an ffmpeg program with {part}", "none", "install it")
        return "ffmpeg"

    monkeypatch.setattr(filters, "ffmpeg_with", without_xpsnr)
    with pytest.raises(MissingExtra, match="xpsnr"):
        standalone.make_ready(["psnr", "xpsnr_y"], torch.device("cpu"))


def test_a_program_that_fails_says_why() -> None:
    wrong = scores.model("vmaf", "no_such_model")
    with pytest.raises(AhcStreamError, match=r"libvmaf to score 1 frames; got exit status .*model"):
        filters.frame_scores([wrong], [torch.zeros(2, 64, 64, dtype=torch.uint8).numpy()], consecutive=False)


def test_the_values_of_the_family_and_of_others_come_for_the_same_frames() -> None:
    session = open_session(["flicker", "vmaf_neg", "xpsnr_y", "mse"], True, torch.device("cpu"))
    pair = moving(3, 40, 60)
    assert [len(values) for values in session.push(*pair).values()] == [0] * 4
    assert [len(values) for values in session.finish().values()] == [3] * 4


@pytest.mark.parametrize(
    ("height", "width", "is_defined"),
    [(216, 384, True), (2160, 3840, True), (2160, 4096, False), (64, 512, True), (64, 600, False), (32, 8192, False)],
)
def test_cambi_is_undefined_where_libvmaf_breaks(height: int, width: int, is_defined: bool) -> None:
    assert scores.CAMBI.is_defined(height, width) is scores.CAMBI.is_defined(width, height) is is_defined
