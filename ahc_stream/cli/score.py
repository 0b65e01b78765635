"""ahc-stream score: files that another program wrote, scored as a run's own predictions are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pyarrow as pa

ITEM_KEYS = {"dataset": "files", "frame": 0}


def edges(
    maps: Annotated[Path, typer.Option(help="folder of grey PNGs NAME.png, bright where an edge is likely")],
    truth: Annotated[Path, typer.Option(help="folder of BSDS500 ground truth NAME.mat")],
    no_nms: Annotated[bool, typer.Option("--no-nms", help="the maps are thin already: suppress nothing")] = False,
    thresholds: Annotated[int, typer.Option(help="how many, evenly between 0 and 1", min=1, max=255)] = 99,
    tolerance: Annotated[float, typer.Option(help="of a match, over the image's diagonal", min=0.0, max=0.1)] = 0.0075,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """ODS, OIS and AP of edge maps against BSDS500's ground truth, as the benchmark computes them.

    Every .mat file needs its map; a map without ground truth is left out, and said.
    """
    import pyarrow as pa

    from ahc_stream.cli.counter import counting
    from ahc_stream.tasks.edges import score as edges_score

    pairs, extra = _pairs(maps, truth)
    if extra:
        typer.echo(f"without ground truth, left out: {', '.join(extra[:5])}{_more(extra)}", err=True)
    parts = []
    with counting(f"edges of {len(pairs)} images", "images") as count:
        for tally in _tallies(pairs, not no_nms, thresholds, tolerance):
            parts.append(tally)
            count(len(parts))
    scores = edges_score.scores(pa.concat_tables(parts))(None)
    how = {"images": len(pairs), "nms": not no_nms, "tolerance": tolerance}
    if as_json:
        print(json.dumps({**scores, "thresholds": thresholds, **how}))
    else:
        _print(scores, how)


def _tallies(
    pairs: Iterable[tuple[Path, Path]], suppress: bool, thresholds: int, tolerance: float
) -> Iterator[pa.Table]:
    """The tally of each pair of a map and its ground truth."""
    import pyarrow as pa

    from ahc_stream.core.labels import BOUNDARIES, KEY
    from ahc_stream.datasets import bsds500
    from ahc_stream.tasks.edges import score as edges_score

    for found, drawn in pairs:
        key = {**ITEM_KEYS, "item": found.name}
        annotators = bsds500.read_truth(drawn)
        height, width = annotators[0].shape
        prediction = {**key, "edges": found.read_bytes(), "suppress": suppress}
        yield edges_score.tally(
            pa.Table.from_pylist([prediction], schema=pa.schema([*KEY, *edges_score.EDGES])),
            pa.Table.from_pylist(list(bsds500.rows_of("files", found.name, annotators)), schema=BOUNDARIES),
            pa.Table.from_pylist(
                [{**key, "height": height, "width": width}],
                schema=pa.schema([*KEY, ("height", pa.int32()), ("width", pa.int32())]),
            ),
            str(thresholds),
            str(tolerance),
        )


def _pairs(maps: Path, truth: Path) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Each ground truth with its map, by stem, in order; and the maps that have none. Raises MissingData."""
    from ahc_stream.core.errors import MissingData

    found = {path.stem: path for path in sorted(maps.glob("*")) if path.suffix.lower() == ".png"}
    drawn = {path.stem: path for path in sorted(truth.glob("*.mat"))}
    for files, folder, kind in ((found, maps, "PNG edge maps"), (drawn, truth, ".mat files of ground truth")):
        if not files:
            raise MissingData(kind, f"none in {folder}", "check the path; folders inside it are not looked into")
    missing = [name for name in drawn if name not in found]
    if missing:
        got = f"none of {len(missing)}: {', '.join(f'{name}.png' for name in missing[:5])}{_more(missing)}"
        todo = "write those too, or take their .mat files out of the folder: a score is of all images or says of which"
        raise MissingData(f"a map in {maps} for each of the {len(drawn)} .mat files", got, todo)
    return [(found[name], drawn[name]) for name in drawn], [
        path.name for name, path in found.items() if name not in drawn
    ]


def _more(names: list[str]) -> str:
    return f" and {len(names) - 5} more" if len(names) > 5 else ""


def _print(scores: dict[str, float], how: dict[str, object]) -> None:
    at = f"F at the threshold {scores['ODS_threshold']:.3f}, the best for all images"
    notes = {
        "ODS": f"{at}: recall {scores['ODS_recall']:.4f}, precision {scores['ODS_precision']:.4f}",
        "OIS": "F at the best threshold of each image",
        "AP": "area under precision over recall",
        "R50": "recall where precision is 0.5",
    }
    for name, note in notes.items():
        print(f"{name:4}{scores[name]:.4f}  {note}")
    print(
        f"{how['images']} images at {scores['thresholds']:.0f} thresholds, within {how['tolerance']} of the diagonal, "
        f"{'with' if how['nms'] else 'without'} non-maximum suppression"
    )
