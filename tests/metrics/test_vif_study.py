"""`vif_study` is what the study computed: its own numbers of Kodak, with original and reconstruction exchanged."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ahc_stream.experiment import Experiment
from ahc_stream.metrics import METRICS, measure
from ahc_stream.report import operating_points
from ahc_stream.running import run
from tests.conftest import real
from tests.metrics.frames import textured

STUDY = {10: 0.7989, 30: 0.9042, 50: 0.9286, 75: 0.9516}
"""JPEG quality, 4:2:0 -> the study's VIF, mean over the 24 images."""
ROUNDING = 5e-5


def frames(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)[None]


def by_pillow(original: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    original.save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return Image.open(file)


def test_kodak_by_pillows_jpeg_has_the_studys_values() -> None:
    originals = [Image.open(path).convert("RGB") for path in sorted(real("datasets/kodak").glob("kodim*.png"))]
    assert len(originals) == 24
    for quality, expected in STUDY.items():
        pairs = [(frames(original), frames(by_pillow(original, quality))) for original in originals]
        means = [measure(*pair, ["vif_study"])["vif_study"].item() for pair in pairs]
        assert np.mean(means) == pytest.approx(expected, abs=ROUNDING)


def test_a_run_over_kodak_has_the_studys_values(tmp_path: Path) -> None:
    codecs = [f"jpeg@{quality}:subsampling=420" for quality in (10, 50)]
    real("datasets/kodak")
    for _ in run(Experiment("kodak", codecs, metrics=("vif_study",), tasks=(), device="cpu", out=tmp_path)):
        pass
    rows = operating_points(tmp_path).to_pylist()
    means = {row["quality"]: row["vif_study"] for row in rows}
    assert means == {quality: pytest.approx(STUDY[quality], abs=ROUNDING) for quality in (10, 50)}


def test_a_decoder_that_gives_the_mean_of_what_is_likely_gets_1_whatever_it_loses() -> None:
    """A covariance with the original that equals the decoded frame's own variance is a gain of 1."""
    original, distorted = textured(1, 176, 208, noise=60)
    smooth = torch.nn.functional.avg_pool2d(original.float(), 3, 1, 1, count_include_pad=False)
    values = {
        name: measure(original.float(), frame, ["vif", "vif_study"])
        for name, frame in {"smooth": smooth, "noisy": distorted.float()}.items()
    }
    assert values["smooth"]["vif"] < 0.6
    assert values["smooth"]["vif_study"] > 0.95 > values["noisy"]["vif_study"]


def test_its_definition_says_that_the_frames_are_exchanged() -> None:
    assert "original and distorted frame exchanged" in METRICS["vif_study"].definition
