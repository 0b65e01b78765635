"""ahc-stream score pose: found keypoints against labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.score.options import AsJson


def pose(
    predictions: Annotated[
        Path,
        typer.Option(help="COCO's results, a JSON list of image_id, category_id, keypoints (x, y, v) and score."),
    ],
    truth: Annotated[Path, typer.Option(help="COCO's people (person_keypoints, JSON).")],
    as_json: AsJson = False,
) -> None:
    """Print average precision of found keypoints, over all and by size, as pycocotools computes it.

    What is labelled and not found counts as missed, in images without a single found object too.
    """
    from ahc_stream.cli.score.show import show
    from ahc_stream.submissions import score_pose

    show(score_pose(predictions, truth), as_json)
