"""What the public functions promise for good, odd and bad input."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import Tensor

from ahc_stream import metrics
from ahc_stream.core.errors import InvalidValue, MissingExtra, UnknownName
from ahc_stream.metrics import METRICS, PROFILES, Fused, Joint, Metric, Standalone, Temporal, bits_per_pixel, measure
from ahc_stream.metrics.fused import IMPLEMENTATIONS
from ahc_stream.metrics.table import BUILT_IN
from tests.metrics.frames import constant, half_flat, one_pixel, strided, textured

STANDARD = PROFILES["standard"].metrics
FORMULAS = {"ssimulacra2", "psnr_hvs", "psnr_hvs_m", "flicker"}
"""Metrics beside the fused pass that have no model behind them either."""
FUSED = tuple(name for name, metric in METRICS.items() if isinstance(metric.recipe, Fused))


def test_each_public_function_is_measure_by_its_name() -> None:
    pair = textured(2, 165, 170)
    together = measure(*pair, FUSED)
    for name in STANDARD:
        value = getattr(metrics, name)(*pair)
        assert value.dtype == torch.float64 and value.shape == (2,)
        assert torch.equal(value, together[name])


def test_the_table_names_its_own_entries_and_defines_each_in_one_sentence() -> None:
    for name, metric in METRICS.items():
        assert metric.name == name and metric.definition.count(". ") == 0 and metric.definition.endswith(".")
    assert len({metric.label for metric in METRICS.values()}) == len(METRICS)
    assert [name for name, metric in METRICS.items() if metric.is_leading] == ["psnr"]


def test_every_row_says_its_range_its_source_and_the_model_behind_it() -> None:
    for name in BUILT_IN:
        metric = METRICS[name]
        assert metric.range and metric.source and metric.unit, name
        assert not any(text.endswith(".") for text in metric.facts.values()), name
        assert bool(metric.model) == (not isinstance(metric.recipe, Fused) and name not in FORMULAS), name


def test_every_computation_that_the_table_names_is_there() -> None:
    for metric in METRICS.values():
        assert isinstance(metric.computation, str), "so that the table is read without torch"
        assert isinstance(metric.recipe, Fused | Standalone | Temporal | Joint)


def test_a_computation_that_is_not_there_says_what_is_missing() -> None:
    lost = Metric("lost", "lost", "1", 4, "Nothing.", True, "ahc_stream.metrics.formulas:LOST")
    with pytest.raises(AttributeError, match="LOST"):
        _ = lost.recipe


def test_identical_frames_get_the_best_value_of_each_metric() -> None:
    frames, _ = textured(1, 161, 180)
    values = {name: value.item() for name, value in measure(frames, frames.clone(), FUSED).items()}
    assert values["mse"] == values["mae"] == 0 and values["psnr"] == float("inf")
    assert values["ssim"] == pytest.approx(1, abs=1e-7)
    assert values["ms_ssim"] == pytest.approx(1, abs=1e-7)  # float32 inside
    assert values["vif"] == pytest.approx(1, abs=1e-7)


def test_frames_are_measured_alone_whatever_shares_their_batch() -> None:
    reference, distorted = textured(3, 163, 161)
    batch = measure(reference, distorted, FUSED)
    for index in range(3):
        alone = measure(reference[index : index + 1], distorted[index : index + 1], FUSED)
        assert all(torch.equal(batch[name][index : index + 1], alone[name]) for name in FUSED)


def test_memory_layout_does_not_change_a_value() -> None:
    pair = textured(2, 165, 170)
    plain, odd = measure(*pair, FUSED), measure(*strided(*pair), FUSED)
    assert all(torch.equal(plain[name], odd[name]) for name in FUSED)


def test_float_frames_are_grey_levels_too() -> None:
    pair = textured(1, 165, 170)
    as_bytes, as_floats = measure(*pair, FUSED), measure(pair[0].float(), pair[1].float(), FUSED)
    for name in FUSED:  # float32 holds every byte exactly; the luma may be summed another way
        torch.testing.assert_close(as_bytes[name], as_floats[name], rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("side", "defined"),
    [
        (1, {"mse", "mae", "psnr"}),
        (10, {"mse", "mae", "psnr"}),
        (11, {"mse", "mae", "psnr", "ssim"}),
        (40, {"mse", "mae", "psnr", "ssim"}),
        (41, {"mse", "mae", "psnr", "ssim", "vif"}),
        (160, {"mse", "mae", "psnr", "ssim", "vif"}),
        (161, set(STANDARD)),
    ],
)
def test_a_metric_too_large_for_the_frame_is_nan_and_nothing_else_is(side: int, defined: set[str]) -> None:
    for shape in ((side, 163), (163, side)):
        values = measure(*textured(1, *shape), STANDARD)
        assert {name for name, value in values.items() if not value.isnan().any()} == defined


def test_ssim_asked_for_with_ms_ssim_is_still_defined_where_ms_ssim_is_not() -> None:
    values = measure(*textured(1, 30, 300), ["ms_ssim", "ssim"])
    assert values["ms_ssim"].isnan() and not values["ssim"].isnan()


@pytest.mark.parametrize("side", [1, 5, 10])
def test_a_study_metric_too_large_for_the_frame_is_nan(side: int) -> None:
    values = measure(*textured(1, side, 50), ["ssim_study", "vif_study"])
    assert values["vif_study"].isnan() and values["ssim_study"].isnan() == (side <= 5)


def test_a_study_metric_beside_its_namesake_changes_neither() -> None:
    pair = textured(2, 60, 70)
    together = measure(*pair, ["ssim", "ssim_study", "vif", "vif_study"])
    assert all(torch.equal(value, measure(*pair, [name])[name]) for name, value in together.items())
    assert (together["ssim_study"] > together["ssim"]).all() and (together["vif_study"] != together["vif"]).all()


def test_psnr_yuv_is_infinite_for_a_plane_without_error() -> None:
    grey, other = constant(8, 8, 100, 110)
    assert measure(grey, other, ["psnr_yuv_411"])["psnr_yuv_411"].isposinf()


def test_flat_frames_have_a_known_ssim_and_no_vif() -> None:
    values = measure(*constant(170, 170, 100, 150), FUSED)
    c1 = (0.01 * 255) ** 2
    assert values["ssim"].item() == pytest.approx((2 * 100 * 150 + c1) / (100**2 + 150**2 + c1), rel=1e-7)
    assert values["mse"] == 2500 and values["mae"] == 50 and values["vif"].isnan()


def test_the_smallest_contrast_that_is_lost_leaves_no_information() -> None:
    assert measure(*one_pixel(61, 61), ["vif"])["vif"].item() == pytest.approx(0, abs=1e-9)


def test_vif_is_not_symmetric_and_takes_the_reference_first() -> None:
    reference, distorted = half_flat(64, 64)
    assert measure(reference, distorted, ["vif"])["vif"] != measure(distorted, reference, ["vif"])["vif"]


def test_a_nan_pixel_makes_its_frame_nan_and_no_other() -> None:
    reference, distorted = (frames.float() for frames in textured(2, 165, 165))
    distorted[1, 1, 80, 80] = torch.nan
    for name, value in measure(reference, distorted, FUSED).items():
        assert value.isnan().tolist() == [False, True], name


GOOD = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)


@pytest.mark.parametrize(
    ("reference", "distorted", "says"),
    [
        (GOOD[0], GOOD[0], r"\[N, 3, H, W\]"),
        (GOOD[:, :1], GOOD[:, :1], r"shape \[1, 1, 8, 8\]"),
        (GOOD[:0], GOOD[:0], "at least one pixel"),
        (GOOD, GOOD[..., :7], "one shape"),
        (GOOD, GOOD.float(), "one dtype"),
        (GOOD.half(), GOOD.half(), "float32 in 0..255"),
        (GOOD, GOOD.to("meta"), "one device"),
        (GOOD.numpy(), GOOD, "torch.Tensor"),
    ],
)
def test_bad_frames_are_refused_with_what_to_do(reference: Tensor, distorted: Tensor, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        measure(reference, distorted, ["psnr"])


def test_an_unknown_metric_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'ms_ssim'"):
        measure(GOOD, GOOD, ["ms-ssim"])


def test_an_unknown_implementation_is_answered_with_the_known() -> None:
    with pytest.raises(UnknownName, match="reference"):
        measure(GOOD, GOOD, ["psnr"], implementation="matlab")


def test_asking_for_psnr_alone_costs_psnr_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for other in ("ssim", "vif"):
        monkeypatch.setattr(f"ahc_stream.kernels.quality_cpu.{other}", None)
    assert measure(GOOD, GOOD, ["psnr"])["psnr"].item() == float("inf")


def test_a_missing_compiler_is_said_and_never_replaced_by_the_slow_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ahc_stream.kernels.quality_cuda", None)  # importing it then fails
    with pytest.raises(MissingExtra, match="pip install triton"):
        IMPLEMENTATIONS["triton"]()


def test_no_implementation_takes_tensors_of_another_device() -> None:
    with pytest.raises(InvalidValue, match="triton for tensors on cpu"):
        measure(GOOD, GOOD, ["psnr"], implementation="triton")
    with pytest.raises(InvalidValue, match=r"cpu \(native\), cuda \(triton\)"):
        measure(GOOD.to("meta"), GOOD.to("meta"), ["psnr"])


def test_the_reference_runs_on_any_device() -> None:
    frames = GOOD.to("meta")
    assert measure(frames, frames, ["mse"], implementation="reference")["mse"].device.type == "meta"


def test_bits_per_pixel_counts_true_pixels_and_refuses_nonsense() -> None:
    assert bits_per_pixel(768 * 512, 768, 512) == 1
    with pytest.raises(InvalidValue, match="at least 1 x 1"):
        bits_per_pixel(8, 0, 5)
