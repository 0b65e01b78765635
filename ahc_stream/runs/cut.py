"""Which frames of videos and sequences a run has, where it does not have all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Cut(NamedTuple):
    """Frames from the number `first` on, every `step`-th. Of a still it is always frame 0."""

    first: int = 0
    step: int = 1

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Cut:
        """As a run's manifest has it."""
        experiment = manifest["experiment"]
        frames = experiment.get("frames")
        return cls((frames and frames[0]) or 0, experiment.get("every", 1))


WHOLE = Cut()
