"""TensorBoard: event files under OUT/tensorboard, a folder for each start.

An operating point is a step of its curve's scalars, in the order of the rate, `CURVE/bpp` among them. TensorBoard keeps
no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from torch.utils.tensorboard import SummaryWriter

FOLDER = "tensorboard"


class TensorboardEvents:
    """A `Tracker`."""

    keeps_files: ClassVar[bool] = False

    def __init__(self, folder: Path, parameters: Mapping[str, str]) -> None:
        started = datetime.now().strftime("%Y-%m-%d-%H%M%S-%f")
        self._writer = SummaryWriter(str(folder / FOLDER / started))
        rows = "\n".join(f"| {name} | `{value}` |" for name, value in parameters.items())
        self._writer.add_text("parameters", f"| | |\n|---|---|\n{rows}")

    def progress(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(f"progress/{name}", value, int(values["frames"]))

    def point(self, curve: str, place: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(f"{curve}/{name}", value, place)

    def file(self, path: Path) -> None:
        """It keeps none."""

    def close(self, is_done: bool) -> None:
        self._writer.close()
