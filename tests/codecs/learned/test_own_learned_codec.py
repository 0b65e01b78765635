"""The recipe `docs/recipes/learned-codec.md`, followed from outside the package: its file and its row, through
strings, a round trip, files and a whole run."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
import torch

from ahc_stream import codecs, runs
from ahc_stream.codecs import CodecEntry, Knob
from ahc_stream.codecs.learned import model as learned_model
from ahc_stream.codecs.learned.random_weights import random_networks
from ahc_stream.core.errors import CodecError, InvalidValue, MissingData
from ahc_stream.core.roundtrip import roundtrip
from ahc_stream.experiment import Experiment
from ahc_stream.report import operating_points
from ahc_stream.running import run
from ahc_stream.transcode import decode_file, facts_of
from tests.codecs.learned.learned import CPU, clip_of, errors_of_damage, pictures, sent
from tests.coded_files import encoded, frames_of, stills
from tests.pictures import write_pictures
from tests.recipes import block

RECIPE = "learned-codec.md"


@contextmanager
def in_place(
    name: str, module: str, beginning: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    """Within it, a module and the row of the codec as the recipe prints them are there."""
    folder.mkdir(exist_ok=True)
    (folder / f"{module}.py").write_text(block(RECIPE, beginning))
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, module, raising=False)
    row = block(RECIPE, f'"{name}": CodecEntry')
    codecs.add(name, eval(f"{{{row}}}", {"CodecEntry": CodecEntry, "Knob": Knob})[name])
    yield importlib.import_module(module)
    del codecs.CODECS[name]
    monkeypatch.delitem(sys.modules, module, raising=False)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    with in_place("tiny", "tiny", '"""Three convolutions', tmp_path / "code", monkeypatch) as module:
        yield module


