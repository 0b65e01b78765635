"""Checkpoints: where they are found, what they must hold, and what a stream says about them."""

from __future__ import annotations

import hashlib
import pickle
import shutil
from pathlib import Path

import pytest
import torch

from ahc_stream.core.errors import CodecError, InvalidValue, MissingData
from tests.codecs.learned.learned import clip_of, codec_of, narrow, narrow_channels, pictures

NAME = "mbt2018-mean"
ZOO_FILE = "mbt2018-mean-1-e522738d.pth.tar"


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    return torch.load(narrow(NAME), weights_only=True)


def saved(content: object, path: Path) -> str:
    torch.save(content, path)
    return str(path)


def test_widths_come_from_the_checkpoint_and_the_header_holds_its_hash():
    codec = codec_of(NAME)
    network = codec.model.network
    channels = network.N, network.M
    assert channels == narrow_channels(NAME)
    digest = hashlib.sha256(Path(narrow(NAME)).read_bytes()).hexdigest()
    assert codec.encode(clip_of(pictures(1, 8, 8))).header["weights"] == digest


def test_stored_tables_are_used_as_they_are(state, tmp_path):
    """A median that moved after `update()` would give other tables; the stored ones are part of the format."""
    state["entropy_bottleneck.quantiles"][:, :, 0] -= 3
    codec = codec_of(NAME, saved(state, tmp_path / "moved.pth"))
    assert codec.model.identity["cdf"] == codec_of(NAME).model.identity["cdf"]


def test_missing_tables_are_computed(state, tmp_path):
    for name in list(state):
        if name.split(".")[-1] in ("_quantized_cdf", "_offset", "_cdf_length", "scale_table"):
            state[name] = state[name].new_empty(0)
    codec = codec_of(NAME, saved(state, tmp_path / "bare.pth"))
    assert codec.model.identity["cdf"] == codec_of(NAME).model.identity["cdf"]


def test_training_checkpoints_of_data_parallel_are_taken(state, tmp_path):
    wrapped = {"epoch": 3, "state_dict": {f"module.{name}": value for name, value in state.items()}}
    codec = codec_of(NAME, saved(wrapped, tmp_path / "training.pth.tar"))
    assert codec.encode(clip_of(pictures(1, 64, 64))).units == codec_of(NAME).encode(clip_of(pictures(1, 64, 64))).units


@pytest.mark.parametrize("file", [ZOO_FILE, "mbt2018-mean-1-mse.pth", "mbt2018-mean-1-e522738d.pt"])
def test_a_folder_is_searched_by_the_zoos_names(file, tmp_path):
    shutil.copy(narrow(NAME), tmp_path / file)
    assert codec_of(NAME, str(tmp_path)).model.network.N == 16


def test_a_root_is_searched_for_the_zoos_checkpoint(tmp_path, monkeypatch):
    from ahc_stream import codecs
    from ahc_stream.core.point import OperatingPoint

    monkeypatch.setenv("AHC_STREAM_PATH", str(tmp_path))
    (tmp_path / "weights/compressai").mkdir(parents=True)
    shutil.copy(narrow(NAME), tmp_path / "weights/compressai" / ZOO_FILE)
    codec = codecs.make(OperatingPoint(NAME, 1), torch.device("cpu"))
    assert codec.model.network.N == 16 and codec.point.options_text == "metric=mse"


@pytest.mark.parametrize("weights", [None, "folder", "nowhere.pth"])
def test_missing_weights_say_what_is_missing(weights, tmp_path, monkeypatch):
    from ahc_stream import codecs
    from ahc_stream.core.point import OperatingPoint

    monkeypatch.setenv("AHC_STREAM_PATH", "")
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path / "home"))
    (tmp_path / "folder").mkdir()
    says = {None: "mbt2018-mean-1-mse", "folder": ZOO_FILE, "nowhere.pth": "nowhere.pth"}[weights]
    with pytest.raises(MissingData, match=says):
        codecs.make(OperatingPoint(NAME, 1), torch.device("cpu"), weights and str(tmp_path / weights))


@pytest.mark.parametrize("other", ["bmshj2018-factorized", "mbt2018", "bmshj2018-hyperprior", "ssf2020"])
def test_a_checkpoint_of_another_architecture_is_refused(other, tmp_path):
    weights = str(tmp_path / "ssf.pth")
    if other == "ssf2020":  # its names alone decide
        torch.save({"img_encoder.0.weight": torch.zeros(1)}, weights)
    with pytest.raises(CodecError, match="another architecture"):
        codec_of(NAME, weights if other == "ssf2020" else narrow(other))


def test_other_shapes_under_the_same_names_are_named():
    with pytest.raises(CodecError, match=r"size mismatch for h_s\.\d\.weight"):
        codec_of(NAME, narrow("bmshj2018-hyperprior"))


class Danger:
    def __reduce__(self):
        return print, ("this must never run",)


@pytest.mark.parametrize("content", [b"not a checkpoint", b"", pickle.dumps(Danger())])
def test_what_is_no_checkpoint_is_refused_without_running_it(content, tmp_path, capsys):
    path = tmp_path / "bad.pth"
    path.write_bytes(content)
    with pytest.raises(CodecError, match="checkpoint"):
        codec_of(NAME, str(path))
    assert "never" not in capsys.readouterr().out


def test_tensors_are_what_a_checkpoint_holds(tmp_path):
    with pytest.raises(CodecError, match="tensors by name"):
        codec_of(NAME, saved({"state_dict": {"a": 1}}, tmp_path / "numbers.pth"))


def test_a_quality_that_is_no_index_is_refused():
    with pytest.raises(InvalidValue):
        codec_of(NAME, quality=9)


def test_frames_on_another_device_are_refused():
    clip = clip_of(pictures(1, 8, 8))
    with pytest.raises(CodecError, match="frames on meta"):
        codec_of(NAME).encode(clip.with_frames(clip.frames.to("meta")))
