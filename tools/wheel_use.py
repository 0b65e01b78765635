"""What `wheel_check.py` does with an installed package, by its Python, in an empty folder with the README in it.

A run, a report and a check of small pictures from the command line, then the README's library snippet as it is printed.
No file of the repository but the README is at hand.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import ahc_stream
from ahc_stream.codecs import make, parse
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.datasets.kodak import SHA256

PROGRAM = Path(sys.executable).parent / "ahc-stream"
KODAK = Path("home/.cache/ahc-stream/datasets/kodak")
RUN = ("run", "pictures", "--codec", "jpeg@10,30,50,90", "--codec", "h264@28", "--codec", "mbt2018-mean-lite@1")
COMMANDS = (
    (*RUN, "--metric", "psnr", "--metric", "ms_ssim", "--out", "runs/p"),
    ("report", "runs/p"),
    ("verify", "runs/p"),
    ("encode", "pictures/0.png", "-o", "0.ahc", "--codec", "jpegxl@1"),
    ("inspect", "0.ahc"),
)


def picture(number: int) -> Image.Image:
    """192 x 256 pixels: smooth colours, another for each number."""
    coarse = np.random.default_rng(number).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((256, 192), Image.Resampling.BICUBIC)


def use_commands() -> None:
    Path("pictures").mkdir()
    for number in range(2):
        picture(number).save(f"pictures/{number}.png")
    for words in COMMANDS:
        print("$ ahc-stream", *words, flush=True)
        subprocess.run([PROGRAM, *words], check=True)


def use_library() -> None:
    """The README's first block of Python, on 24 small pictures under Kodak's names."""
    KODAK.mkdir(parents=True)
    for number, name in enumerate(SHA256):
        picture(number).save(KODAK / f"{name}.png")
    block = re.findall(r"```python\n(.*?)```", Path("README.md").read_text(), re.DOTALL)[0]
    exec(compile(block, "README.md", "exec"), names_for_readme(np.array(picture(0))))


def names_for_readme(rgb: np.ndarray) -> dict[str, object]:
    """What the README's Python takes for granted, of one picture [H, W, 3]."""
    frames = torch.from_numpy(rgb).permute(2, 0, 1)[None].repeat(2, 1, 1, 1)
    keys = tuple(FrameKey("mine", "film", number) for number in range(2))
    return {
        "clip": Clip(frames, keys, torch.arange(2, dtype=torch.float64) / 25, consecutive=True),
        "my_codec": make(parse("jpeg@50")[0], torch.device("cpu")),
        "reference": frames,
        "distorted": frames.flip(3),
    }


if __name__ == "__main__":
    assert Path(ahc_stream.__file__).is_relative_to(Path(sys.prefix)), (
        f"not the installed package: {ahc_stream.__file__}"
    )
    use_commands()
    use_library()
