"""ahc-stream score segmentation: found masks against labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.score.options import AsJson


def segmentation(
    predictions: Annotated[
        Path,
        typer.Option(
            help="COCO's results, a JSON list of image_id, category_id, segmentation (size and counts of run lengths) "
            "and score."
        ),
    ],
    truth: Annotated[Path, typer.Option(help="COCO's instances (JSON).")],
    as_json: AsJson = False,
) -> None:
    """Print average precision of found masks, over all, by size and by class, as pycocotools computes it.

    What is labelled and not found counts as missed, in images without a single found mask too.
    """
    from ahc_stream.cli.score.show import show
    from ahc_stream.submissions import score_segmentation

    show(score_segmentation(predictions, truth), as_json)
