"""Codec objects in `Experiment(codecs=...)`."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
import torch

from ahc_stream import codecs
from ahc_stream.codecs.own.network import NetworkCodec
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.unit import Unit
from ahc_stream.experiment import Experiment
from ahc_stream.report import operating_points
from ahc_stream.running import run
from tests.codecs.own.models import CPU, Model
from tests.pictures import write_pictures


class Kept:
    """Keeps every sample."""

    intra_only = True

    def __init__(self, quality: float | None = None, name: str = "kept", **members: object) -> None:
        self.point = OperatingPoint(name, quality, (("kind", "raw"),))
        self.__dict__ |= members

    def encode(self, clip: Clip) -> Bitstream:
        units = tuple(Unit(frame.numpy().tobytes(), index) for index, frame in enumerate(clip.frames))
        return Bitstream(self.point.codec, {"size": [clip.height, clip.width]}, units)

    def decode(self, bitstream: Bitstream) -> torch.Tensor:
        frames = [torch.frombuffer(bytearray(unit.payload), dtype=torch.uint8) for unit in bitstream.units]
        return torch.stack(frames).reshape(-1, 3, *bitstream.header["size"])


@pytest.fixture
def asked(tmp_path: Path) -> Experiment:
    folder = write_pictures(tmp_path / "pictures", 2)
    network = NetworkCodec(OperatingPoint("network", 3), Model(), CPU)
    chosen = (Kept(1), Kept(2), network, "jpeg@50")
    return Experiment(str(folder), chosen, tmp_path / "out", metrics=("psnr",), device="cpu", lanes=2)


def test_objects_stand_beside_texts_and_rows_have_their_points(asked: Experiment) -> None:
    for _ in run(asked):
        pass
    rows = {(row["codec"], row["quality"]): row["psnr"] for row in operating_points(asked.out).to_pylist()}
    assert rows.keys() == {("kept", 1.0), ("kept", 2.0), ("network", 3.0), ("jpeg", 50.0)}
    assert rows["kept", 1.0] == rows["network", 3.0] == float("inf") > rows["jpeg", 50.0]
    manifest = json.loads((asked.out / "manifest.json").read_text())
    assert manifest["experiment"]["codecs"] == ["kept@1:kind=raw", "kept@2:kind=raw", "network@3", "jpeg@50"]
    assert manifest["scorers"].keys() == {"kept", "network"}
    assert list(run(asked)) == []


@pytest.mark.parametrize(
    ("codec", "says"),
    [
        (7, "a text or a codec"),
        (Model(), "a text or a codec"),
        (Kept(name="jpeg"), "not taken"),
        (Kept(lock=threading.Lock()), "deepcopy"),
    ],
)
def test_what_is_no_codec_is_refused_before_any_work(asked: Experiment, codec: object, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        run(Experiment(asked.dataset, (codec,), asked.out, device="cpu"))
    assert not asked.out.exists()


def test_one_point_twice_is_refused(asked: Experiment) -> None:
    with pytest.raises(InvalidValue, match="operating point once"):
        run(Experiment(asked.dataset, (Kept(1), Kept(1)), None, device="cpu"))
    assert codecs.find("kept").family == "own"
