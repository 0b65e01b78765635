"""What networks take of memory: counted before a large picture, held to what a process takes for a real one."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ahc_stream import codecs
from ahc_stream.codecs.learned import memory
from ahc_stream.codecs.learned.live_memory import SCRATCH, SIDE, bytes_per_pixel
from ahc_stream.core import machine_memory
from ahc_stream.core.errors import CodecError
from tests.coded_files import CPU, encoded, frames_of, stills, video
from tests.pictures import write_pictures
from tests.sources.made import film

CODECS = ("mbt2018-mean-lite@1", "cheng2020-anchor-lite@2")
PIXELS = 1024 * 1024
MEASURE = f"""
import json, re, sys
from pathlib import Path
import torch
from ahc_stream import codecs
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.sessions import encode

def held(kind):
    return 1024 * int(re.search(kind + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

def clip(side):
    pixels = torch.randint(0, 256, (1, 3, side, side), dtype=torch.uint8)
    return Clip(pixels, (FrameKey("d", "i", 0),), torch.zeros(1, dtype=torch.float64), consecutive=False)

codec = codecs.make(codecs.parse(sys.argv[1])[0], torch.device("cpu"))
with torch.inference_mode():
    codec.decode(encode(codec, clip(64)))
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
    before = held("VmRSS")
    codec.decode(encode(codec, clip(1024)))
print(json.dumps({{"taken": held("VmHWM") - before, "computed": codec.model.bytes_per_pixel * {PIXELS}}}))
"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("text", CODECS)
def test_no_more_is_taken_than_was_computed_and_not_a_third_less(text: str) -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE, text], capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout)
    assert 0.6 * facts["computed"] < facts["taken"] < 1.1 * facts["computed"]


def test_tensors_are_counted_while_they_live_and_views_once() -> None:
    def run(picture: torch.Tensor) -> None:
        two = torch.cat([picture, picture])  # 24 bytes a pixel
        wide = two.flatten() + 1  # 24 more, beside those
        del two
        wide.view(2, -1).add_(1)

    assert bytes_per_pixel(run, CPU) == pytest.approx(SCRATCH * (12 + 24 + 24), rel=0.01)
    weight = torch.ones(1000, 1000)
    assert bytes_per_pixel(lambda picture: weight.view(-1).sum(), CPU) == pytest.approx(SCRATCH * 12, rel=0.01)
    assert SIDE % 128 == 0


@pytest.mark.parametrize("text", ["mbt2018-mean-lite@1", "ssf2020-lite@1:gop=2"])
def test_a_frame_that_does_not_fit_is_refused_before_it_is_coded_and_before_it_is_decoded(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "ssf" in text:
        items = video(film(tmp_path / "a.mkv", "-c:v", "ffv1", frames=2, size="128x128"))
    else:
        items = stills(write_pictures(tmp_path / "in", 1, 128, 128))
    path = encoded(items, text, tmp_path / "a.ahc")
    monkeypatch.setattr(memory, "machine_memory", lambda: 128 * 128 * 100)
    for work in (lambda: encoded(items, text, tmp_path / "b.ahc"), lambda: frames_of(path)):
        with pytest.raises(CodecError, match=r"a picture for 0 GiB of memory; got 128 x 128 pixels, which take "):
            work()
    assert not (tmp_path / "b.ahc").exists()
    monkeypatch.setattr(memory, "machine_memory", lambda: 128 * 128 * 1000)
    frames_of(path)


def test_the_memory_of_a_container_is_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    physical = machine_memory.machine_memory()
    for text, expected in (("max\n", None), ("1048576\n", 1 << 20), (f"{2**63}\n", None)):
        (tmp_path / "memory.max").write_text(text)
        monkeypatch.setattr(machine_memory, "LIMITS", (tmp_path / "memory.max", tmp_path / "none"))
        assert machine_memory.machine_memory() == expected or (
            expected is None and machine_memory.machine_memory() >= physical
        )


def test_the_plan_says_what_networks_take(tmp_path: Path) -> None:
    from ahc_stream.cli.run_messages import announcement
    from ahc_stream.experiment import Experiment
    from ahc_stream.plan import plan

    folder = write_pictures(tmp_path / "in", 1)
    lines = announcement(plan(Experiment(str(folder), ("mbt2018-mean-lite@1",), tasks=(), device="cpu")))
    assert any("up to 1024 bytes per pixel" in line for line in lines)
    assert not any(
        "bytes per pixel" in line
        for line in announcement(plan(Experiment(str(folder), ("jpeg",), tasks=(), device="cpu")))
    )
    assert codecs.find("mbt2018-mean-lite").family == "learned"


def test_the_plan_says_what_a_gpu_holds_beside_the_clips(tmp_path: Path) -> None:
    from ahc_stream.cli.run_messages import announcement
    from ahc_stream.experiment import Experiment
    from ahc_stream.plan import plan

    def told(*codecs_of_plan: str, medium: str = "stills", device: str = "cuda") -> str:
        plain = plan(Experiment(str(folder), codecs_of_plan, tasks=(), metrics=("psnr",), device="cpu"))
        items = (
            tuple(replace(item, medium=medium, names=()) for item in plain.dataset.items) if medium == "video" else ()
        )
        data = replace(plain.dataset, items=items)
        return announcement(replace(plain, device=torch.device(device), dataset=data))[-1]

    folder = write_pictures(tmp_path / "in", 1)
    assert told("jpeg") == "on the GPU beside the clips: torch leaves 2.0 GiB to kernels and decoders"
    assert "transforms of learned codecs take up to 4.0 GiB" in told("mbt2018-mean-lite@1")
    assert "recorded steps" not in told("mbt2018-mean-lite@1")
    assert "recorded steps of context models up to 2.0 GiB, and 72 bytes per pixel" in told("cheng2020-anchor-lite@1")
    assert "recorded" not in told("cheng2020-anchor-lite@1:arithmetic=float32:order=raster")
    of_video = told("jpeg", medium="video")
    assert "NVDEC and DALI 0.3 GiB, 33 bytes per pixel of a frame and 36 per pixel of a clip" in of_video
    assert "on the GPU" not in told("jpeg", device="cpu")
