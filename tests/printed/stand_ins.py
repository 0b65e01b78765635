"""Small stand-ins for the data that pages name, in one folder, and a shell in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image

from ahc_stream.datasets.kodak import SHA256
from tests import warm
from tests.conftest import REAL_DATA
from tests.pictures import picture, write_pictures
from tests.printed.blocks import ROOT
from tests.whole_runs import write_video


def make_stand_ins(folder: Path) -> Path:
    """Kodak's 24 names, a sequence of MOT17, pictures, boxes, clips, raw video, the examples, and ffmpeg."""
    datasets = folder / "data" / "datasets"
    (datasets / "kodak").mkdir(parents=True)
    for number, name in enumerate(SHA256):
        Image.fromarray(picture(96, 128, number)).save(datasets / "kodak" / f"{name}.png")
    make_sequence(datasets / "MOT17" / "train" / "MOT17-02-FRCNN")
    make_boxes(folder)
    make_media(folder)
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "bin").mkdir()
    (folder / "bin" / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    make_data = folder / "examples" / "own_yolo_folder" / "make_data.py"
    subprocess.run([sys.executable, make_data, folder / "my_data"], check=True)
    return folder


def make_sequence(folder: Path) -> None:
    """Two frames and a box in each, in MOTChallenge's layout."""
    (folder / "img1").mkdir(parents=True)
    (folder / "gt").mkdir()
    (folder / "seqinfo.ini").write_text("[Sequence]\nname=x\nimDir=img1\nframeRate=25\nseqLength=2\nimExt=.jpg\n")
    (folder / "gt" / "gt.txt").write_text("".join(f"{frame},1,40,30,60,100,1,1,1\n" for frame in (1, 2)))
    for frame in (1, 2):
        Image.fromarray(picture(240, 320, frame)).save(folder / "img1" / f"{frame:06d}.jpg")


def make_boxes(folder: Path) -> None:
    """instances.json and results.json, as COCO has them."""
    box = {"image_id": 1, "category_id": 1, "bbox": [8, 8, 16, 16]}
    tables = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [box],
    }
    (folder / "instances.json").write_text(json.dumps(tables))
    (folder / "results.json").write_text(json.dumps([box | {"score": 0.9}]))


def make_media(folder: Path) -> None:
    """Clips of 30 frames, folders of pictures, and two raw videos of one frame."""
    for name in ("clip.mp4", "original.mp4", "decoded.mkv"):
        write_video(folder / name, [40 * number for number in range(30)], "libx264")
    for name in ("pictures", "originals"):
        write_pictures(folder / name, 2, 100, 132)
    (folder / "decoded").mkdir()
    for path in (folder / "originals").iterdir():
        Image.open(path).save(folder / "decoded" / f"{path.stem}.jpg")
    for name in ("a_832x480.yuv", "b.yuv"):
        np.full(832 * 480 * 3 // 2, 128, np.uint8).tofile(folder / name)


def environment(folder: Path) -> dict[str, str]:
    """The stand-ins before the real data, no network, and this environment's own programs first."""
    roots = os.pathsep.join((str(folder / "data"), *map(str, REAL_DATA)))
    variables = {"AHC_STREAM_HOME": str(folder / "home"), "AHC_STREAM_PATH": roots, "AHC_STREAM_OFFLINE": "1"}
    programs = warm.bin_folder(), folder / "bin", Path(sys.executable).parent, os.environ["PATH"]
    return os.environ | variables | {"PATH": os.pathsep.join(map(str, programs))}


def run_shell(text: str, folder: Path) -> None:
    """A block of shell, with the folder of the stand-ins for /data."""
    script = text.replace("=/data ", f"={folder / 'data'} ")
    done = subprocess.run(
        ["bash", "-ec", script], cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
