"""ahc-stream score ocr: texts that were read against texts that stand there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.score.options import AsJson


def ocr(
    predictions: Annotated[Path, typer.Option(help="CSV of image,text: what was read in each image.")],
    truth: Annotated[
        Path,
        typer.Option(help="CSV of image,text: what stands there; or a folder of licence plates with their labels."),
    ],
    lines: Annotated[
        str,
        typer.Option(
            help="What is compared: plate, capital letters and digits alone, as a licence plate's number; or all, "
            "every character, runs of spaces as one."
        ),
    ] = "plate",
    as_json: AsJson = False,
) -> None:
    """Print the share of texts that were read without an error, and the character error rate.

    Every image of the truth needs a row (an empty text says that nothing was read): one without is an error. A row of
    an image that the truth lacks is left out, and said; two texts of one image are an error. An image is found by its
    name, or by it without folder and suffix where no other one is called so.
    """
    from ahc_stream.cli.score.show import show
    from ahc_stream.submissions import score_texts

    show(score_texts(predictions, truth, lines), as_json)
