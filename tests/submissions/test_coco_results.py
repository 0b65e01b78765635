"""Masks and keypoints in COCO's results: scored as pycocotools scores the same files, and what is refused."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.submissions import score_pose, score_segmentation
from tests.tasks.pose import test_pose_score as poses
from tests.tasks.segmentation import test_segmentation_score as masks

ITEMS = "abc"


def written(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def results(truth: dict[str, Any], *names: str) -> list[dict[str, Any]]:
    """The annotations as results: image, category, score and these fields."""
    kept = ("image_id", "category_id", "score", *names)
    return [{name: row[name] for name in kept} for row in truth["annotations"]]


def peer(truth: Path, found: Path, kind: str) -> list[float]:
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO(truth)
        evaluation = COCOeval(known, known.loadRes(str(found)), kind)
        evaluation.evaluate(), evaluation.accumulate(), evaluation.summarize()
    return list(evaluation.stats)


def as_text(annotations: dict[str, Any]) -> dict[str, Any]:
    """Run lengths in JSON: bytes as text, and corners of boxes that COCO's instances have."""
    for row in annotations["annotations"]:
        shape = row["segmentation"]
        row["bbox"] = [1, 2, 3, 4]
        if isinstance(shape, dict):
            row["segmentation"] = {**shape, "counts": shape["counts"].decode()}
    for image in annotations["images"]:
        image["file_name"] = f"{image['id']}.jpg"
    return annotations


@pytest.fixture
def mask_files(tmp_path: Path) -> tuple[Path, Path]:
    predictions, labels = masks.random_tables(ITEMS, 60)
    truth = written(tmp_path / "truth.json", as_text(masks.coco_json(labels, ITEMS)))
    found = results(as_text(masks.coco_json(predictions, ITEMS)), "segmentation")
    return truth, written(tmp_path / "found.json", found)


def test_masks_have_the_scores_of_pycocotools(mask_files: tuple[Path, Path]) -> None:
    truth, found = mask_files
    scored = score_segmentation(found, truth)
    names = ("mAP", "AP50", "AP75", "mAP_small", "mAP_medium", "mAP_large")
    ours = [scored.scores[name] for name in names]
    theirs = [float("nan") if value == -1 else value for value in peer(truth, found, "segm")[:6]]
    assert ours == pytest.approx(theirs, abs=1e-9, nan_ok=True) and 0.03 < ours[0] < 1
    assert scored.facts == {"images": 3, "labels": 60, "masks": 120}


def test_keypoints_have_the_scores_of_pycocotools(tmp_path: Path) -> None:
    predictions, labels = poses.random_tables(ITEMS, 40)
    content = poses.coco_json(labels, ITEMS)
    for image in content["images"]:
        image["file_name"] = f"{image['id']}.jpg"
    truth = written(tmp_path / "people.json", content)
    found = written(tmp_path / "found.json", results(poses.coco_json(predictions, ITEMS), "keypoints"))
    scored = score_pose(found, truth)
    ours = [scored.scores[name] for name in poses.STATS]
    assert ours == pytest.approx(peer(truth, found, "keypoints")[:6], abs=1e-9) and 0.03 < ours[0] < 1
    assert scored.facts == {"images": 3, "labels": 40, "sets of keypoints": 80}


@pytest.mark.parametrize(
    "shape", [None, [[1, 2, 3, 4, 5, 6]], {"size": [4, 3], "counts": [11]}, {"size": [4, 3]}, "255", 4]
)
def test_a_result_without_run_lengths_is_named(mask_files: tuple[Path, Path], shape: object) -> None:
    truth, found = mask_files
    rows = json.loads(found.read_text())
    rows[2]["segmentation"] = shape
    with pytest.raises(MediaError, match=r"size and counts as segmentation in results\[2\]"):
        score_segmentation(written(found, rows), truth)


@pytest.mark.parametrize("points", [None, [], [1, 2], [1, 2, "3"], [1, 2, float("nan")], {"x": 1}])
def test_a_result_without_keypoints_is_named(tmp_path: Path, points: object) -> None:
    _, labels = poses.random_tables(ITEMS, 4)
    content = poses.coco_json(labels, ITEMS)
    for image in content["images"]:
        image["file_name"] = f"{image['id']}.jpg"
    rows = [{"image_id": 1, "category_id": 1, "keypoints": points, "score": 0.5}]
    with pytest.raises(MediaError, match=r"results\[0\]"):
        score_pose(written(tmp_path / "found.json", rows), written(tmp_path / "people.json", content))


def test_polygons_of_a_picture_of_unknown_size_are_refused(mask_files: tuple[Path, Path]) -> None:
    truth, found = mask_files
    content = json.loads(truth.read_text())
    del content["images"][1]["width"]
    with pytest.raises(MissingData, match="none of 1 image"):
        score_segmentation(found, written(truth, content))


def test_a_truth_without_masks_or_keypoints_has_nothing_to_find(mask_files: tuple[Path, Path]) -> None:
    truth, found = mask_files
    content = json.loads(truth.read_text())
    for row in content["annotations"]:
        del row["segmentation"]
    with pytest.raises(MissingData, match="labels to find"):
        score_segmentation(found, written(truth, content))