@pytest.fixture
def tiny_vbr(tiny: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    beginning = '"""The networks of `tiny.py` at any rate'
    with in_place("tiny-vbr", "tiny_vbr", beginning, tmp_path / "code", monkeypatch) as module:
        yield module


@pytest.fixture
def checkpoints(tiny: ModuleType, tmp_path: Path) -> Path:
    """A folder with a checkpoint for each quality."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for quality in (1, 2):
        networks = random_networks(tiny.TINY, tiny.TINY.channels(quality), seed=quality)
        torch.save(networks.state_dict(), folder / f"tiny-{quality}-mse.pth")
    return folder


def codec_of(weights: object, quality: int = 1):
    """A codec whose networks are loaded anew: nothing of an encoder's can have stayed behind."""
    learned_model._loaded.forget()
    (point,) = codecs.parse(f"tiny@{quality}")
    return codecs.make(point, CPU, str(weights))


@pytest.mark.parametrize("size", [(1, 1), (17, 23), (64, 48), (149, 227)])
def test_a_fresh_codec_decodes_the_encoders_reconstruction(checkpoints: Path, size: tuple[int, int]) -> None:
    clip = clip_of(pictures(2, *size))
    bitstream, reconstruction = codec_of(checkpoints).encode_with_reconstruction(clip)
    decoded = codec_of(checkpoints).decode(sent(bitstream))
    assert torch.equal(decoded, reconstruction) and decoded.shape == clip.frames.shape
    assert reconstruction.float().std() > 5 or size == (1, 1)  # something to be equal to
    assert bitstream.header["latent"] == [-(-side // 8) for side in size]


def test_the_estimate_is_close_to_the_real_rate_and_damage_is_an_error(checkpoints: Path) -> None:
    codec = codec_of(checkpoints)
    bitstream = codec.encode(clip_of(pictures(1, 128, 128)))
    assert bitstream.estimated_bits[0] == pytest.approx(bitstream.payload_bits[0], rel=0.05)
    assert errors_of_damage(codec, 12) >= 10


def test_a_round_trip_gives_what_is_decoded_and_what_it_cost(checkpoints: Path) -> None:
    clip = clip_of(pictures(3, 50, 60))
    trip = roundtrip(codec_of(checkpoints, quality=2), clip)
    assert trip.point.codec == "tiny" and trip.point.quality == 2
    assert torch.equal(trip.decoded.frames, codec_of(checkpoints, quality=2).encode_with_reconstruction(clip)[1])
    assert all(bits > 0 for bits in trip.payload_bits)


def test_a_file_holds_its_frames_and_names_its_weights(checkpoints: Path, tmp_path: Path) -> None:
    items = stills(write_pictures(tmp_path / "pictures", 3, height=149, width=227))
    weights = checkpoints / "tiny-1-mse.pth"
    path = encoded(items, "tiny@1", tmp_path / "x.ahc", weights=str(weights))
    facts, decoded = facts_of(path, check=True), frames_of(path, weights=str(weights))
    assert decoded.shape == (3, 3, 149, 227) and decoded.float().std() > 5
    assert facts["weights"] == hashlib.sha256(weights.read_bytes()).hexdigest() and facts["padding"] == [2, 3, 1, 2]
    assert "3 PNG files" in decode_file(path, tmp_path / "out", CPU, weights=str(checkpoints))
    with pytest.raises(CodecError, match="SHA-256 of the weights"):
        frames_of(path, weights=str(checkpoints / "tiny-2-mse.pth"))
    one = stills(write_pictures(tmp_path / "one", 1))
    with pytest.raises(CodecError, match="a codec of CompressAI's files"):
        encoded(one, "tiny@1", tmp_path / "x.bin", weights="random:0", container="compressai")


def test_a_checkpoint_of_other_networks_is_refused(checkpoints: Path, tmp_path: Path) -> None:
    torch.save({"other.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(CodecError, match="a checkpoint of tiny"):
        codec_of(tmp_path / "other.pth")


def test_a_whole_run_measures_it_and_says_with_which_weights(checkpoints: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 4)
    asked = Experiment(
        str(folder), ("tiny@1,2",), tmp_path / "out", metrics=("psnr",), device="cpu", weights=str(checkpoints)
    )
    for _ in run(asked):
        pass
    points = {row["quality"]: row for row in operating_points(asked.out).to_pylist()}
    assert points.keys() == {1.0, 2.0} and all(row["frames"] == 4 and row["psnr"] > 0 for row in points.values())
    frames = runs.open(asked.out).table("frames")
    assert set(frames["codec"].to_pylist()) == {"tiny"}
    assert set(frames["options"].to_pylist()) == {"weights=checkpoints"}
    manifest = json.loads((asked.out / "manifest.json").read_text())
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in checkpoints.iterdir()}
    assert {kept["file"]: kept["sha256"] for kept in manifest["weights"].values()} == digests
    assert list(run(asked)) == []  # everything is done


def test_without_weights_a_run_ends_before_it_begins(tiny: ModuleType, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 1)
    with pytest.raises(MissingData, match="--weights"):
        run(Experiment(str(folder), ("tiny@1",), tmp_path / "out", device="cpu"))
    assert not (tmp_path / "out").exists()


def test_a_name_that_is_taken_or_that_no_text_holds_is_refused(tiny: ModuleType) -> None:
    entry = codecs.find("tiny")
    codecs.add("tiny", entry)  # the same once more is no other codec
    for name in ("jpeg", "a:b", "a@1", "Tiny", ""):
        with pytest.raises(InvalidValue, match="name"):
            codecs.add(name, entry)


def test_random_weights_name_themselves_in_a_file(tiny: ModuleType, tmp_path: Path) -> None:
    path = encoded(stills(write_pictures(tmp_path / "pictures", 2)), "tiny@1", tmp_path / "x.ahc", weights="random:3")
    assert facts_of(path)["weights"] == "random:3" and len(frames_of(path)) == 2


@pytest.fixture
def one_checkpoint(tiny_vbr: ModuleType, tmp_path: Path) -> Path:
    """A folder with the one file of the codec of variable rate, saved with the tables of some step."""
    networks = random_networks(tiny_vbr.TINY_VBR, (), seed=0)
    tiny_vbr.tune(networks, 3.0)
    folder = tmp_path / "one"
    folder.mkdir()
    torch.save(networks.state_dict(), folder / "tiny-vbr-mse.pth")
    return folder


def test_one_checkpoint_of_ones_own_serves_every_rate(one_checkpoint: Path) -> None:
    points, clip = codecs.parse("tiny-vbr@0.5,0.8,2"), clip_of(pictures(2, 149, 227))
    assert [point.quality for point in points] == [0.5, 0.8, 2]
    sizes = []
    for point in points:
        learned_model._loaded.forget()
        bitstream, reconstruction = codecs.make(point, CPU, str(one_checkpoint)).encode_with_reconstruction(clip)
        learned_model._loaded.forget()
        assert torch.equal(codecs.make(point, CPU, str(one_checkpoint)).decode(sent(bitstream)), reconstruction)
        assert bitstream.header["quality"] == point.quality
        assert bitstream.estimated_bits[0] == pytest.approx(bitstream.payload_bits[0], rel=0.05)
        sizes.append(sum(bitstream.payload_bits))
    assert all(1.05 * low < high for low, high in pairwise(sizes))
    with pytest.raises(CodecError, match=r"whose quality is 0\.5.*got 2"):
        codecs.make(points[0], CPU, str(one_checkpoint)).decode(bitstream)


def test_a_file_names_the_rate_of_ones_own_codec(one_checkpoint: Path, tmp_path: Path) -> None:
    items, weights = stills(write_pictures(tmp_path / "pictures", 2)), str(one_checkpoint / "tiny-vbr-mse.pth")
    path = encoded(items, "tiny-vbr@0.8", tmp_path / "x.ahc", weights=weights)
    assert facts_of(path)["quality"] == 0.8 and len(frames_of(path, weights=weights)) == 2
    text = f"tiny-vbr@0.5,0.8,2:weights={weights}"
    assert [point.quality for point in codecs.parse(text)] == [0.5, 0.8, 2], "one file is enough for three points"


def test_a_rate_beyond_the_knob_or_without_a_number_is_refused(one_checkpoint: Path) -> None:
    with pytest.raises(InvalidValue, match=r"a number 0\.1\.\.4 \(scale of the latent"):
        codecs.parse("tiny-vbr@5")
    assert len(codecs.parse(f"tiny-vbr:weights={one_checkpoint / 'tiny-vbr-mse.pth'}")) == 3
    (point,) = codecs.parse("tiny-vbr@0.8")
    with pytest.raises(MissingData, match="published weights for tiny-vbr"):
        codecs.weights_needed(point)
