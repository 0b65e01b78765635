"""The README's snippets, run as they are printed, on small stand-ins for the data that they name."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image

from ahc_stream.datasets.kodak import SHA256
from tests.conftest import REAL_DATA, real
from tests.pictures import picture
from tests.tools.loading import load_tool
from tests.whole_runs import write_video

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SHELL = [block for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if not block.startswith("make ")]
"""All but what needs a clone of its own: `make` is what runs these tests."""
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
NEEDS_WEIGHTS = "yolov5n"


def name_of(block: str) -> str:
    """The first words of what a block runs."""
    lines = [line for line in block.splitlines() if line.startswith(("ahc-stream", "import", "from"))]
    return " ".join((lines or [block])[0].split()[:3])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the README names: Kodak's 24 names, a sequence of MOT17, photos, boxes, a clip, examples, ffmpeg."""
    folder = tmp_path_factory.mktemp("readme")
    datasets = folder / "data" / "datasets"
    (datasets / "kodak").mkdir(parents=True)
    for number, name in enumerate(SHA256):
        Image.fromarray(picture(96, 128, number)).save(datasets / "kodak" / f"{name}.png")
    make_sequence(datasets / "MOT17" / "train" / "MOT17-02-FRCNN")
    box = {"image_id": 1, "category_id": 1, "bbox": [8, 8, 16, 16]}
    tables = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [box],
    }
    (folder / "instances.json").write_text(json.dumps(tables))
    (folder / "results.json").write_text(json.dumps([box | {"score": 0.9}]))
    write_video(folder / "clip.mp4", [40 * number for number in range(30)], "libx264")
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "bin").mkdir()
    (folder / "bin" / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    make_data = folder / "examples" / "own_yolo_folder" / "make_data.py"
    subprocess.run([sys.executable, make_data, folder / "my_data"], check=True)
    return folder


def make_sequence(folder: Path) -> None:
    (folder / "img1").mkdir(parents=True)
    (folder / "gt").mkdir()
    (folder / "seqinfo.ini").write_text("[Sequence]\nname=x\nimDir=img1\nframeRate=25\nseqLength=2\nimExt=.jpg\n")
    (folder / "gt" / "gt.txt").write_text("".join(f"{frame},1,40,30,60,100,1,1,1\n" for frame in (1, 2)))
    for frame in (1, 2):
        Image.fromarray(picture(240, 320, frame)).save(folder / "img1" / f"{frame:06d}.jpg")


def environment(folder: Path) -> dict[str, str]:
    """The stand-ins before the real data, no network, and this environment's own programs first."""
    roots = os.pathsep.join((str(folder / "data"), *map(str, REAL_DATA)))
    variables = {"AHC_STREAM_HOME": str(folder / "home"), "AHC_STREAM_PATH": roots, "AHC_STREAM_OFFLINE": "1"}
    path = os.pathsep.join((str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
    return os.environ | variables | {"PATH": path}


def run_block(block: str, folder: Path) -> None:
    """A block of shell, with the folder of the stand-ins for /data."""
    script = block.replace("=/data ", f"={folder / 'data'} ")
    done = subprocess.run(
        ["bash", "-ec", script], cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("block", SHELL, ids=name_of)
def test_a_block_of_shell_runs_as_printed(block: str, folder: Path) -> None:
    if NEEDS_WEIGHTS in block or "run mot17" in block:
        real(f"weights/{NEEDS_WEIGHTS}.pt")
    run_block(block, folder)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("block", PYTHON, ids=name_of)
def test_a_block_of_python_runs_as_printed(block: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "runs/kodak" in block and not (folder / "runs" / "kodak").exists():
        run_block(next(each for each in SHELL if "run kodak" in each), folder)
    monkeypatch.chdir(folder)
    for name, value in environment(folder).items():
        monkeypatch.setenv(name, value)
    names = load_tool("wheel_use").names_for_readme(picture(96, 128))
    exec(compile(block, "README.md", "exec"), names)


def test_there_are_snippets() -> None:
    assert len(SHELL) >= 5 and len(PYTHON) >= 2
