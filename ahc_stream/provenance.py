"""Where numbers come from: the commit, the versions, the hardware and the folder of the process."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

PACKAGES = (
    "ahc-stream", "av", "compressai", "cvvdp", "decord2", "lap", "imagecodecs", "imageio-ffmpeg", "lpips", "numba",
    "numpy", "nvidia-dali-cuda130", "pillow", "pillow-heif", "pyarrow", "pyjpegli", "pyvips", "pyvips-binary",
    "opencv-python-headless", "pycocotools", "torch", "torchmetrics", "torchvision", "trackeval", "triton",
    "ultralytics",
)  # fmt: skip
"""Everything that decodes, codes, measures, predicts or writes."""


def commit() -> str | None:
    """The checkout's commit, with "+changes" where it is not clean; None where the package is not in a checkout."""
    folder = Path(__file__).resolve().parent

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, timeout=10, check=True)
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    if not git("ls-files", "--error-unmatch", Path(__file__).name):
        return None
    changes = git("status", "--porcelain", "--untracked-files=no")
    return f"{git('rev-parse', 'HEAD')}{'+changes' if changes else ''}"


def folder() -> str | None:
    """The folder that this process runs in, which relative paths are in; None where it has been removed."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return None


def versions() -> dict[str, str | None]:
    """Installed version of Python and of each of PACKAGES; None where one is not installed."""
    return {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES}


def hardware(device: torch.device | None = None) -> dict[str, str | int | None]:
    """Processor, usable cores, memory in GiB, GPU and its driver's CUDA version (None without one).

    device: what computes; the GPU is this one where it is one, else the first.
    """
    import psutil
    import torch

    index = 0
    if device is not None and device.type == "cuda":
        index = device.index or 0
    gpu = torch.cuda.get_device_name(index) if torch.cuda.is_available() else None
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "gpu": gpu,
        "cuda": torch.version.cuda if gpu else None,
    }


def peak_memory_gib() -> float:
    """The most memory that this process and those it waited for have held, GPU memory excluded."""
    import resource

    held = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(held) * (1 if sys.platform == "darwin" else 1024) / 2**30


def hardware_text() -> str:
    """One line for a table: the GPU where there is one, else the processor and its cores."""
    facts = hardware()
    return str(facts["gpu"]) if facts["gpu"] else f"{facts['cpu']}, {facts['cores']} cores"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()
