"""A report of 500 images at six operating points, and its parts against pycocotools on the same boxes.

The run is made (`detected.py`). pycocotools matches once too, with its own objects made beforehand; a draw of the
bootstrap is its `accumulate` over the drawn images, which is what one would write without a library for it. The parts
are in CPU time, whole reports in wall time, each in a process of its own.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from detected import write_run
from harness import Row, median_seconds, report, require
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from ahc_stream import runs, tasks
from ahc_stream.runs.points import split, where

IMAGES = 500
DRAWS = 200  # of ours; the peer's take a second each
PEER_DRAWS = 2
ROUNDS = 1
REPORT = "import sys; from ahc_stream.cli import main; sys.argv[1:] = ['report', {!r}]; main()"

Draws = NDArray[np.float64]
Inputs = tuple[pa.Table, pa.Table, pa.Table]
"""Predictions, labels, frames of one operating point."""


def inputs_of(folder: Path) -> Inputs:
    run = runs.open(folder)
    point, frames = split(run.frames)[0]
    return where(run.predictions("detection"), point), run.labels("detection"), frames


def peers_boxes(inputs: Inputs) -> tuple[COCO, COCO]:
    """Labels and predictions as pycocotools holds them."""
    predictions, labels, frames = inputs
    items, names = frames["item"].to_pylist(), sorted(set(labels["class_name"].to_pylist()))
    with contextlib.redirect_stdout(io.StringIO()):  # it prints what it does
        both = COCO(), COCO()
        for coco, boxes in zip(both, (labels, predictions), strict=True):
            coco.dataset = as_coco(boxes, items, names)
            coco.createIndex()
    return both


def matched_by_peer(truth: COCO, found: COCO) -> COCOeval:
    """pycocotools' matches of all images."""
    evaluation = COCOeval(truth, found, "bbox")
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.evaluate()
    return evaluation


def as_coco(boxes: pa.Table, items: list[str], names: list[str]) -> dict[str, Any]:
    """Boxes in the layout of COCO's JSON."""
    image, category = ({name: number for number, name in enumerate(known, 1)} for known in (items, names))
    annotations = [
        {
            "id": number,
            "image_id": image[row["item"]],
            "category_id": category[row["class_name"]],
            "bbox": [row["x1"], row["y1"], row["x2"] - row["x1"], row["y2"] - row["y1"]],
            "area": row.get("area", (row["x2"] - row["x1"]) * (row["y2"] - row["y1"])),
            "iscrowd": int(row.get("ignore", False)),
            "score": row.get("score", 1.0),
        }
        for number, row in enumerate(boxes.to_pylist(), 1)
        if row["class_name"] in category
    ]
    return {
        "images": [{"id": number} for number in image.values()],
        "categories": [{"id": number, "name": name} for name, number in category.items()],
        "annotations": annotations,
    }


def peers_map(matched: COCOeval, weights: Draws) -> float:
    """mAP of a draw: every image as often as it was drawn."""
    drawn = COCOeval(matched.cocoGt, matched.cocoDt, "bbox")
    order = np.repeat(np.arange(len(weights)), weights.astype(np.int64))
    classes, areas = len(matched.params.catIds), len(matched.params.areaRng)
    per_image = np.array(matched.evalImgs, object).reshape(classes, areas, len(weights))
    drawn.params, drawn._paramsEval = matched.params, matched._paramsEval
    drawn.params.imgIds = drawn._paramsEval.imgIds = [None] * len(order)  # it asks for their number alone
    drawn.evalImgs = list(per_image[:, :, order].reshape(-1))
    with contextlib.redirect_stdout(io.StringIO()):
        drawn.accumulate()
    precision = drawn.eval["precision"][:, :, :, 0, -1]
    return float(precision[precision > -1].mean())


def part_rows(inputs: Inputs) -> list[Row]:
    spec, items = tasks.parse("detection"), inputs[2]["item"].to_pylist()
    tally = tasks.tally(spec, *inputs)
    scores = tasks.scorer("detection").scores(tally)
    draws = np.random.default_rng(0).multinomial(len(items), np.full(len(items), 1 / len(items)), DRAWS)
    draws = draws.astype(np.float64)
    boxes = peers_boxes(inputs)
    matched = matched_by_peer(*boxes)
    ours = tasks.of_draws(scores, draws[:PEER_DRAWS], ["mAP"])["mAP"]
    theirs = [peers_map(matched, weights) for weights in draws[:PEER_DRAWS]]
    require(np.allclose(ours, theirs, rtol=0, atol=1e-9), "mAP of a draw is pycocotools'")
    works = {
        "tally": lambda: tasks.tally(spec, *inputs),
        "evaluate": lambda: matched_by_peer(*boxes),
        "draws": lambda: tasks.of_draws(scores, draws, scores(None)),
        "accumulate": lambda: [peers_map(matched, weights) for weights in draws[:PEER_DRAWS]],
    }
    seconds = median_seconds(works, ROUNDS, clock=time.process_time)
    draw, peers_draw = seconds["draws"] / DRAWS, seconds["accumulate"] / PEER_DRAWS
    what = f"{IMAGES} images"
    return [
        Row(f"{what}: boxes matched", "s of CPU", seconds["tally"], seconds["evaluate"], "pycocotools", goal=5),
        Row(f"{what}: a draw of the bootstrap", "s of CPU", draw, peers_draw, "pycocotools", goal=100),
    ]


def whole_row(folder: Path) -> Row:
    """A report from scratch, and one that finds what the first has kept."""
    program = [sys.executable, "-c", REPORT.format(str(folder))]

    def printed() -> str:
        return subprocess.run(program, capture_output=True, text=True, check=True).stdout

    def from_scratch() -> str:
        shutil.rmtree(folder / "tallies", ignore_errors=True)
        return printed()

    require(from_scratch() == printed(), "a report prints the same again")
    seconds = median_seconds({"scratch": from_scratch, "again": printed}, ROUNDS)
    name = f"{IMAGES} images, 6 points: a report again"
    return Row(name, "s", seconds["again"], seconds["scratch"], "the same from scratch")


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        run = write_run(Path(folder) / "run", IMAGES)
        return [*part_rows(inputs_of(run)), whole_row(run)]


if __name__ == "__main__":
    report("report", rows())
