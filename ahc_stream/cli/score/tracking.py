"""ahc-stream score tracking: tracks against MOTChallenge's ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.score.options import AsJson


def tracking(
    predictions: Annotated[
        Path,
        typer.Option(
            help="Tracks as MOTChallenge takes them, lines of frame,id,left,top,width,height,...: one text file, or a "
            "folder of SEQUENCE.txt."
        ),
    ],
    truth: Annotated[
        Path, typer.Option(help="MOTChallenge tree of SEQUENCE/gt/gt.txt with seqinfo.ini, or one gt.txt.")
    ],
    as_json: AsJson = False,
) -> None:
    """Print HOTA, MOTA, IDF1 and identity switches of tracks, of all sequences and of each, as TrackEval has them.

    Who is labelled and not tracked counts as missed. As in TrackEval, a sequence without a file of tracks is an error
    (an empty file says that nothing was found), and so is a box beyond a sequence's end; a file of another sequence is
    left out, and said. Boxes are prepared as for MOT17.
    """
    from ahc_stream.cli.score.show import show
    from ahc_stream.submissions import score_tracking

    show(score_tracking(predictions, truth), as_json)
