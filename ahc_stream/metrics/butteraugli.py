"""Butteraugli by libjxl's own program, `butteraugli_main`, once for each pair of pictures.

Pictures go to it as binary PPM files, which it takes for sRGB. One run gives both distances, so the last ones are kept.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections import OrderedDict
from pathlib import Path
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ahc_stream.core.errors import AhcStreamError, MissingExtra
from ahc_stream.core.threads import spread
from ahc_stream.metrics.entry import Measurer, Standalone

PROGRAM = "butteraugli_main"
MIN_SIDE = 8
"""Below it the program says 0, whatever the pictures are."""
_PRINTED = re.compile(r"(?P<most>[-+.\deE]+)\s+3-norm: (?P<norm>[-+.\deE]+)\s*")
_KEPT = 256

Pixels = NDArray[np.uint8]


def require() -> str:
    """The program's path. Raises MissingExtra."""
    program = shutil.which(PROGRAM)
    if program is None:
        todo = "run: apt-get install libjxl-devtools, or build libjxl's tools and put them on the path"
        raise MissingExtra(f"the program {PROGRAM} of libjxl", "none on the path", todo)
    return program


def largest(device: torch.device) -> Measurer:
    """The measurer of `METRICS["butteraugli"]`. Raises MissingExtra."""
    return _measurer(0)


def norm(device: torch.device) -> Measurer:
    """The measurer of `METRICS["butteraugli_3norm"]`. Raises MissingExtra."""
    return _measurer(1)


LARGEST = Standalone(largest)
NORM = Standalone(norm)


def _measurer(which: int) -> Measurer:
    program = require()

    def measure(reference: Tensor, distorted: Tensor) -> Tensor:
        values = torch.full((len(reference),), torch.nan, dtype=torch.float64)
        if min(reference.shape[2:]) >= MIN_SIDE:
            known = ~(reference.isnan() | distorted.isnan()).flatten(1).any(1).cpu()
            pairs = list(zip(_pictures(reference[known]), _pictures(distorted[known]), strict=True))
            found = spread(lambda pair: _distances(program, *pair)[which], pairs)
            values[known] = torch.tensor(found, dtype=torch.float64)
        return values.to(reference.device)

    return measure


def _pictures(frames: Tensor) -> Pixels:
    """uint8 [N, H, W, 3]; floats are rounded."""
    whole = frames if frames.dtype == torch.uint8 else frames.clamp(0, 255).round().to(torch.uint8)
    pictures: Pixels = whole.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return pictures


_lately: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
_lock = Lock()


def _distances(program: str, reference: Pixels, distorted: Pixels) -> tuple[float, float]:
    """The largest distance and the 3-norm of a pair of [H, W, 3]."""
    files = [_ppm(picture) for picture in (reference, distorted)]
    key = hashlib.blake2b(b"".join(files)).digest()
    with _lock:
        known = _lately.get(key)
    if known is None:
        known = _run(program, files)
        with _lock:
            _lately[key] = known
            if len(_lately) > _KEPT:
                _lately.popitem(last=False)
    return known


def _ppm(picture: Pixels) -> bytes:
    height, width, _ = picture.shape
    return f"P6\n{width} {height}\n255\n".encode() + picture.tobytes()


def _run(program: str, files: list[bytes]) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("reference.ppm", "distorted.ppm")]
        for path, content in zip(paths, files, strict=True):
            path.write_bytes(content)
        done = subprocess.run([program, *paths], capture_output=True, text=True, errors="replace", check=False)
    printed = _PRINTED.fullmatch(done.stdout)
    if done.returncode or printed is None:
        got = f"exit status {done.returncode} and {(done.stdout + done.stderr).strip()[-300:]!r}"
        raise AhcStreamError(f"two distances from {program}", got, "leave the metric butteraugli out")
    return float(printed["most"]), float(printed["norm"])
