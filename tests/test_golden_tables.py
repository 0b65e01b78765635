"""No row of any table changes unnoticed: small runs with every task come to what they came to before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ahc_stream.core.errors import MissingData
from tests.conftest import real
from tests.golden_tables import GOLDEN, RUNS, summaries

NEEDS = {
    "kodak": ["datasets/kodak"],
    "mot17": ["datasets/MOT17", "weights/yolov5n.pt"],
    "coco": ["datasets/coco", "weights/yolov5n.pt"],
    "bsds500": ["datasets/BSDS500", "weights/hed_bsds500.weights.h5"],
    "imagenet-sample": ["datasets/imagenet-sample", "weights/mobilenet_v2-b0353104.pth"],
    "us-plates": ["datasets/us-license-plates", "weights/ppocr-v3-det.onnx", "weights/ppocr-v3-rec.onnx"],
    "ucf101": ["datasets/UCF-101", "weights/i3d-kinetics-400.ckpt"],
}
EXACT = {"frame", "frames", "height", "width"}
PREDICTED = 0.02
"""Another processor sums a network's products in another order: boxes at the edge of a threshold come and go."""
MEASURED = 1e-3
"""Rates too: a reconstruction of a learned codec may differ by a grey level here and there between processors, and no
encoder promises that its vector code rounds alike on all of them. On one machine, tables were equal to the last bit."""


@pytest.mark.parametrize("dataset", RUNS)
def test_tables_are_what_they_were(dataset: str, tmp_path: Path) -> None:
    for path in NEEDS[dataset]:
        real(path)
    try:
        tables = summaries(dataset, tmp_path / "run")
    except MissingData as error:
        pytest.skip(str(error))  # the data of this dataset is under no root
    golden = json.loads(GOLDEN.read_text())[dataset]
    added = tables.keys() - golden.keys()  # labels that a dataset has for tasks which came later
    assert golden.keys() <= tables.keys() and all(name.startswith("labels_") for name in added), added
    for name, columns in golden.items():
        assert tables[name].keys() == columns.keys(), name
        share = PREDICTED if name.startswith("predictions_") else MEASURED
        for column, before in columns.items():
            now = tables[name][column]
            assert now["rows"] == pytest.approx(before["rows"], rel=share if share == PREDICTED else 0), (name, column)
            if before.get("mean") is not None:
                tolerance = 0 if column in EXACT else share
                assert now["mean"] == pytest.approx(before["mean"], rel=tolerance, abs=tolerance), (name, column)
