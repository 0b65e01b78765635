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

WEIGHTS = "the weights "
"""What a term begins with that is the hash of weights; their name follows."""


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
        scorers=_code_digests(plan),
        shard=experiment.shard,
        provenance={
            "commit": provenance.commit(),
            "versions": provenance.versions(),
            "hardware": provenance.hardware(plan.device) | dict(device_kind(plan.device)),
            "folder": provenance.folder(),
        },
        most_alive=plan.most_alive,
    )


def terms(plan: Plan) -> dict[str, str]:
    """What rows depend on beside the files of items, by its name: two machines with the same make the same rows."""
    texts = {"operating points": ", ".join(map(str, plan.points)), "tasks": ", ".join(map(str, plan.tasks))}
    texts |= {f"the metric {name}": metrics.METRICS[name].definition for name in plan.metrics}
    texts |= {f"{WEIGHTS}{name}": weights.sha256(path) for name, path in sorted(plan.weights.items())}
    texts |= {f"the code of {name}": digest for name, digest in _code_digests(plan).items()}
    return texts | {"version of ahc-stream": provenance.versions().get("ahc-stream") or "none"}


def _code_digests(plan: Plan) -> dict[str, str]:
    of_tasks, of_codecs = tasks.code_digests(plan.user_tasks), codecs.code_digests(plan.points)
    of_metrics = metrics.code_digests(plan.metrics) | metrics.program_digests(plan.metrics)
    return of_tasks | of_codecs | of_metrics


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
