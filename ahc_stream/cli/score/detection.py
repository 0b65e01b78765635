"""ahc-stream score detection: found boxes against labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.options import Split
from ahc_stream.cli.score.options import AsJson


def detection(
    predictions: Annotated[
        Path,
        typer.Option(
            help="COCO's results, a JSON list of image_id, category_id, bbox (left, top, width, height) and score; or "
            "a folder of YOLO's text files, rows of class cx cy w h confidence in shares of the image."
        ),
    ],
    truth: Annotated[
        Path,
        typer.Option(
            help="COCO's instances (JSON); for YOLO's text files a data.yaml, or a folder of images/ and labels/."
        ),
    ],
    split: Split = None,
    as_json: AsJson = False,
) -> None:
    """Print average precision of found boxes, over all, by size and by class, as pycocotools computes it.

    What is labelled and not found counts as missed, in images without a single found box too. As in pycocotools, a box
    of an image that the truth does not list is an error, one of a category that it does not list is left out, and said.
    """
    from ahc_stream.cli.score.show import show
    from ahc_stream.submissions import score_detection

    show(score_detection(predictions, truth, split), as_json)
