"""One task at one operating point: which scores it has, by what it is scored against."""

from __future__ import annotations

import pyarrow as pa

from ahc_stream import tasks
from ahc_stream.report.scores import Scored
from ahc_stream.tasks.edges.score import TALLY

ROWS = [
    {
        "dataset": "d",
        "item": "a",
        "frame": 0,
        "threshold": 0.25,
        "found_truth": 9,
        "truth": 10,
        "right": 9,
        "edges": 20,
    },
    {"dataset": "d", "item": "a", "frame": 0, "threshold": 0.75, "found_truth": 5, "truth": 10, "right": 5, "edges": 5},
]


def test_average_precision_of_edges_is_left_out_against_the_originals_own() -> None:
    """They are one threshold of the very map that is scored, so it would rise where the map is worse."""
    tally = pa.Table.from_pylist(ROWS, schema=TALLY)
    labelled, own = (Scored(tasks.parse("edges"), {}, reference, tally).values for reference in ("labels", "original"))
    assert labelled.keys() - own.keys() == {"AP", "R50"}
    assert own == {name: labelled[name] for name in own} and own["ODS"] > 0.6
