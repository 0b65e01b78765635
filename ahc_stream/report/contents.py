"""What the page shows, as one value that JSON can hold: aggregates only, however many rows the run has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from ahc_stream import tasks
from ahc_stream.core.quality import quality_text
from ahc_stream.report import origin
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.bd import deltas
from ahc_stream.report.contents_published import published_contents
from ahc_stream.report.contents_recommendation import decision_of
from ahc_stream.report.curves import curves_of
from ahc_stream.report.dot import Dot
from ahc_stream.report.estimate import Estimate
from ahc_stream.report.findings import findings, untested
from ahc_stream.report.flips import flips
from ahc_stream.report.frame_bytes import frame_bytes
from ahc_stream.report.groups import by_item
from ahc_stream.report.kept_choice import kept_choice
from ahc_stream.report.metric_mean import infinite_left_out, left_out_text
from ahc_stream.report.notes import notes
from ahc_stream.report.outliers import outliers
from ahc_stream.report.pictures import pictures
from ahc_stream.report.quantity import MOST_DECIMALS, RATES, SHARE_DECIMALS, against, shown_decimals
from ahc_stream.report.resample import interval
from ahc_stream.tasks.score_entry import described

SPEEDS = (
    "encode_fps", "decode_fps", "encode_ms", "encode_ms_p95", "decode_ms", "decode_ms_p95", "delay_frames",
)  # fmt: skip
MOST_UNTESTED = 5
MOST_ROWS = 40
"""Of a list in the page; the tables beside it have all of them, and the page says how many there are."""


def contents(analysis: Analysis, most_pictures: int = 6) -> dict[str, Any]:
    """Everything that the page shows of a run."""
    manifest = analysis.run.manifest
    curves = curves_of(analysis.dots)
    dataset = manifest["dataset"]
    rows = findings(analysis).to_pylist()
    return {
        "title": f"{dataset['name']}: what compression does to it",
        "dataset": dataset["name"],
        "made": now(),
        "run": run_of(analysis),
        "notes": notes(analysis),
        "decision": decision_of(analysis),
        "choice": kept_choice(analysis.folder),
        "quantities": quantities_of(analysis),
        "curves": list(curves.values()),
        "dots": [dot_of(dot, list(curves), analysis) for dot in analysis.dots],
        "published": published_contents(analysis.published, len(curves)),
        "deltas": _deltas(analysis, list(curves)),
        "findings": rows[:MOST_ROWS],
        "findings_total": len(rows),
        "untested": untested(analysis, MOST_UNTESTED),
        "flips": flips(analysis).to_pylist(),
        "by_item": {task: _by_item(analysis, task) for task in analysis.tasks},
        "outliers": _first(outliers(analysis)),
        "failures": _failures(analysis.failures),
        "time": _time(analysis),
        "origin": origin_of(manifest),
        "pictures": pictures(analysis, most_pictures),
        "has_recon": (analysis.folder / "recon").is_dir(),
    }


def now() -> str:
    """The time that a page says it was made at."""
    return datetime.now(UTC).isoformat(timespec="minutes")


def run_of(analysis: Analysis) -> dict[str, Any]:
    """Counts, and how intervals were made."""
    settings = analysis.settings
    return {
        "items": analysis.items,
        "unit": "sequence" if analysis.video else "image",
        "frames": max((dot.row["frames"] for dot in analysis.dots), default=0),
        "rows": analysis.frames.num_rows,
        "failed": analysis.failures.num_rows,
        "tasks": list(analysis.tasks),
        "labels": {task: _labels(analysis, task) for task in analysis.tasks},
        "asked_tasks": list(analysis.run.tasks),
        "level": settings.level,
        "resamples": settings.resamples,
        "seed": settings.seed,
    }


def _labels(analysis: Analysis, task: str) -> int:
    """How many labels a task is held to, at the point that has most."""
    return max((dot.task_points[task].labels for dot in analysis.dots if task in dot.task_points), default=0)


def quantities_of(analysis: Analysis) -> list[dict[str, Any]]:
    """What can be shown over the rate. points: whether it is told in hundredths, and its changes in points. decimals:
    of what is shown. leading: whether it is the metric that stands for the others."""
    leading = analysis.leading_metric
    return [
        {
            "name": quantity.name,
            "label": quantity.label,
            "unit": quantity.unit,
            "family": quantity.family,
            "higher": quantity.higher_is_better,
            "headline": quantity.headline,
            "of_class": quantity.of_class,
            "points": analysis.is_share(quantity),
            "decimals": shown_decimals(quantity, analysis.is_share(quantity)),
            "leading": quantity == leading,
        }
        for quantity in analysis.quantities
    ]


def dot_of(dot: Dot, curves: Sequence[str], analysis: Analysis) -> dict[str, Any]:
    """One operating point. values: [value, low, high] by quantity; rates: the same by rate, of which `bpp` is one;
    changes: [value, low, high, Holm's p]. left_out: by metric, what infinite frames its mean leaves out, where there
    are any."""
    values = {name: _with_interval(estimate, analysis.settings.level) for name, estimate in dot.estimates.items()}
    rates = {name: values.pop(name) for name in RATES if name in values}
    changes = {name: [change.value, change.low, change.high, change.p_holm] for name, change in dot.changes.items()}
    columns = ("frames", "items", "bpp_container", "bpp_estimated", "kbit_s", *SPEEDS)
    return {
        "curve": curves.index(dot.curve) if dot.curve in curves else None,
        "label": dot.label,
        "quality": dot.point["quality"],
        "bpp": rates["bpp"],
        "rates": rates,
        "values": values,
        "changes": changes,
        "frame_bytes": frame_bytes(analysis.frames, dot),
        "left_out": dict(_left_out(dot, analysis)),
    } | {name: dot.row.get(name) for name in columns}


def _left_out(dot: Dot, analysis: Analysis) -> Iterator[tuple[str, str]]:
    for quantity in analysis.quantities:
        count = infinite_left_out(dot.row, quantity.name) if quantity.is_metric else 0
        if count:
            yield quantity.name, left_out_text(quantity, count)


def _with_interval(estimate: Estimate, level: float) -> list[float | None]:
    return [estimate.value, *interval(estimate.value, estimate.replicates, level)]


def _deltas(analysis: Analysis, order: Sequence[str]) -> list[dict[str, Any]]:
    rows = deltas(analysis).to_pylist() if len(order) > 1 else []
    return [row | {"anchor": order.index(row["anchor"]), "test": order.index(row["test"])} for row in rows]


def _by_item(analysis: Analysis, task: str) -> dict[str, Any] | None:
    """The items that change most anywhere, and their change at each point. higher: whether more of the measure, which a
    score and an outcome of one name share, is better."""
    table, original = by_item(analysis, task), analysis.original
    if original is None or not table.num_rows:
        return None
    rows = table.to_pylist()
    measure = rows[0]["measure"]
    score, _ = described(tasks.find(task).scores, measure)
    largest: dict[str, float] = {}
    for row in rows:
        largest[row["item"]] = max(largest.get(row["item"], 0.0), abs(row["change"]))
    items = sorted(largest, key=lambda item: -largest[item])
    cells = {(row["item"], row["point"]): [row["before"], row["after"], row["change"]] for row in rows}
    points = list(dict.fromkeys(row["point"] for row in rows))
    is_share = score.is_share
    if is_share is None:
        is_share = all(abs(row[side]) <= 1 for row in rows for side in ("before", "after"))
    return {
        "measure": against(measure, original.scored[task].reference),
        "share": is_share,
        "decimals": SHARE_DECIMALS if is_share else min(score.decimals, MOST_DECIMALS),
        "higher": score.higher_is_better,
        "points": points,
        "items": [[item, [cells.get((item, point)) for point in points]] for item in items[:MOST_ROWS]],
        "total": len(items),
    }


def _first(table: pa.Table) -> dict[str, Any]:
    return {"rows": table.slice(0, MOST_ROWS).to_pylist(), "total": table.num_rows}


def _failures(table: pa.Table) -> dict[str, Any]:
    first = _first(table)
    for row in first["rows"]:
        row["quality"] = quality_text(row["quality"], row["options"] or "") or None
    return first


def _time(analysis: Analysis) -> dict[str, Any]:
    starts = analysis.run.starts
    stages = origin.stages(starts)
    return {
        "stages": stages.to_pylist(),
        "bottleneck": origin.bottleneck(stages),
        "memory": origin.memory(starts),
        "hardware": starts[-1]["hardware"],
    }


def origin_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Where the numbers come from."""
    starts = manifest["starts"]
    latest = starts[-1]
    return {
        "command": origin.command(manifest),
        "dataset": manifest["dataset"],
        "weights": manifest["weights"],
        "metrics": manifest["metrics"],
        "tasks": manifest["tasks"],
        "versions": latest["versions"],
        "hardware": latest["hardware"],
        "commit": latest["commit"],
        "starts": [[start[name] for name in ("started", "finished", "failures", "ended")] for start in starts],
        "shards": len({tuple(start["shard"]) for start in starts}),
    }
