"""YOLO over COCO's pictures and a 1080p sequence: a whole run of ours against ultralytics' `predict`, with one model.

Both read the same JPEG files and have the same weights (YOLOv5n, scores from 0.001 on, 300 boxes at most, each of its
best class), and both end with boxes in pixels of the picture: ours in a table, theirs in a list. From
$AHC_STREAM_PATH/datasets where it has COCO or MOT17, and without them there are no rows. "of bound": the network alone.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import Row, median_seconds, require
from kodak import data_root

from ahc_stream import weights
from ahc_stream.core.errors import AhcStreamError
from ahc_stream.experiment import Experiment
from ahc_stream.running import Run
from ahc_stream.tasks.detection import yolo

IMAGES, FRAMES = 24, 8
ROUNDS = 2
SCORE, IOU, MOST = 0.001, 0.7, 300
SETTINGS = f"score={SCORE}:iou={IOU}:max_det={MOST}:labels=best"
COUNTS = 0.05  # score of a box that is compared
GOALS = {640: 2.8, 1280: 3.0}
"""Longer side of the network's input -> how many times faster than predict."""


def detection() -> list[Row]:
    """A row for each kind of picture that is here."""
    root = data_root() / "datasets"
    images = sorted((root / "coco" / "val2017").glob("*.jpg"))[:IMAGES]
    frames = sorted((root / "MOT17" / "train").glob("*/img1/*.jpg"))[:FRAMES]
    try:
        path = weights.find("yolov5n")
    except AhcStreamError as error:
        print(f"no rows of detection: {error}")
        return []
    rows = []
    for files, size, what in ((images, 640, "COCO"), (frames, 1280, "MOT17")):
        if files:
            rows.append(_row(files, size, what, path))
        else:
            print(f"no row of detection: {what} is not under {root}")
    return rows


def _row(files: list[Path], size: int, what: str, path: Path) -> Row:
    predict = _peer(path, size)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for file in files:
            (folder / f"{file.parent.parent.name}-{file.name}").symlink_to(file)
        _check(_ours(folder, size), predict(folder))
        network = yolo.load(path, torch.device("cpu"))
        inputs = _inputs(predict(folder), size)
        works: dict[str, Callable[[], object]] = {
            "ours": lambda: _ours(folder, size),
            "predict": lambda: predict(folder),
            "network": lambda: [network(frame) for frame in inputs],
        }
        seconds = median_seconds(works, ROUNDS)
    ours, peer = (1e3 * seconds[who] / len(files) for who in ("ours", "predict"))
    share = seconds["network"] / seconds["ours"]
    return Row(f"YOLOv5n over {what} at {size}", "ms a frame", ours, peer, "ultralytics predict", GOALS[size], share)


def _ours(folder: Path, size: int) -> dict[str, np.ndarray]:
    """Boxes of each file: [K, 6] x1, y1, x2, y2, score, class."""
    task = f"detection:model=yolov5n:size={size}:{SETTINGS}"
    boxes: dict[str, list[list[float]]] = {}
    for rows in Run(Experiment(str(folder), ("identity",), None, (task,), (), device="cpu")):
        for row in rows.tables["predictions_detection"].to_pylist():
            box = [row["x1"], row["y1"], row["x2"], row["y2"], row["score"], row["class_id"]]
            boxes.setdefault(row["item"], []).append(box)
    return {name: np.array(rows) for name, rows in boxes.items()}


def _peer(path: Path, size: int) -> Callable[[Path], list[Any]]:
    """ultralytics' predictor around our reading of the same checkpoint, which its own loader refuses."""
    os.environ.setdefault("YOLO_CONFIG_DIR", tempfile.mkdtemp())  # it writes its settings at import
    from ultralytics import YOLO

    detector = YOLO("yolov5nu.yaml")
    detector.model = yolo.load(path, torch.device("cpu"))
    options = {"conf": SCORE, "iou": IOU, "max_det": MOST, "imgsz": size, "verbose": False, "save": False}

    def predict(folder: Path) -> list[Any]:
        return list(detector.predict(str(folder), device="cpu", stream=True, **options))

    return predict


def _check(ours: dict[str, np.ndarray], results: list[Any]) -> None:
    """Both have the same boxes of a score that counts, to a tenth of a pixel."""
    for result in results:
        boxes = ours[Path(result.path).stem]
        mine, theirs = (found[found[:, 4] > COUNTS] for found in (boxes, result.boxes.data.numpy()))
        same = len(mine) == len(theirs) and np.abs(mine[:, :5] - theirs[:, :5]).max(initial=0) < 0.1
        require(same, f"our boxes of {Path(result.path).name} are predict's")


def _inputs(results: list[Any], size: int) -> list[torch.Tensor]:
    """Tensors as large as the network's inputs: the frame's shape, its longer side `size`, sides multiples of 32."""
    shapes = [tuple(round(side * size / max(result.orig_shape)) for side in result.orig_shape) for result in results]
    return [torch.rand(1, 3, -(-height // 32) * 32, -(-width // 32) * 32) for height, width in shapes]
