"""COCO's results against COCO's instances: the numbers of pycocotools, and what is refused."""

from __future__ import annotations

import contextlib
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ahc_stream import tasks
from ahc_stream.core.errors import AhcStreamError, InvalidValue, MediaError, MissingData
from ahc_stream.core.labels import BOXES, KEY
from ahc_stream.submissions import ScoredFiles, score_detection
from ahc_stream.tasks.detection.score import DETECTIONS
from tests.conftest import real

CATEGORIES = {7: "dog", 3: "cat", 12: "cat"}
"""Two of one name, as Roboflow writes them: pycocotools goes by ids."""
OF_PYCOCOTOOLS = {"mAP": 0, "AP50": 1, "AP75": 2, "mAP_small": 3, "mAP_medium": 4, "mAP_large": 5, "ar100": 8}
"""Score -> its place in COCOeval.stats."""

QUARTERS = st.integers(0, 800).map(lambda quarters: quarters / 4)
"""Coordinates with which sums and differences are exact, so that no last bit decides whether an overlap is enough."""
SIDES = st.sampled_from([3.0, 16.0, 31.75, 32.0, 40.5, 96.0, 120.0])
SHIFTS = st.sampled_from([0.0, 0.25, -2.0, 5.0, 16.0])
SCORES = st.sampled_from([0.0, 0.25, 0.5, 0.5, 0.75, 1.0, -3.5])


