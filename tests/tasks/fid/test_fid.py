"""The features of FID: those of torch-fidelity's network, whose weights are random here, and whose file is checked."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest
import torch

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue, MissingData, MissingExtra
from ahc_stream.tasks.fid.task import Fid
from tests.pictures import picture
from tests.tasks.conftest import as_clip

CPU = torch.device("cpu")

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def package() -> Any:
    return pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3", reason="pip install 'ahc-stream[fid]'")


@pytest.fixture(scope="module")
def network(package: Any) -> Any:
    """torch-fidelity's own, with random weights that keep numbers of a like size from layer to layer."""
    torch.manual_seed(0)
    patch = pytest.MonkeyPatch()
    patch.setattr(package.FeatureExtractorInceptionV3, "load_state_dict", lambda self, state: None)
    patch.setattr(package, "load_state_dict_from_url", lambda url, progress: {})
    made = package.FeatureExtractorInceptionV3("inception-v3-compat", ["2048"])
    patch.undo()
    return made


@pytest.fixture(scope="module")
def file(network: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "own.pth"
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def fid(file: Path) -> Fid:
    return made(file)


def made(file: Path) -> Any:
    return tasks.make(tasks.parse(f"fid:model={file}"), CPU)


def test_features_are_those_of_torch_fidelity_and_of_each_frame_alone(network: Any, fid: Fid) -> None:
    pictures = [picture(61, 75, number) for number in range(2)]
    rows = fid.predict(as_clip(pictures))
    assert [len(row) for row in rows] == [1, 1]
    for frame, ((row,), alone) in enumerate(zip(rows, pictures, strict=True)):
        clip = as_clip([alone])
        (expected,) = network(clip.frames)
        # the network's own batch of one may sum in another order
        torch.testing.assert_close(torch.tensor(row["features"]), expected[0], rtol=1e-4, atol=1e-5)
        ((by_itself,),) = fid.predict(clip)
        assert (by_itself["features"] == row["features"]).all(), frame


def test_weights_that_are_not_there_are_said_with_the_command_that_brings_them(
    package: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path))
    monkeypatch.delenv("AHC_STREAM_PATH", raising=False)
    with pytest.raises(MissingData, match="data download inception-fid"):
        tasks.make(tasks.parse("fid"), CPU)


def test_another_network_s_file_is_refused(package: Any, tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    torch.save({"conv.weight": torch.zeros(1)}, path)
    with pytest.raises(InvalidValue, match=r"other\.pth"):
        made(path)


def test_a_missing_package_is_said_with_its_extra(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("torch_fidelity"):
            raise ModuleNotFoundError("No module named 'torch_fidelity'", name="torch_fidelity")
        return genuine(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"ahc-stream\[fid\]"):
        made(file)
