"""`--codec file.py:Name`: what may stand there, its grammar, and what a resume asks of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from ahc_stream import codecs
from ahc_stream.codecs.own.code import NAMED
from ahc_stream.codecs.own.network import NetworkCodec
from ahc_stream.core import sessions
from ahc_stream.core.errors import CodecError, InvalidValue, MissingData, StorageError, UnknownName
from ahc_stream.experiment import Experiment
from ahc_stream.report import operating_points
from ahc_stream.running import run
from tests.codecs.contract import moving
from tests.pictures import write_pictures

CPU = torch.device("cpu")
SOURCE = '''
import torch
from tests.codecs.own.models import Model
from ahc_stream import Bitstream, OperatingPoint, Unit

class Net(Model):
    def __init__(self, quality=2, shade=0.0):
        super().__init__()
        self.quality, self.noise, self.shade = quality, torch.nn.Parameter(torch.rand(4)), shade

class Unsized(Model):
    def __init__(self, channels):
        super().__init__()

class Doubling(Model):
    def __init__(self):
        super().__init__(scale=2)

class Plain:
    """A clip codec that keeps every sample."""
    intra_only = True
    def __init__(self, quality):
        self.point = OperatingPoint("plain", quality)
    def encode(self, clip):
        units = tuple(Unit(bytes(frame.numpy().tobytes()), i) for i, frame in enumerate(clip.frames))
        return Bitstream("plain", {"size": [clip.height, clip.width]}, units)
    def decode(self, bitstream):
        return torch.stack([torch.frombuffer(bytearray(u.payload), dtype=torch.uint8).reshape(
            3, *bitstream.header["size"]) for u in bitstream.units])

class Cropping(Plain):
    def decode(self, bitstream):
        return super().decode(bitstream)[..., 1:]

def made(quality):
    return Net(quality)

def nothing():
    return 7

ready = Net(5)
NUMBER = 3
'''


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "code" / "own_code_test.py"
    path.parent.mkdir()
    path.write_text(SOURCE)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "own_code_test", raising=False)
    for name in list(NAMED):
        del NAMED[name], codecs.CODECS[name]
    return path


def made(text: str):
    (point,) = codecs.parse(text)
    return codecs.make(*codecs.settled(point, None)[:1], CPU, codecs.settled(point, None)[1])


def test_the_name_may_have_qualities_and_options_and_reads_back(file: Path) -> None:
    points = codecs.parse(f"{file}:Net@1,2:shade=.50")
    assert [str(point) for point in points] == [f"own_code_test.py:Net@{q}:shade=0.5" for q in (1, 2)]
    assert codecs.parse(str(points[0])) == points[:1], "by its short name, once it is known"
    assert made(f"{file}:Net@7:shade=0.25").model.shade == 0.25


@pytest.mark.parametrize(
    ("text", "quality"), [("Net", 2), ("Net@7", 7), ("made@4", 4), ("ready", 5)], ids=lambda value: str(value)
)
def test_a_class_a_function_and_an_object_make_a_model_with_its_quality(file: Path, text: str, quality: int) -> None:
    codec = made(f"{file}:{text}")
    assert isinstance(codec, NetworkCodec) and codec.model.quality == quality and type(codec.model.quality) is int


def test_a_class_with_the_codec_protocol_is_taken_as_it_is(file: Path) -> None:
    codec, clip = made(f"{file}:Plain@4"), moving(2, 20, 30)
    assert torch.equal(sessions.decode(codec, sessions.encode(codec, clip)), clip.frames)
    assert codecs.find("own_code_test.py:Plain").medium == "still"


def test_each_lane_builds_the_same_networks_and_a_seed_others(file: Path) -> None:
    first, second, seeded = (made(f"{file}:Net{more}") for more in ("", "", ":weights=random:5"))
    assert first.identity == second.identity != seeded.identity
    state = torch.random.get_rng_state()
    made(f"{file}:Net")
    assert torch.equal(state, torch.random.get_rng_state()), "the program's own random numbers go on"


def test_weights_come_from_a_file_or_for_each_quality_from_a_folder(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    model = made(f"{file}:Net").model
    for quality in (1, 2):
        torch.nn.init.constant_(model.noise, quality)
        torch.save(model.state_dict(), folder / f"Net-{quality}-mse.pth")
    assert made(f"{file}:Net@2:weights={folder}").model.noise[0] == 2
    assert made(f"{file}:Net@9:weights={folder / 'Net-1-mse.pth'}").model.noise[0] == 1
    with pytest.raises(InvalidValue, match="a file of weights for each quality"):
        codecs.parse(f"{file}:Net@1,2:weights={folder / 'Net-1-mse.pth'}")
    with pytest.raises(MissingData, match="Net-3-mse"):
        made(f"{file}:Net@3:weights={folder}")
    torch.save({"other": torch.zeros(1)}, folder / "other.pth")
    with pytest.raises(CodecError, match="weights of own_code_test"):
        made(f"{file}:Net@1:weights={folder / 'other.pth'}")


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("Elic@1", MissingData, r"Elic in .*It has .*Net"),
        ("Unsized", InvalidValue, r"Unsized\(channels\)"),
        ("NUMBER", InvalidValue, "NUMBER to be a codec"),
        ("Plain", InvalidValue, "no quality"),
        ("Net@1:width=3", InvalidValue, "It takes shade"),
        ("Net@-1", InvalidValue, "0..1000000"),
        ("nothing@1", InvalidValue, "without a quality"),
    ],
)
def test_what_cannot_be_a_codec_is_refused_before_any_work(file: Path, text: str, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        codecs.parse(f"{file}:{text}")


@pytest.mark.parametrize(
    ("text", "error", "says"), [("nothing", InvalidValue, "to make a codec"), ("Doubling", CodecError, "in the size")]
)
def test_what_makes_no_codec_is_refused_before_the_folder_is_begun(file, tmp_path, text, error, says) -> None:
    folder = write_pictures(tmp_path / "pictures", 1)
    with pytest.raises(error, match=says):
        run(Experiment(str(folder), (f"{file}:{text}",), tmp_path / "out", device="cpu"))
    assert not (tmp_path / "out").exists()


def test_a_codec_that_returns_another_size_is_a_failure_of_the_item(file: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 1)
    asked = Experiment(str(folder), (f"{file}:Cropping@1", "identity"), None, metrics=("psnr",), device="cpu")
    started = run(asked)
    rows = [rows.point.codec for rows in started]
    assert rows == ["identity"]


def test_its_rows_have_its_name_and_a_resume_with_other_code_is_refused(file: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 2)
    asked = Experiment(
        str(folder), (f"{file}:Plain@1", "jpeg@50"), tmp_path / "out", metrics=("psnr",), device="cpu", save_recon=True
    )
    for _ in run(asked):
        pass
    names = {(row["codec"], row["quality"]) for row in operating_points(asked.out).to_pylist()}
    assert names == {("own_code_test.py:Plain", 1.0), ("jpeg", 50.0)}
    manifest = json.loads((asked.out / "manifest.json").read_text())
    assert manifest["experiment"]["codecs"] == [f"{file}:Plain@1", "jpeg@50"]
    assert manifest["scorers"].keys() == {"own_code_test.py:Plain"}
    assert list(run(asked)) == []
    file.write_text(SOURCE + "\n# changed\n")
    with pytest.raises(StorageError, match=r"scorers own_code_test\.py:Plain"):
        list(run(asked))


def test_no_file_and_no_name_alone_runs_code(file: Path) -> None:
    """`find` is asked for names that stand in files of strangers."""
    with pytest.raises(UnknownName):
        codecs.find(f"{file}:Net")
    assert "own_code_test" not in sys.modules
    codecs.parse(f"{file}:Net")
    assert not codecs.in_files("own_code_test.py:Net") and codecs.in_files("jpeg") and codecs.in_files("mbt2018")


def test_a_mistyped_quality_of_a_codec_of_the_table_stays_what_it_was() -> None:
    with pytest.raises(InvalidValue, match="behind @"):
        codecs.parse("jpeg:low")
    with pytest.raises(MissingData, match="no such module"):
        codecs.parse("no_such.package:Codec")
