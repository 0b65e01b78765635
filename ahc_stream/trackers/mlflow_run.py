"""MLflow: a run of the experiment and the server that its own variables name (MLFLOW_TRACKING_URI and others).

An operating point is a step of its curve's metrics, in the order of the rate, `CURVE/bpp` among them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import mlflow

LONGEST = 500
"""Characters of a parameter's value that every server takes."""


class MlflowRun:
    """A `Tracker`."""

    keeps_files: ClassVar[bool] = True

    def __init__(self, folder: Path, parameters: Mapping[str, str]) -> None:
        self._run_id: str = mlflow.start_run(run_name=folder.resolve().name).info.run_id
        mlflow.log_params({name: value[:LONGEST] for name, value in parameters.items()})

    def progress(self, values: Mapping[str, float]) -> None:
        self._log("progress", values, int(values["frames"]))

    def point(self, curve: str, place: int, values: Mapping[str, float]) -> None:
        self._log(curve, values, place)

    def file(self, path: Path) -> None:
        mlflow.log_artifact(str(path), run_id=self._run_id)

    def close(self, is_done: bool) -> None:
        mlflow.end_run("FINISHED" if is_done else "FAILED")

    def _log(self, family: str, values: Mapping[str, float], step: int) -> None:
        """Under names of what MLflow takes: letters, digits, "_", "-", ".", " " and "/"."""
        named = {re.sub(r"[^\w\-. /]", "_", f"{family}/{name}"): value for name, value in values.items()}
        mlflow.log_metrics(named, step=step, run_id=self._run_id)
