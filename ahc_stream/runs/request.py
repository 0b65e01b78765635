"""What a start asks of a run's folder, as plain values that can be sent to another process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ahc_stream.core.digests import Digests
from ahc_stream.core.point import OperatingPoint


@dataclass(frozen=True)
class Request:
    """What a start will write, and all that its rows depend on.

    dataset, licence:  of the data.
    items:       name in the rows -> digests of its files, of this start's shard.
    points:      what this start will run; those of earlier starts stay.
    schemas:     table -> schema of "frames", "streams" and every "predictions_<task>", without the column `start`.
    experiment:  the configuration as JSON knows it, with "metric_profile", "source" and "clean".
    tasks:       as texts, every option spelled out.
    metrics:     name -> definition.
    labels:      task -> ground truth of the whole dataset, not of the shard.
    weights:     name -> {"file", "sha256", "licence"}. A codec with weights of one's own is a name too, so that the
                 same codec with other weights is refused.
    scorers:     task, codec, metric or program -> SHA-256 of the code that rows depend on, where it is not ours.
    shard:       (i, n): every n-th image, video or sequence from the i-th on.
    provenance:  "commit", "versions" (name -> text) and "hardware" of this machine, and the "folder" that relative
                 paths of the experiment are in.
    most_alive:  what -> how many of it are in memory at once, at most.
    """

    dataset: str
    items: Mapping[str, Digests]
    points: tuple[OperatingPoint, ...]
    schemas: Mapping[str, pa.Schema]
    experiment: Mapping[str, Any]
    tasks: Sequence[str] = ()
    metrics: Mapping[str, str] = field(default_factory=dict)
    licence: str = "unknown"
    labels: Mapping[str, pa.Table] = field(default_factory=dict)
    weights: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    scorers: Mapping[str, str] = field(default_factory=dict)
    shard: tuple[int, int] = (0, 1)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    most_alive: Mapping[str, int] = field(default_factory=dict)
