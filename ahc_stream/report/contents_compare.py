"""What the page of several runs shows: all their curves in one chart, and the difference at each shared point."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ahc_stream.core.errors import StorageError
from ahc_stream.core.wording import are, counted
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.compare import Comparison, RunPair, curve_key, deltas_between, differences, left_out_of
from ahc_stream.report.contents import dot_of, now, origin_of, quantities_of, run_of
from ahc_stream.report.contents_published import published_contents
from ahc_stream.report.curves import curves_of
from ahc_stream.report.notes import Note, left_out, notes
from ahc_stream.report.page import write_page
from ahc_stream.report.tabular import write_tables
from ahc_stream.store.folders import Folder


def comparison_contents(comparison: Comparison) -> dict[str, Any]:
    """As `contents.contents`, for several runs; a section that only one run has is left to that run's own report."""
    named = list(zip(comparison.names, comparison.runs, strict=True))
    curves = {key: known for name, run in named for key, known in _curves(run, name).items()}
    dataset = comparison.first.run.manifest["dataset"]["name"]
    order, shared = list(curves), {quantity.name for quantity in comparison.quantities}
    deltas = deltas_between(comparison).to_pylist()
    return {
        "title": f"{dataset}: {', '.join(comparison.names[1:])} against {comparison.names[0]}",
        "dataset": dataset,
        "made": now(),
        "run": run_of(comparison.first) | {"rows": sum(run.frames.num_rows for run in comparison.runs)},
        "notes": list(_notes(comparison)),
        "quantities": [each for each in quantities_of(comparison.first) if each["name"] in shared],
        "curves": list(curves.values()),
        "dots": [dot for name, run in named for dot in _dots(run, name, order)],
        "published": published_contents(()),
        "deltas": [row | {"anchor": order.index(row["anchor"]), "test": order.index(row["test"])} for row in deltas],
        "compared": differences(comparison).to_pylist(),
        "names": list(comparison.names),
        "origins": [origin_of(run.run.manifest) for run in comparison.runs],
        "findings": [],
        "flips": [],
        "pictures": [],
        "by_item": {},
    }


def _curves(run: Analysis, name: str) -> dict[str, dict[str, Any]]:
    """Curve -> what the page knows of it, both named with the name of the run."""
    return {
        curve_key(name, curve): known | {"key": curve_key(name, curve), "name": curve_key(name, known["name"])}
        for curve, known in curves_of(run.dots).items()
    }


def _dots(run: Analysis, name: str, order: list[str]) -> Iterator[dict[str, Any]]:
    for dot in run.dots:
        if not dot.is_original:
            contents = dot_of(dot, order, run)
            yield contents | {
                "curve": order.index(curve_key(name, dot.curve)),
                "label": curve_key(name, dot.label),
                "changes": {},
            }


def _notes(comparison: Comparison) -> Iterator[Note]:
    for runs in comparison.against_first:
        yield from _of_pair(runs)
    yield from (("fact", f"{sentence}.") for sentence in left_out_of(comparison))
    tasks = {
        name: "; ".join(run.run.tasks) or "none" for name, run in zip(comparison.names, comparison.runs, strict=True)
    }
    if len(set(tasks.values())) > 1:
        yield "fact", f"The tasks differ: {', '.join(f'{name} has {text}' for name, text in tasks.items())}."
    for name, run in zip(comparison.names, comparison.runs, strict=True):
        warnings = [note for note in notes(run) if note[0] == "warning"]
        yield from ((kind, f"{name}: {text}") for kind, text in [*warnings, *left_out(run)])


def _of_pair(runs: RunPair) -> Iterator[Note]:
    one, other = runs.names
    points = [{str(dot.point) for dot in run.dots} for run in (runs.one, runs.other)]
    if not runs.pairs:
        yield "warning", f"{other} and {one} share no operating point: only their curves can be compared."
    elif points[0] != points[1]:
        shared, alone = len(runs.pairs), len(points[0] ^ points[1])
        in_both = f"{counted(shared, 'operating point')} {are(shared)} in both {one} and {other}"
        yield "fact", f"{in_both}; {alone} {are(alone)} in one alone."
    if runs.one.resamples and runs.other.resamples and not runs.same_items:
        yield (
            "warning",
            f"{one} and {other} finished different items: differences of metrics are over the frames that both have, "
            "those of scores over each run's own, and none has an interval.",
        )


def write_comparison(comparison: Comparison, folder: Folder) -> Folder:
    """Writes index.html, compare.{parquet,csv} and deltas.{parquet,csv} under `folder`; returns the page's path."""
    if folder.resolve() in (run.folder.resolve() for run in comparison.runs):
        raise StorageError("a folder of its own for the comparison", str(folder), "name another --out")
    write_tables({"compare": differences(comparison), "deltas": deltas_between(comparison)}, folder)
    return write_page(comparison_contents(comparison), folder / "index.html")
