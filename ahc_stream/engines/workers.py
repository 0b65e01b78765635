"""How many workers, and what each of them asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ahc_stream.core.errors import InvalidValue
from ahc_stream.experiment import Experiment

_RANGE = re.compile(r"(\d+)(?:\.\.(\d+))?")


@dataclass(frozen=True)
class Workers:
    """least: with how many the work begins. most: how many there are at once, as places for them come; None for as many
    as there are places. cpus, gpus: of each."""

    least: int = 1
    most: int | None = None
    cpus: float = 1.0
    gpus: float = 0.0

    @classmethod
    def of(cls, experiment: Experiment) -> Workers:
        """Raises InvalidValue where `workers` is neither N nor MIN..MAX."""
        cpus, gpus = experiment.cpus_per_worker, experiment.gpus_per_worker
        if experiment.workers is None:
            return cls(cpus=cpus, gpus=gpus)
        match = _RANGE.fullmatch(experiment.workers)
        least, most = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= least <= most:
            raise InvalidValue("workers N or MIN..MAX, of 1 or more", experiment.workers, "for instance --workers 2..8")
        return cls(least, most, cpus, gpus)

    @property
    def threads(self) -> int:
        """Of each worker's process."""
        return max(1, int(self.cpus))
