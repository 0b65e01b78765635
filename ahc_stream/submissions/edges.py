"""Edge maps that another program wrote, against BSDS500's ground truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.file_names import readable
from ahc_stream.core.labels import BOUNDARIES, KEY
from ahc_stream.core.wording import abridged
from ahc_stream.datasets import bsds500
from ahc_stream.datasets.files import children
from ahc_stream.submissions.scored_files import DATASET, NAMED
from ahc_stream.tasks.edges import score as edges_score


@dataclass(frozen=True)
class EdgePairs:
    """pairs: each ground truth with its map, map first, in order. extra: names of maps without ground truth."""

    pairs: tuple[tuple[Path, Path], ...]
    extra: tuple[str, ...]


def edge_pairs(maps: Path, truth: Path) -> EdgePairs:
    """The PNGs of one folder and the .mat files of another, by stem. Raises MissingData, and MediaError where two files
    have one stem."""
    map_of = _by_stem(maps, ".png", "PNG edge maps")
    truth_of = _by_stem(truth, ".mat", ".mat files of ground truth")
    missing = [f"{stem}.png" for stem in truth_of if stem not in map_of]
    if missing:
        got = f"none of {len(missing)}: {abridged(missing, NAMED)}"
        todo = "write those too, or take their .mat files out of the folder: a score is of all images or says of which"
        raise MissingData(f"a map in {maps} for each of the {len(truth_of)} .mat files", got, todo)
    pairs = tuple((map_of[stem], path) for stem, path in truth_of.items())
    return EdgePairs(pairs, tuple(path.name for stem, path in map_of.items() if stem not in truth_of))


def tallies_of_edges(pairs: EdgePairs, suppress: bool, thresholds: int, tolerance: float) -> Iterator[pa.Table]:
    """The tally of each pair (`tasks.edges.score`).

    suppress:    whether maps are thinned by non-maximum suppression.
    thresholds:  how many, even between 0 and 1.
    tolerance:   greatest distance of a match, over the image's diagonal.
    Raises MediaError and InvalidValue for a file that does not fit.
    """
    for edge_map, drawn in pairs.pairs:
        item = readable(edge_map.name)
        key = {"dataset": DATASET, "item": item, "frame": 0}
        annotators = bsds500.read_truth(drawn)
        height, width = annotators[0].shape
        prediction = {**key, "edges": edge_map.read_bytes(), "suppress": suppress}
        yield edges_score.tally(
            pa.Table.from_pylist([prediction], schema=pa.schema([*KEY, *edges_score.EDGES])),
            pa.Table.from_pylist(list(bsds500.rows_of(DATASET, item, annotators)), schema=BOUNDARIES),
            pa.Table.from_pylist(
                [{**key, "height": height, "width": width}],
                schema=pa.schema([*KEY, ("height", pa.int32()), ("width", pa.int32())]),
            ),
            str(thresholds),
            str(tolerance),
        )


def _by_stem(folder: Path, suffix: str, kind: str) -> dict[str, Path]:
    """The files right in a folder that end in `suffix`, in either case, without hidden ones."""
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
