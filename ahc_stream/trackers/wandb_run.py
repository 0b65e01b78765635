"""Weights & Biases: a run of the project that its own variables name (WANDB_PROJECT, WANDB_MODE and others).

An operating point is one record of its curve's numbers, `CURVE/bpp` among them, over which the others are charted.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import wandb

PROJECT = "ahc-stream"
"""Where WANDB_PROJECT names none."""


class WandbRun:
    """A `Tracker`."""

    keeps_files: ClassVar[bool] = True

    def __init__(self, folder: Path, parameters: Mapping[str, str]) -> None:
        project = os.environ.get("WANDB_PROJECT", PROJECT)
        settings = wandb.Settings(console="off")  # what a terminal shows of a run is a line that moves
        self._run = wandb.init(project=project, name=folder.resolve().name, config=dict(parameters), settings=settings)
        self._families: set[str] = set()

    def progress(self, values: Mapping[str, float]) -> None:
        self._log("progress", values, "frames")

    def point(self, curve: str, place: int, values: Mapping[str, float]) -> None:
        self._log(curve, values, "bpp")

    def file(self, path: Path) -> None:
        artefact = wandb.Artifact(f"{self._run.id}-{path.stem}", type="ahc-stream")
        artefact.add_file(str(path))
        self._run.log_artifact(artefact)

    def close(self, is_done: bool) -> None:
        self._run.finish(exit_code=0 if is_done else 1)

    def _log(self, family: str, values: Mapping[str, float], axis: str) -> None:
        if family not in self._families:
            self._families.add(family)
            self._run.define_metric(f"{family}/*", step_metric=f"{family}/{axis}")
        self._run.log({f"{family}/{name}": value for name, value in values.items()})
