"""The trackers by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

from ahc_stream.core.errors import MissingExtra, UnknownName
from ahc_stream.core.loading import load
from ahc_stream.trackers.tracker import Tracker

TRACKERS = {
    "mlflow": "ahc_stream.trackers.mlflow_run:MlflowRun",
    "tensorboard": "ahc_stream.trackers.tensorboard_events:TensorboardEvents",
    "wandb": "ahc_stream.trackers.wandb_run:WandbRun",
}
"""The name of a tracker, of its package and of our extra -> the class that writes to it."""


def check(names: Iterable[str]) -> None:
    """Raises UnknownName, and MissingExtra where a tracker's package is not installed."""
    for name in names:
        if name not in TRACKERS:
            raise UnknownName.among("tracker", name, TRACKERS)
        if not _is_installed(name):
            raise MissingExtra.of(name, name)


def _is_installed(package: str) -> bool:
    """Not so of a mere folder of that name, such as the one that wandb writes its files to."""
    spec = find_spec(package)
    return spec is not None and spec.origin is not None


def begin(name: str, folder: Path, parameters: Mapping[str, str]) -> Tracker:
    """An open record in a tracker. Raises whatever its package raises."""
    tracker: Tracker = load(TRACKERS[name])(folder, parameters)
    return tracker
