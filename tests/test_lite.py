"""The lite codecs that come with the package: their files, and what their model card says of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ahc_stream import codecs, lite, store, weights
from ahc_stream.core import sessions
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.errors import MissingData
from ahc_stream.core.point import OperatingPoint
from tests.codecs.learned.learned import reconstructed
from tests.conftest import real

CARD = Path(lite.__file__).with_name("README.md")
CPU = torch.device("cpu")


def point_of(name: str) -> OperatingPoint:
    codec, quality, _ = name.rsplit("-", 2)
    return codecs.parse(f"{codec}@{quality}")[0]


def stated(name: str) -> tuple[float, float]:
    """Payload bits per pixel and PSNR in dB of the one input that the card names."""
    ((bpp, decibel),) = re.findall(
        rf"^\| {name} \| (?:kodim05|bikes, 3 frames) \| ([\d.]+) \| ([\d.]+) \|$", CARD.read_text(), re.MULTILINE
    )
    return float(bpp), float(decibel)


def kodim05() -> Clip:
    picture = np.array(Image.open(real("datasets/kodak/kodim05.png")).convert("RGB"))
    frames = torch.from_numpy(picture).permute(2, 0, 1)[None].contiguous()
    return Clip(frames, (FrameKey("kodak", "kodim05", 0),), torch.zeros(1, dtype=torch.float64), consecutive=False)


def bikes() -> Clip:
    import av

    with av.open(real("clips/bikes.mp4")) as container:
        pictures = [
            frame.to_ndarray(format="rgb24") for frame, _ in zip(container.decode(video=0), range(3), strict=False)
        ]
    frames = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()
    keys = tuple(FrameKey("clips", "bikes", place) for place in range(3))
    return Clip(frames, keys, torch.arange(3, dtype=torch.float64) / 25, consecutive=True)


def check_against_the_card(name: str, clip: Clip) -> None:
    bitstream, reconstruction = reconstructed(codecs.make(point_of(name), CPU), clip)
    decoded = sessions.decode(codecs.make(point_of(name), CPU), Bitstream.from_bytes(bitstream.to_bytes()))
    assert torch.equal(decoded, reconstruction)

    payload, estimated = sum(bitstream.payload_bits), sum(bitstream.estimated_bits)
    assert abs(estimated / payload - 1) < 0.01
    pixels = len(clip) * clip.height * clip.width
    error = (decoded.double() - clip.frames.double()).square().mean((1, 2, 3))
    psnr = 10 * torch.log10(255**2 / error).mean()
    # float32 sums differ between processors: a latent close to a rounding edge may fall on the other side
    bpp, decibel = stated(name)
    assert payload / pixels == pytest.approx(bpp, rel=0.002)
    assert float(psnr) == pytest.approx(decibel, abs=0.02)


@pytest.mark.parametrize("name", lite.SHA256)
def test_a_checkpoint_does_what_its_card_says(name: str) -> None:
    check_against_the_card(name, bikes() if name.startswith("ssf2020") else kodim05())


def test_p_frames_cost_less_than_i_frames_and_look_no_worse() -> None:
    clip = bikes()
    for point in codecs.parse("ssf2020-lite"):
        bitstream, decoded = reconstructed(codecs.make(point, CPU), clip)
        intra, first, second = bitstream.payload_bits
        error = (decoded.double() - clip.frames.double()).square().mean((1, 2, 3))
        assert bitstream.frame_types == ("I", "P", "P")
        assert max(first, second) < 0.75 * intra and float(error[1:].max()) < 1.05 * float(error[0])


def test_every_lite_codec_of_the_table_has_its_checkpoints_in_the_package() -> None:
    points = [point for name in codecs.CODECS if name.endswith("-lite") for point in codecs.parse(name)]
    needed = [name for point in points for name in codecs.weights_needed(point)]
    assert sorted(needed) == sorted(lite.SHA256)
    assert weights.missing(needed) == ()


def test_files_are_small_and_are_those_of_the_table() -> None:
    files = {name: lite.path(name) for name in lite.SHA256}
    assert sorted(CARD.parent.glob("*.safetensors")) == sorted(files.values())
    assert all(path.stat().st_size <= 4_000_000 for path in files.values())
    assert sum(path.stat().st_size for path in files.values()) <= 20_000_000
    assert {name: store.sha256_of(path) for name, path in files.items()} == dict(lite.SHA256)


@pytest.mark.parametrize("name", lite.SHA256)
def test_convolutions_are_float16_and_tables_int32(name: str) -> None:
    from safetensors.torch import load_file

    state = load_file(lite.path(name))
    assert {value.dtype for value in state.values() if value.ndim == 4} == {torch.float16}
    tables = [value for key, value in state.items() if key.endswith("._quantized_cdf")]
    assert tables and all(table.dtype == torch.int32 and table.numel() for table in tables)


def test_a_file_that_the_installation_lost_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lite, "SHA256", {"lost-1-mse": "0" * 64})
    with pytest.raises(MissingData, match="Install ahc-stream again"):
        weights.find("lost-1-mse")
