"""Whole jobs beside what people would otherwise run, correctness first: the table of docs/performance.md.

    stills      Kodak, JPEG, four metrics      Pillow with piq, with torchmetrics, with an expert's OpenCV
    codecs      mbt2018-mean, cheng2020        CompressAI's own loop
    ssf2020     a clip                         CompressAI's own loop
    clips       x264 and x265, PSNR and SSIM   the ffmpeg program with its filters
    detection   YOLOv5n on COCO and MOT17      ultralytics' predict
    edges       BSDS500's counts               scikit-image and SciPy
    report      500 images at six points       pycocotools

A part whose data are not under $AHC_STREAM_PATH says so or takes drawn data; rows say which. `--only NAME` runs one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import edges
import report as reports
import streams
import torch
from harness import Row, report
from kodak import pictures
from line_detection import detection
from line_stills import stills
from video import ssf2020
from whole import whole_rows

from ahc_stream.core.threads import torch_threads


def learned_clip() -> list[Row]:
    """ssf2020 over a window that slides over a picture."""
    return ssf2020(pictures()[0][0])


PARTS: dict[str, Callable[[], list[Row]]] = {
    "stills": stills,
    "codecs": whole_rows,
    "ssf2020": learned_clip,
    "clips": streams.whole_rows,
    "detection": detection,
    "edges": edges.rows,
    "report": reports.rows,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, action="append", help="run this part; again for more of them")
    asked = parser.parse_args().only or list(PARTS)
    rows: list[Row] = []
    for name in asked:
        with torch.no_grad(), torch_threads(torch.get_num_threads()):  # ultralytics sets its own
            rows += PARTS[name]()
    report("line", rows)


if __name__ == "__main__":
    main()
