"""Butteraugli by libjxl's own program, `butteraugli_main`, once for each pair of pictures and both distances.

Pictures go to it as binary PPM files, which it takes for sRGB.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ahc_stream.core.errors import AhcStreamError, MissingExtra
from ahc_stream.core.threads import spread
from ahc_stream.metrics.entry import Joint, MetricFamily
from ahc_stream.metrics.luma import is_unknown

PROGRAM = "butteraugli_main"
MIN_SIDE = 8
"""Below it the program says 0, whatever the pictures are."""
_PRINTED = re.compile(r"(?P<most>[-+.\deE]+)\s+3-norm: (?P<norm>[-+.\deE]+)\s*")

Pixels = NDArray[np.uint8]


def program() -> str:
    """Its path. Raises MissingExtra."""
    path = shutil.which(PROGRAM)
    if path is None:
        todo = "run: apt-get install libjxl-devtools, or build libjxl's tools and put them on the path"
        raise MissingExtra(f"the program {PROGRAM} of libjxl", "none on the path", todo)
    return path


class Distances:
    """See `metrics.entry.JointMetrics`; nothing waits for another frame."""

    delay = 0

    def __init__(self, wanted: Mapping[str, int], device: torch.device, consecutive: bool) -> None:
        """wanted: by the name of each metric, which of the two numbers it is. Raises MissingExtra."""
        self._wanted, self._device, self._program = wanted, device, program()

    def push(self, reference: Tensor, distorted: Tensor) -> dict[str, Tensor]:
        """See the rows of `METRICS`."""
        reference, distorted = reference.cpu(), distorted.cpu()
        values = torch.full((len(reference), 2), torch.nan, dtype=torch.float64)
        if min(reference.shape[2:]) >= MIN_SIDE:
            known = ~is_unknown(reference, distorted)
            pairs = list(zip(_pictures(reference[known]), _pictures(distorted[known]), strict=True))
            found = spread(lambda pair: _run(self._program, [_ppm(picture) for picture in pair]), pairs)
            values[known] = torch.tensor(found, dtype=torch.float64).reshape(-1, 2)
        of_frames = values.to(self._device)
        return {name: of_frames[:, which] for name, which in self._wanted.items()}

    def finish(self) -> dict[str, Tensor]:
        """No values."""
        return {name: torch.zeros(0, dtype=torch.float64, device=self._device) for name in self._wanted}


def _require(wanted: Collection[int]) -> None:
    program()


_FAMILY = MetricFamily(Distances, _require, program)
LARGEST, NORM = Joint(_FAMILY, 0), Joint(_FAMILY, 1)


def _pictures(frames: Tensor) -> Pixels:
    """uint8 [N, H, W, 3]; floats are rounded."""
    whole = frames if frames.dtype == torch.uint8 else frames.clamp(0, 255).round().to(torch.uint8)
    pictures: Pixels = whole.permute(0, 2, 3, 1).contiguous().numpy()
    return pictures


def _ppm(picture: Pixels) -> bytes:
    height, width, _ = picture.shape
    return f"P6\n{width} {height}\n255\n".encode() + picture.tobytes()


def _run(path: str, files: list[bytes]) -> tuple[float, float]:
    """The largest distance and the 3-norm of a pair of files."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("reference.ppm", "distorted.ppm")]
        for file, content in zip(paths, files, strict=True):
            file.write_bytes(content)
        done = subprocess.run([path, *paths], capture_output=True, text=True, errors="replace", check=False)
    printed = _PRINTED.fullmatch(done.stdout)
    if done.returncode or printed is None:
        got = f"exit status {done.returncode} and {(done.stdout + done.stderr).strip()[-300:]!r}"
        raise AhcStreamError(f"two distances from {path}", got, "leave the metric butteraugli out")
    return float(printed["most"]), float(printed["norm"])
