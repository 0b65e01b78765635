"""ahc-stream score classification: predicted classes against true ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.options import Split
from ahc_stream.cli.score.options import AsJson


def classification(
    predictions: Annotated[
        Path,
        typer.Option(
            help="CSV of image,class; or of image and a column for each class with its probability, called as the "
            "class is."
        ),
    ],
    truth: Annotated[
        Path, typer.Option(help="CSV of image,class; or a folder with a folder of images for each class.")
    ],
    split: Split = None,
    as_json: AsJson = False,
) -> None:
    """Print accuracy, macro F1, kappa, and recall, precision and F1 of each class, as scikit-learn has them.

    Every image of the truth needs a row: one without is an error. A row of an image that the truth lacks is left out,
    and said; two different rows of one image are an error. An image is found by its name, or by it without folder and
    suffix where no other one is called so. With --json the confusion matrix is there too.
    """
    from ahc_stream.cli.score.show import show
    from ahc_stream.submissions import score_classes

    show(score_classes(predictions, truth, split), as_json)
