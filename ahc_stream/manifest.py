"""manifest.json beside the rows: what was run, on what, with what, and each start of it.

    experiment  the configuration, field by field, and the operating points it came to
    dataset     name, items, licence, fingerprint of the files
    weights     name -> file name, SHA-256 and licence
    metrics     name -> definition
    starts      one entry per start: commit, versions, hardware, times, failures, load of each stage, memory

A run that is started again in its folder must ask for the same rows: same data, weights, tasks, metrics and clips.
Codecs may be added, and device, lanes and depth may change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ahc_stream import metrics, provenance, weights
from ahc_stream.core.errors import StorageError
from ahc_stream.lanes import Load
from ahc_stream.plan import Plan

FIXED = ("dataset", "tasks", "metrics", "metric_profile", "weights", "source", "clip_frames", "clean")
"""Fields of the experiment that a folder keeps: rows made with others cannot stand beside these."""


def begin(folder: Path, plan: Plan) -> None:
    """Writes the manifest with a new start. Raises StorageError where `folder` holds a run of something else."""
    path = _path(folder, plan)
    now = _describe(plan)
    starts: list[Any] = []
    if path.exists():
        before = read(path)
        _check_same(before, now, folder)
        starts = before["starts"]
    start = {"commit": provenance.commit(), "versions": provenance.versions(), "hardware": provenance.hardware()}
    bound = {"clips": plan.most_clips_alive, "clip_frames": plan.clip_frames}
    starts.append(start | {"started": _now(), "finished": None, "most_alive": bound})
    _write(path, now | {"starts": starts})


def end(folder: Path, plan: Plan, loads: Mapping[str, Load], failures: int) -> None:
    """Completes the last start of the manifest."""
    path = _path(folder, plan)
    manifest = read(path)
    manifest["starts"][-1] |= {
        "finished": _now(),
        "failures": failures,
        "peak_memory_gib": round(provenance.peak_memory_gib(), 2),
        "loads": {stage: asdict(load) for stage, load in loads.items()},
    }
    _write(path, manifest)


def read(path: Path) -> dict[str, Any]:
    """The manifest at `path`. Raises StorageError where it is none."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StorageError(f"a manifest at {path}", str(error), "name the --out of a run") from error


def _describe(plan: Plan) -> dict[str, Any]:
    experiment = asdict(replace(plan.experiment, tasks=None)) | {  # without objects: asdict would copy them
        "tasks": [str(spec) for spec in plan.tasks],
        "points": [str(point) for point in plan.points],
        "metrics": plan.metrics,
        "clip_frames": plan.clip_frames,
    }
    dataset = plan.dataset
    return {
        "experiment": json.loads(json.dumps(experiment, default=str)),
        "dataset": {
            "name": dataset.name,
            "items": len(dataset.items),
            "licence": dataset.licence,
            "fingerprint": dataset.fingerprint(),
        },
        "weights": {name: _weight(name, path) for name, path in sorted(plan.weights.items())},
        "metrics": {name: metrics.METRICS[name].definition for name in plan.metrics},
    }


def _weight(name: str, path: Path) -> dict[str, str]:
    known = weights.table()
    licence = known[name].licence if name in known else "the owner's: a file of one's own"
    return {"file": path.name, "sha256": weights.sha256(path), "licence": licence}


def _check_same(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    written = [name for name in FIXED if name in before["experiment"]]  # an older one lacks what had one value then
    asked = [(f"experiment.{name}", before["experiment"][name], now["experiment"][name]) for name in written]
    asked.append(("dataset.fingerprint", before["dataset"]["fingerprint"], now["dataset"]["fingerprint"]))
    shared = before["weights"].keys() & now["weights"].keys()
    hashes = ((name, before["weights"][name]["sha256"], now["weights"][name]["sha256"]) for name in sorted(shared))
    asked += [(f"weights.{name}", was, wanted) for name, was, wanted in hashes]
    for name, was, wanted in asked:
        if was != wanted:
            raise StorageError(f"{name} = {was}, as {folder} was begun with", str(wanted), "name another --out")


def _path(folder: Path, plan: Plan) -> Path:
    shard, shards = plan.experiment.shard
    return folder / ("manifest.json" if shards == 1 else f"manifest-{shard}-of-{shards}.json")


def _write(path: Path, manifest: Mapping[str, Any]) -> None:
    unfinished = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps(manifest, indent=2) + "\n")
        unfinished.rename(path)
    except OSError as error:
        raise StorageError(f"to write {path}", str(error), "make room or name another --out") from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
