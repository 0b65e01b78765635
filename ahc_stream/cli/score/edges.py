"""ahc-stream score edges: edge maps against BSDS500's ground truth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.score.options import AsJson
from ahc_stream.cli.terminal import say


def edges(
    maps: Annotated[Path, typer.Option(help="Folder of grey PNGs NAME.png, bright where an edge is likely.")],
    truth: Annotated[Path, typer.Option(help="Folder of BSDS500 ground truth NAME.mat.")],
    no_nms: Annotated[bool, typer.Option("--no-nms", help="The maps are thin already: suppress nothing.")] = False,
    thresholds: Annotated[int, typer.Option(help="Number of thresholds, even between 0 and 1.", min=1, max=255)] = 99,
    tolerance: Annotated[
        float, typer.Option(help="Greatest distance of a match, over the image's diagonal.", min=0.0, max=0.1)
    ] = 0.0075,
    as_json: AsJson = False,
) -> None:
    """Print ODS, OIS and AP of edge maps against BSDS500's ground truth, as the benchmark computes them.

    Every .mat file needs its map; a map without ground truth is left out, and said.
    """
    import pyarrow as pa

    from ahc_stream import tasks
    from ahc_stream.cli.progress import counting
    from ahc_stream.core.json_text import json_text
    from ahc_stream.core.wording import abridged
    from ahc_stream.submissions import edge_pairs, tallies_of_edges
    from ahc_stream.submissions.scored_files import NAMED

    pairs = edge_pairs(maps, truth)
    if pairs.extra:
        say(f"without ground truth, left out: {abridged(pairs.extra, NAMED)}", stderr=True)
    parts = []
    with counting(f"edges of {len(pairs.pairs)} images", "images") as count:
        for tally in tallies_of_edges(pairs, not no_nms, thresholds, tolerance):
            parts.append(tally)
            count(len(parts))
    scores = tasks.scorer("edges").scores(pa.concat_tables(parts))(None)
    how = {"images": len(pairs.pairs), "nms": not no_nms, "tolerance": tolerance}
    if as_json:
        say(json_text({**scores, "thresholds": thresholds, **how}))
    else:
        _print(scores, how)


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
