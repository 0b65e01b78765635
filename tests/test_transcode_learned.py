"""Learned codecs in files: the encoder's reconstruction, hashes of weights, CompressAI's own files."""

from __future__ import annotations

import atexit
import shutil
import struct
import tempfile
from functools import cache
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from ahc_stream import codecs
from ahc_stream.codecs.learned.flow_networks import FlowWidths, scale_space_flow
from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.core.clip import Item
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.transcode import facts_of
from tests.codecs.learned.learned import narrow, reconstructed
from tests.coded_files import CPU, clips_of, encoded, frames_of, sequence, stills, video
from tests.conftest import real
from tests.pictures import write_pictures


@cache
def narrow_flow() -> str:
    """A checkpoint of ssf2020 with few channels and random weights: its pictures are no one's, but they vary."""
    folder = Path(tempfile.mkdtemp(prefix="ahc-flow-"))
    atexit.register(shutil.rmtree, folder)
    torch.manual_seed(0)
    model = scale_space_flow(FlowWidths((16, 24), (16, 24), (16, 24)))
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                module.weight.mul_(1.7)  # torch's own scale makes latents that all round to zero
        model.img_decoder[-1].bias.fill_(0.5)
    model.update()
    torch.save(model.state_dict(), folder / "flow.pth")
    return str(folder / "flow.pth")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three PNG files of 227 x 149."""
    return write_pictures(tmp_path_factory.mktemp("odd"), 3, height=149, width=227)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("ssf2020@2:gop=3", None),
        ("bmshj2018-factorized@1", "random:0"),
        ("bmshj2018-factorized-relu@1", "random:0"),
        ("mbt2018-mean-vbr@0.373", None),
        ("mbt2018-vbr@0.373", None),
        ("elic2022-official@1", None),
    ],
)
def test_learned_codecs_on_an_odd_size_decode_to_the_encoders_reconstruction(
    text: str, weights: str | None, odd: Path, tmp_path: Path
) -> None:
    weights = weights or (narrow_flow() if text.startswith("ssf") else narrow(text.partition("@")[0]))
    path = encoded(sequence(odd), text, tmp_path / "x.ahc", weights=weights)
    codec = codecs.make(codecs.parse(text)[0], CPU, weights)
    (clip,) = clips_of(sequence(odd), 16)
    reconstruction = reconstructed(codec, clip)[1]
    assert reconstruction.float().std() > 5  # something to be equal to
    assert torch.equal(frames_of(path, weights=weights), reconstruction)
    facts = facts_of(path, check=True)
    assert (
        facts["weights"] == codec.model.weights
        and len(facts["cdf"]) == 16
        and facts["padding"] == list(codec_padding(text))
    )
    assert all(len(row["checksum"]) == 16 for row in facts["table"])


def codec_padding(text: str) -> tuple[int, int, int, int]:
    return PicturePadding(149, 227, 128 if text.startswith("ssf") else 64).sides


@pytest.mark.timeout(120)
def test_a_real_clip_through_ssf2020(tmp_path: Path) -> None:
    """The first three frames, in two GOPs."""
    first = clips_of(video(real("clips/carphone_pristine.mp4")), 3)[0]
    folder = tmp_path / "frames"
    folder.mkdir()
    for index, frame in enumerate(first.frames.permute(0, 2, 3, 1).numpy()):
        Image.fromarray(frame).save(folder / f"{index}.png")
    path = encoded(sequence(folder), "ssf2020@2:gop=2", tmp_path / "x.ahc", weights=narrow_flow())
    codec = codecs.make(codecs.parse("ssf2020@2:gop=2")[0], CPU, narrow_flow())
    reconstruction = reconstructed(codec, first)[1]
    assert torch.equal(frames_of(path, weights=narrow_flow()), reconstruction)
    assert torch.equal(frames_of(path, weights=narrow_flow(), frames=(2, 3)), reconstruction[2:])


def test_other_weights_are_an_error_that_names_both_hashes(odd: Path, tmp_path: Path) -> None:
    checkpoint = narrow("bmshj2018-hyperprior")
    path = encoded(stills(odd), "bmshj2018-hyperprior@1", tmp_path / "x.ahc", weights=checkpoint)
    written = facts_of(path)["weights"]
    with pytest.raises(CodecError, match=rf"SHA-256 .*{written}; got [0-9a-f]{{64}}"):
        frames_of(path, weights=narrow("bmshj2018-hyperprior", seed=1))
    assert frames_of(path, weights=checkpoint).shape == (3, 3, 149, 227)


def test_compressais_picture_file_is_its_own_bytes_and_its_own_picture(odd: Path, tmp_path: Path) -> None:
    """Against CompressAI's own compress and decompress, written as its codec example writes."""
    name, weights = "bmshj2018-hyperprior", narrow("bmshj2018-hyperprior")
    items = [Item("set", "one", "stills", (odd / "001.png",), ("one",))]
    path = encoded(items, f"{name}@2", tmp_path / "x.bin", weights=weights, container="compressai")
    model, padding = codecs.make(codecs.parse(f"{name}@2")[0], CPU, weights).model.network, PicturePadding(149, 227, 64)
    with torch.no_grad():
        coded = model.compress(padding.to_network(clips_of(items, 1)[0].frames))
        expected = padding.to_frames(model.decompress(coded["strings"], coded["shape"])["x_hat"])
    data = struct.pack(">BBIIB", 2, 0x01, 149, 227, 8) + struct.pack(">III", *coded["shape"], len(coded["strings"]))
    data += b"".join(struct.pack(">I", len(string)) + string for (string,) in coded["strings"])
    assert path.read_bytes() == data
    assert torch.equal(frames_of(path, weights=weights), expected)
    assert facts_of(path)["codec"] == name and facts_of(path)["payload_bytes"] == len(data) - 11 - 12 - 8


@pytest.mark.timeout(120)
def test_compressais_video_file_is_one_gop(odd: Path, tmp_path: Path) -> None:
    path = encoded(
        sequence(odd),
        "ssf2020@2:transforms=compressai",
        tmp_path / "x.bin",
        weights=narrow_flow(),
        container="compressai",
    )
    codec = codecs.make(codecs.parse("ssf2020@2:gop=3:transforms=compressai")[0], CPU, narrow_flow())
    reconstruction = reconstructed(codec, clips_of(sequence(odd), 3)[0])[1]
    assert torch.equal(frames_of(path, weights=narrow_flow()), reconstruction)
    assert [row["type"] for row in facts_of(path)["table"]] == ["I", "P", "P"]


def test_two_pictures_do_not_fit_into_a_file_of_compressais(odd: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="one picture"):
        weights = narrow("bmshj2018-factorized")
        encoded(stills(odd), "bmshj2018-factorized@1", tmp_path / "x.bin", weights=weights, container="compressai")
    with pytest.raises(CodecError, match="a codec of CompressAI's files"):
        items = [Item("set", "one", "stills", (odd / "001.png",), ("one",))]
        encoded(items, "jpeg@50", tmp_path / "x.bin", container="compressai")
    assert not (tmp_path / "x.bin").exists()
