"""A plan as what it asks of a run's folder: everything that its rows depend on, as plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ahc_stream import codecs, metrics, provenance, runs, tasks, weights
from ahc_stream.core.device_kind import device_kind
from ahc_stream.core.json_text import json_text
from ahc_stream.plan import Plan


def request(plan: Plan) -> runs.Request:
    """Reads the files of this shard's items and of all weights, to hash them. Raises MissingData."""
    experiment = plan.experiment
    return runs.Request(
        dataset=plan.dataset.name,
        licence=plan.dataset.licence,
        items=plan.dataset.digests(whole=experiment.verify),
        labels=plan.whole.labels,
        points=plan.points,
        schemas=plan.schemas,
        experiment=experiment_values(plan),
        tasks=[str(spec) for spec in plan.tasks],
        metrics={name: metrics.METRICS[name].definition for name in plan.metrics},
        weights={name: _weight(name, path) for name, path in sorted(plan.weights.items())},
        scorers=tasks.code_digests(plan.user_tasks)
        | codecs.code_digests(plan.points)
        | metrics.code_digests(plan.metrics),
        shard=experiment.shard,
        provenance={
            "commit": provenance.commit(),
            "versions": provenance.versions(),
            "hardware": provenance.hardware(plan.device) | dict(device_kind(plan.device)),
            "folder": provenance.folder(),
        },
        most_alive=plan.most_alive,
    )


def experiment_values(plan: Plan) -> dict[str, Any]:
    """Field by field; tasks and metrics as the plan has them, tasks by their text, codec objects by their point's."""
    values = {field.name: getattr(plan.experiment, field.name) for field in fields(plan.experiment)}
    texts = [codec if isinstance(codec, str) else str(codec.point) for codec in plan.experiment.codecs]
    values |= {"codecs": texts, "tasks": [str(spec) for spec in plan.tasks], "metrics": plan.metrics}
    plain: dict[str, Any] = json.loads(json_text(values, default=str))
    return plain


def _weight(name: str, path: Path) -> Mapping[str, str]:
    table = weights.table()
    licence = table[name].licence if name in table else "the owner's: a file of one's own"
    return {"file": path.name, "sha256": weights.sha256(path), "licence": licence}