@st.composite
def problems(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Instances and results: images in any order of ids, crowds, boxes near labels and anywhere, many of one score,
    some there twice, some of a category that nobody lists."""
    images = draw(st.lists(st.integers(1, 120), min_size=1, max_size=5, unique=True))
    labels = [
        {
            "image_id": draw(st.sampled_from(images)),
            "category_id": draw(st.sampled_from(list(CATEGORIES))),
            "bbox": [draw(QUARTERS), draw(QUARTERS), draw(SIDES), draw(SIDES)],
            "iscrowd": int(draw(st.integers(0, 4)) == 0),
            "share": draw(st.sampled_from([0.25, 0.5, 1.0])),
        }
        for _ in range(draw(st.integers(1, 8)))
    ]
    results = []
    for label in draw(st.lists(st.sampled_from(labels), max_size=10)):
        x, y, width, height = label["bbox"]
        box = [x + draw(SHIFTS), y + draw(SHIFTS), width, height]
        results.append({**label, "bbox": box, "score": draw(SCORES)})
    for _ in range(draw(st.integers(1, 6))):
        box = [draw(QUARTERS), draw(QUARTERS), draw(SIDES), draw(SIDES)]
        category = draw(st.sampled_from([*CATEGORIES, 99]))
        image = draw(st.sampled_from(images))
        results.append({"image_id": image, "category_id": category, "bbox": box, "score": draw(SCORES)})
    results += draw(st.lists(st.sampled_from(results), max_size=2))
    results = [{name: row[name] for name in ("image_id", "category_id", "bbox", "score")} for row in results]
    return instances(images, labels), results


def instances(images: list[int], labels: list[dict[str, Any]]) -> dict[str, Any]:
    annotations = [
        {**label, "id": number, "area": label.get("share", 1) * label["bbox"][2] * label["bbox"][3]}
        for number, label in enumerate(labels, start=1)
    ]
    return {
        "images": [{"id": image, "file_name": f"{image}.jpg"} for image in images],
        "categories": [{"id": number, "name": name} for number, name in CATEGORIES.items()],
        "annotations": annotations,
    }


def files(folder: Path, truth: Any, results: Any) -> tuple[Path, Path]:
    paths = folder / "results.json", folder / "instances.json"
    for path, content in zip(paths, (results, truth), strict=True):
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return paths


def scored(folder: Path, truth: Any, results: Any) -> ScoredFiles:
    return score_detection(*files(folder, truth, results))


def by_pycocotools(predictions: Path, truth: Path) -> tuple[list[float], dict[int, float]]:
    """COCOeval.stats, and the average precision of each category; -1 where there is nothing to find."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO(str(truth))
        evaluation = COCOeval(known, known.loadRes(str(predictions)), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"][:, :, :, 0, 2]
    return evaluation.stats.tolist(), {
        category: float(precision[:, :, place].mean()) for place, category in enumerate(evaluation.params.catIds)
    }


def assert_equal(ours: ScoredFiles, predictions: Path, truth: Path) -> None:
    stats, of_categories = by_pycocotools(predictions, truth)
    for name, place in OF_PYCOCOTOOLS.items():
        expected = math.nan if stats[place] == -1 else stats[place]
        assert ours.scores[name] == pytest.approx(expected, abs=1e-9, nan_ok=True), name
    theirs = sorted(value for value in of_categories.values() if value != -1)
    own = sorted(value for name, value in ours.scores.items() if name.startswith("ap_"))
    assert own == pytest.approx(theirs, abs=1e-9)


@settings(deadline=None, max_examples=150)
@given(problem=problems())
def test_the_numbers_are_those_of_pycocotools(tmp_path_factory: pytest.TempPathFactory, problem) -> None:
    truth, results = problem
    assume(any(row["category_id"] in CATEGORIES for row in results))
    assume(any(not row["iscrowd"] for row in truth["annotations"]))
    paths = files(tmp_path_factory.mktemp("files"), truth, results)
    assert_equal(score_detection(*paths), *paths)


def test_the_numbers_of_real_labels_are_those_of_pycocotools(tmp_path: Path) -> None:
    truth = real("datasets/coco") / "annotations/instances_val2017.json"
    draw = np.random.default_rng(2)
    results = [
        {
            "image_id": row["image_id"],
            "category_id": row["category_id"],
            "bbox": [max(0.0, round(float(value + draw.normal(0, 3)), 2)) for value in row["bbox"]],
            "score": round(float(draw.random()), 1),
        }
        for row in json.loads(truth.read_text())["annotations"] * 2
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results))
    assert_equal(score_detection(path, truth), path, truth)


def test_files_are_scored_as_the_tables_of_a_run_are(tmp_path: Path) -> None:
    """A run's own predictions, written out as another program would, and read again."""
    draw = np.random.default_rng(5)
    boxes = [
        {
            "item": str(draw.integers(1, 4)),
            "class_name": str(draw.choice(["dog", "bus"])),
            "score": float(draw.random()),
        }
        | dict(zip(("x1", "y1"), draw.integers(0, 90, 2).tolist(), strict=True))
        for _ in range(60)
    ]
    boxes = [row | {"x2": row["x1"] + 40, "y2": row["y1"] + 30, "dataset": "d", "frame": 0} for row in boxes]
    labels = [
        row | {"track_id": -1, "area": 1200.0, "ignore": number % 5 == 0} for number, row in enumerate(boxes[::3])
    ]
    frames = pa.Table.from_pylist(
        [{"dataset": "d", "item": str(item), "frame": 0} for item in (1, 2, 3)], pa.schema(KEY)
    )
    predictions = pa.Table.from_pylist([row | {"class_id": 0} for row in boxes], pa.schema([*KEY, *DETECTIONS]))
    expected = tasks.score(tasks.parse("detection"), predictions, pa.Table.from_pylist(labels, BOXES), frames)

    def row_of(row: dict[str, Any]) -> dict[str, Any]:
        box = [row["x1"], row["y1"], 40, 30]
        return {"image_id": int(row["item"]), "category_id": ["dog", "bus"].index(row["class_name"]), "bbox": box}

    truth = {
        "images": [{"id": item, "file_name": f"{item}.jpg"} for item in (1, 2, 3)],
        "categories": [{"id": 0, "name": "dog"}, {"id": 1, "name": "bus"}],
        "annotations": [row_of(row) | {"iscrowd": int(row["ignore"])} for row in labels],
    }
    got = scored(tmp_path, truth, [row_of(row) | {"score": row["score"]} for row in boxes])
    assert got.scores == pytest.approx(expected, nan_ok=True)
    assert got.facts == {"images": 3, "labels": len(labels), "boxes": 60}


DOG = {"image_id": 1, "category_id": 7, "bbox": [10, 10, 40, 40]}
TRUTH = instances([1, 2], [DOG | {"iscrowd": 0}])


def test_what_is_left_out_and_what_is_missed_is_said(tmp_path: Path) -> None:
    results = [DOG | {"score": 0.9}, DOG | {"score": 0.9}, DOG | {"category_id": 99, "score": 1}]
    got = scored(tmp_path, TRUTH, results)
    assert got.scores["mAP"] == 1
    said = "; ".join(got.notes)
    assert "1 box of categories that the truth does not list left out: 99" in said
    assert "1 box there again in the same numbers" in said
    assert "1 of 2 images without a found box: their labels count as missed" in said


def test_nothing_found_is_zero_and_nothing_to_find_is_an_error(tmp_path: Path) -> None:
    assert scored(tmp_path, TRUTH, []).scores["mAP"] == 0
    with pytest.raises(MissingData, match="labels to find"):
        scored(tmp_path, instances([1], [DOG | {"iscrowd": 1}]), [DOG | {"score": 1}])


def test_an_image_that_the_truth_does_not_list_is_refused_as_by_pycocotools(tmp_path: Path) -> None:
    paths = files(
        tmp_path, TRUTH, [DOG | {"score": 1}, *(DOG | {"image_id": n, "score": 1} for n in range(30, 20, -1))]
    )
    with pytest.raises(MediaError, match=r"10 other ids in .*results\.json: 21, 22, 23, 24, 25 and 5 more"):
        score_detection(*paths)
    with pytest.raises(AssertionError):
        by_pycocotools(*paths)


def test_categories_of_another_numbering_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match=r"one of 7, 3, 12.*got 0, 2"):
        scored(tmp_path, TRUTH, [DOG | {"category_id": n, "score": 1} for n in (2, 0)])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"score": math.nan}, r"a score from -1e\+09 to 1e\+09 as score in results\[1\] of .*; got nan"),
        ({"score": math.inf}, r"results\[1\]"),
        ({"score": None}, r"results\[1\].*got none|results\[1\].*got None"),
        ({"score": "0.5"}, r"a number as score in results\[1\]"),
        ({"bbox": [1, 2, -3, 4]}, r"a side in pixels.*bbox\[2\] in results\[1\] of .*got -3"),
        ({"bbox": [1, 2, 3]}, r"4 numbers as bbox in results\[1\]"),
        ({"bbox": [1, 2, 3, math.nan]}, r"bbox\[3\] in results\[1\]"),
        ({"bbox": None}, r"4 numbers as bbox in results\[1\]"),
        ({"image_id": True}, r"image_id in results\[1\]"),
        ({"category_id": 1.5}, r"category_id in results\[1\]"),
    ],
    ids=str,
)
def test_an_odd_record_is_named(tmp_path: Path, fields: dict[str, Any], says: str) -> None:
    with pytest.raises(MediaError, match=says):
        scored(tmp_path, TRUTH, [DOG | {"score": 1}, DOG | {"score": 1} | fields])


@pytest.mark.parametrize("content", ["", "{", "{}", "7", "[1]", "\x00", "[" * 5000])
def test_a_file_that_is_no_list_of_results_is_one_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(MediaError, match=r"results"):
        scored(tmp_path, TRUTH, content)


def test_marks_and_ids_as_texts_are_read(tmp_path: Path) -> None:
    paths = files(tmp_path, TRUTH, [DOG | {"image_id": "1", "category_id": 7.0, "score": 1}])
    paths[0].write_bytes(b"\xef\xbb\xbf" + paths[0].read_bytes().replace(b", ", b",\r\n"))
    assert score_detection(*paths).scores["mAP"] == 1


def test_a_split_of_one_file_and_missing_files_are_refused(tmp_path: Path) -> None:
    paths = files(tmp_path, TRUTH, [])
    with pytest.raises(InvalidValue, match="--split"):
        score_detection(*paths, split="val")
    for wrong in ((tmp_path / "none", paths[1]), (paths[0], tmp_path / "none")):
        with pytest.raises(MissingData, match="none"):
            score_detection(*wrong)
    with pytest.raises(AhcStreamError):
        score_detection(paths[0], tmp_path)
