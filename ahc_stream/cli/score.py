"""ahc-stream score: files that another program wrote, scored as a run's own predictions are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ahc_stream.cli.terminal import say
from ahc_stream.core.wording import abridged

if TYPE_CHECKING:
    import pyarrow as pa

ITEM_KEYS = {"dataset": "files", "frame": 0}
NAMED_FILES = 5
"""How many files a message names."""


def edges(
    maps: Annotated[Path, typer.Option(help="Folder of grey PNGs NAME.png, bright where an edge is likely.")],
    truth: Annotated[Path, typer.Option(help="Folder of BSDS500 ground truth NAME.mat.")],
    no_nms: Annotated[bool, typer.Option("--no-nms", help="The maps are thin already: suppress nothing.")] = False,
    thresholds: Annotated[int, typer.Option(help="Number of thresholds, even between 0 and 1.", min=1, max=255)] = 99,
    tolerance: Annotated[
        float, typer.Option(help="Greatest distance of a match, over the image's diagonal.", min=0.0, max=0.1)
    ] = 0.0075,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Print ODS, OIS and AP of edge maps against BSDS500's ground truth, as the benchmark computes them.

    Every .mat file needs its map; a map without ground truth is left out, and said.
    """
    import pyarrow as pa

    from ahc_stream.cli.progress import counting
    from ahc_stream.core.json_text import json_text
    from ahc_stream.tasks.edges import score as edges_score

    pairs, extra = _pairs(maps, truth)
    if extra:
        say(f"without ground truth, left out: {abridged(extra, NAMED_FILES)}", stderr=True)
    parts = []
    with counting(f"edges of {len(pairs)} images", "images") as count:
        for tally in _tallies(pairs, not no_nms, thresholds, tolerance):
            parts.append(tally)
            count(len(parts))
    scores = edges_score.scores(pa.concat_tables(parts))(None)
    how = {"images": len(pairs), "nms": not no_nms, "tolerance": tolerance}
    if as_json:
        say(json_text({**scores, "thresholds": thresholds, **how}))
    else:
        _print(scores, how)


def _tallies(
    pairs: Iterable[tuple[Path, Path]], suppress: bool, thresholds: int, tolerance: float
) -> Iterator[pa.Table]:
    """The tally of each pair of a map and its ground truth."""
    import pyarrow as pa

    from ahc_stream.core.file_names import readable
    from ahc_stream.core.labels import BOUNDARIES, KEY
    from ahc_stream.datasets import bsds500
    from ahc_stream.tasks.edges import score as edges_score

    for edge_map, drawn in pairs:
        item = readable(edge_map.name)
        key = {**ITEM_KEYS, "item": item}
        annotators = bsds500.read_truth(drawn)
        height, width = annotators[0].shape
        prediction = {**key, "edges": edge_map.read_bytes(), "suppress": suppress}
        yield edges_score.tally(
            pa.Table.from_pylist([prediction], schema=pa.schema([*KEY, *edges_score.EDGES])),
            pa.Table.from_pylist(list(bsds500.rows_of("files", item, annotators)), schema=BOUNDARIES),
            pa.Table.from_pylist(
                [{**key, "height": height, "width": width}],
                schema=pa.schema([*KEY, ("height", pa.int32()), ("width", pa.int32())]),
            ),
            str(thresholds),
            str(tolerance),
        )


def _pairs(maps: Path, truth: Path) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Each ground truth with its map, by stem, in order; and the maps that have none.

    Raises MissingData, and MediaError where two files have one stem.
    """
    from ahc_stream.core.errors import MissingData

    map_of = _by_stem(maps, ".png", "PNG edge maps")
    truth_of = _by_stem(truth, ".mat", ".mat files of ground truth")
    missing = [f"{stem}.png" for stem in truth_of if stem not in map_of]
    if missing:
        got = f"none of {len(missing)}: {abridged(missing, NAMED_FILES)}"
        todo = "write those too, or take their .mat files out of the folder: a score is of all images or says of which"
        raise MissingData(f"a map in {maps} for each of the {len(truth_of)} .mat files", got, todo)
    extra = [path.name for stem, path in map_of.items() if stem not in truth_of]
    return [(map_of[stem], path) for stem, path in truth_of.items()], extra


def _by_stem(folder: Path, suffix: str, kind: str) -> dict[str, Path]:
    """The files right in a folder that end in `suffix`, in either case, without hidden ones."""
    from ahc_stream.core.errors import MediaError, MissingData
    from ahc_stream.datasets.files import children

    files = [path for path in children(folder) if path.suffix.lower() == suffix and path.is_file()]
    if not files:
        raise MissingData(kind, f"none in {folder}", "check the path; folders inside it are not looked into")
    by_stem: dict[str, Path] = {}
    for path in files:
        other = by_stem.setdefault(path.stem, path)
        if other != path:
            got = f"{other.name} and {path.name}"
            raise MediaError(f"one file {path.stem}{suffix} in {folder}", got, "take one of the two out")
    return by_stem


def _print(scores: Mapping[str, float], how: Mapping[str, object]) -> None:
    at = f"F at the threshold {scores['ODS_threshold']:.3f}, the best for all images"
    notes = {
        "ODS": f"{at}: recall {scores['ODS_recall']:.4f}, precision {scores['ODS_precision']:.4f}",
        "OIS": "F at the best threshold of each image",
        "AP": "area under precision over recall",
        "R50": "recall where precision is 0.5",
    }
    for name, note in notes.items():
        say(f"{name:4}{scores[name]:.4f}  {note}")
    say(
        f"{how['images']} images at {scores['thresholds']:.0f} thresholds, within {how['tolerance']} of the diagonal, "
        f"{'with' if how['nms'] else 'without'} non-maximum suppression"
    )
