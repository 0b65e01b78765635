"""NVDEC's choice, on any machine; and on a GPU, its frames. Its colour: `tests/kernels/test_gpu_kernels.py`."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import pytest
import torch

from ahc_stream.core.colour import Colour
from ahc_stream.core.errors import MissingExtra
from ahc_stream.sources import choose, nvdec, open_item
from ahc_stream.sources.dali_pipeline import library, rounding
from ahc_stream.sources.probe import probe
from tests.sources.streams import CPU, opened, pixels, scene, video, write

CUDA = torch.device("cuda", 0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"codec": "prores"}, "prores"),
        ({"codec": "av1"}, "AV1, which DALI decodes in a reader alone that rounds"),
        ({"pixel_format": "yuv422p"}, "yuv422p"),
        ({"pixel_format": "yuv420p10le"}, "yuv420p10le"),
        ({"width": 97}, "odd size"),
        ({"damage": "a cut packet"}, "damaged"),
        ({"pts_seconds": (0.0, 0.04, 0.5)}, "variable"),
        ({"claimed_frames": 5000}, "claims 5000"),
    ],
)
def test_what_nvdec_cannot_decode_right_is_refused_with_the_reason(tmp_path, change, reason):
    pytest.importorskip("nvidia.dali", reason="the extra dali is not installed")
    good = probe(write(tmp_path / "a.mp4", frames=3))
    assert reason in nvdec.refusal(dataclasses.replace(good, **change), CUDA)


@pytest.mark.parametrize("version", ["1.49.0", "2.3.9", "2.4.0rc1", "2.4.0.dev20260101", "unknown"])
def test_a_dali_that_rounds_chroma_is_refused_wherever_it_is_opened(tmp_path, monkeypatch, version):
    dali = pytest.importorskip("nvidia.dali", reason="the extra dali is not installed")
    monkeypatch.setattr(dali, "__version__", version)
    with pytest.raises(MissingExtra, match=rf"nvidia-dali 2\.4 or newer; got nvidia-dali {version}"):
        library()
    assert "rounds chroma" in nvdec.refusal(probe(write(tmp_path / "a.mp4", frames=3)), CUDA)


@pytest.mark.parametrize("version", ["2.4", "2.4.0", "2.10.1", "3.0"])
def test_a_dali_that_does_not_round_is_taken(version):
    assert rounding(version) is None


def test_auto_on_a_gpu_moves_to_the_cpu_decoder_with_a_warning(tmp_path, caplog):
    pytest.importorskip("nvidia.dali", reason="the extra dali is not installed")
    path = write(tmp_path / "a.mp4", pixel_format="yuv422p")
    with caplog.at_level(logging.WARNING, "ahc_stream.sources"):
        assert choose(video(path), CUDA) == "pyav"
    assert "a.mp4 is decoded on the CPU" in caplog.text and "yuv422p" in caplog.text


@pytest.mark.gpu
@pytest.mark.parametrize("colour", [Colour(m, full) for m in ("bt601", "bt709") for full in (False, True)])
@pytest.mark.parametrize(("codec", "suffix"), [("libx264", "mp4"), ("libx265", "mp4"), ("libvpx-vp9", "webm")])
def test_frames_of_the_gpu_equal_those_of_the_cpu(tmp_path: Path, codec, suffix, colour):
    path = write(tmp_path / f"a.{suffix}", codec, size=(256, 320), frames=11, colour=colour)
    assert choose(video(path), CUDA) == "dali"
    clips = list(open_item(video(path), 4, CUDA, "dali"))
    torch.cuda.synchronize()
    assert [len(clip) for clip in clips] == [4, 4, 3]
    assert (pixels(clips).cpu() - pixels(opened(path, "pyav"))).abs().max() <= 1


@pytest.mark.gpu
@pytest.mark.parametrize("source", ["pyav", "images"])
def test_frames_decoded_on_the_cpu_arrive_on_the_gpu(tmp_path, source):
    from PIL import Image

    from ahc_stream.core.clip import Item

    if source == "pyav":
        item = video(write(tmp_path / "a.mp4"))
    else:
        Image.fromarray(scene(64, 96, 0)).save(tmp_path / "a.png")
        item = Item("synthetic", "a", "stills", (tmp_path / "a.png",), ("a.png",))
    (clip,), (expected,) = (list(open_item(item, 8, device, source)) for device in (CUDA, CPU))
    torch.cuda.synchronize()
    assert clip.frames.is_cuda and (clip.frames.cpu() == expected.frames).all()
