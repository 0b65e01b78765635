"""Detection and tracking through the whole line on real data: what strong compression costs them at least."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream.experiment import Experiment
from ahc_stream.report import operating_points
from ahc_stream.running import run
from tests.conftest import real


def points_of(experiment: Experiment) -> dict[float | None, dict]:
    """Quality -> its row of the report."""
    for _ in run(experiment):
        pass
    return {row["quality"]: row for row in operating_points(experiment.out).to_pylist()}


@pytest.mark.timeout(600)
def test_coco_loses_most_of_its_average_precision_to_jpeg_5(tmp_path: Path) -> None:
    """The first 32 of the images at hand."""
    real("weights/yolov5n.pt"), real("datasets/coco/val2017")
    rows = points_of(Experiment("coco", ("jpeg@5,90",), tmp_path, metrics=("psnr",), device="cpu", limit=32))
    assert rows[None]["frames"] == 32 and rows[None]["detection_reference"] == "labels"
    assert rows[90.0]["detection_mAP"] - rows[5.0]["detection_mAP"] > 0.2
    assert abs(rows[90.0]["detection_mAP_change"]) < 0.05
    assert rows[90.0]["detection_ar100"] > rows[5.0]["detection_ar100"] + 0.2


@pytest.mark.timeout(600)
def test_real_people_of_mot17_are_lost_by_detector_and_tracker_at_jpeg_5(tmp_path: Path) -> None:
    """The dataset's own tasks: YOLOv5n at 1280 pixels and ByteTrack, on the four frames of MOT17-02 at hand."""
    real("weights/yolov5n.pt"), real("datasets/MOT17/train")
    rows = points_of(Experiment("mot17", ("jpeg@5,90",), tmp_path, metrics=("psnr",), device="cpu", limit=1))
    assert rows[None]["items"] == 1 and rows[None]["tracking_reference"] == "labels"
    assert rows[90.0]["detection_mAP"] - rows[5.0]["detection_mAP"] > 0.05
    assert rows[90.0]["tracking_HOTA"] - rows[5.0]["tracking_HOTA"] > 0.1
    assert rows[None]["tracking_HOTA"] == rows[None]["tracking_HOTA_MOT17-02-FRCNN"] > 0.2
