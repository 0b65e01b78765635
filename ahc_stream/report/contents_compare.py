"""What the page of two runs shows: the curves of both in one chart, and the difference at each shared point."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ahc_stream.core.errors import StorageError
from ahc_stream.core.wording import are, counted
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.compare import Comparison, deltas_between, differences, left_out_of
from ahc_stream.report.contents import dot_of, now, origin_of, quantities_of, run_of
from ahc_stream.report.contents_published import published_contents
from ahc_stream.report.dot import curve_names
from ahc_stream.report.notes import Note, left_out, notes
from ahc_stream.report.page import write_page
from ahc_stream.report.tabular import write_tables


def comparison_contents(runs: Comparison) -> dict[str, Any]:
    """As `contents.contents`, for two runs; a section that only one run has is left to that run's own report."""
    one, other = runs.names
    curves = _curves(runs.one, one) | _curves(runs.other, other)
    manifests = [run.run.manifest for run in (runs.one, runs.other)]
    dataset = manifests[0]["dataset"]["name"]
    order, shared = list(curves), {quantity.name for quantity in runs.quantities}
    deltas = deltas_between(runs).to_pylist()
    rows = differences(runs).to_pylist()
    return {
        "title": f"{dataset}: {other} against {one}",
        "dataset": dataset,
        "made": now(),
        "run": run_of(runs.one) | {"rows": runs.one.frames.num_rows + runs.other.frames.num_rows},
        "notes": list(_notes(runs)),
        "quantities": [quantity for quantity in quantities_of(runs.one) if quantity["name"] in shared],
        "curves": [{"key": key, "name": name, "options": key.partition(":")[2]} for key, name in curves.items()],
        "dots": [*_dots(runs.one, one, order), *_dots(runs.other, other, order)],
        "published": published_contents(()),
        "deltas": [row | {"anchor": order.index(row["anchor"]), "test": order.index(row["test"])} for row in deltas],
        "compared": rows,
        "names": list(runs.names),
        "origins": [origin_of(manifest) for manifest in manifests],
        "findings": [],
        "flips": [],
        "pictures": [],
        "by_item": {},
    }


def _curves(run: Analysis, name: str) -> dict[str, str]:
    """Curve -> its short name, both with the name of the run."""
    return {f"{name}: {curve}": f"{name}: {short}" for curve, short in curve_names(run.dots).items()}


def _dots(run: Analysis, name: str, order: list[str]) -> Iterator[dict[str, Any]]:
    for dot in run.dots:
        if not dot.is_original:
            contents = dot_of(dot, order, run)
            yield contents | {
                "curve": order.index(f"{name}: {dot.curve}"),
                "label": f"{name}: {dot.label}",
                "changes": {},
            }


def _notes(runs: Comparison) -> Iterator[Note]:
    points = [{str(dot.point) for dot in run.dots} for run in (runs.one, runs.other)]
    if not runs.pairs:
        yield "warning", "The runs share no operating point: only their curves can be compared."
    elif points[0] != points[1]:
        shared, alone = len(runs.pairs), len(points[0] ^ points[1])
        in_both = f"{counted(shared, 'operating point')} {are(shared)} in both runs"
        yield "fact", f"{in_both}; {alone} {are(alone)} in one alone."
    if runs.one.resamples and runs.other.resamples and not runs.same_items:
        yield (
            "warning",
            "The runs finished different items: differences of metrics are over the frames that both have, those of "
            "scores over each run's own, and none has an interval.",
        )
    yield from (("fact", f"{sentence}.") for sentence in left_out_of(runs))
    tasks = [run.run.tasks for run in (runs.one, runs.other)]
    if tasks[0] != tasks[1]:
        yield "fact", f"The tasks differ: {'; '.join(tasks[0]) or 'none'} against {'; '.join(tasks[1]) or 'none'}."
    for name, run in zip(runs.names, (runs.one, runs.other), strict=True):
        warnings = [note for note in notes(run) if note[0] == "warning"]
        yield from ((kind, f"{name}: {text}") for kind, text in [*warnings, *left_out(run)])


def write_comparison(runs: Comparison, folder: Path) -> Path:
    """Writes index.html, compare.{parquet,csv} and deltas.{parquet,csv} under `folder`; returns the page's path."""
    if folder.resolve() in (runs.one.folder.resolve(), runs.other.folder.resolve()):
        raise StorageError("a folder of its own for the comparison", str(folder), "name another --out")
    write_tables({"compare": differences(runs), "deltas": deltas_between(runs)}, folder)
    return write_page(comparison_contents(runs), folder / "index.html")
