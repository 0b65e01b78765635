"""The trainer of a head: what its layer says is what scikit-learn's regression says, and recordings stay whole."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from ahc_stream.tasks.video.head import read_head, write_head
from tests.tools.loading import load_tool


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    pytest.importorskip("sklearn")  # the tool's own need, no part of the package
    return load_tool("train_ucf101_head")


def samples(classes: int, recordings: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of 8 numbers around a centre per class, two windows per recording and class."""
    random = np.random.default_rng(1)
    centres = random.normal(size=(classes, 8)) * [5, 1, 1, 1, 1, 1, 1, 0.01]
    names = np.array([f"class{number}" for number in range(classes)]).repeat(2 * recordings)
    rows = centres.repeat(2 * recordings, axis=0) + random.normal(size=(len(names), 8)) * 0.1
    return rows.astype(np.float32), names, np.tile(np.arange(1, recordings + 1).repeat(2), classes)


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_a_head_is_the_regression(tool: ModuleType, tmp_path: Path, classes: int) -> None:
    rows, names, _ = samples(classes, 4)
    model = tool.fitted(rows, names, 0.1)
    write_head(tmp_path / "head.safetensors", tool.head(model, "r3d_18", "r3d_18-kinetics400"))
    head = read_head(tmp_path / "head.safetensors")
    assert head is not None and head.classes == tuple(sorted(set(names)))
    probabilities = (torch.from_numpy(rows) @ head.weight.T + head.bias).softmax(dim=1).numpy()
    np.testing.assert_allclose(probabilities, model.predict_proba(rows), atol=1e-5)


def test_recordings_are_numbered_as_ucf101_names_them(tool: ModuleType) -> None:
    names = ("Archery/v_Archery_g08_c02", "HandstandPushups/v_HandStandPushups_g25_c07", "TaiChi/TaiChi")
    assert [tool.recording(name) for name in names] == [8, 25, 0]


def test_the_strength_is_chosen_on_recordings_held_out(tool: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.strength(*samples(3, 10)) in tool.STRENGTHS
    assert capsys.readouterr().out.count("accuracy on the windows held out") == len(tool.STRENGTHS)
    assert tool.strength(*samples(3, 4)) == tool.DEFAULT_STRENGTH
