"""Real weights on real frames by each runtime, held to torch: how far numbers move, stated once for each task."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ahc_stream import running, runs, sources, tasks
from ahc_stream.core.clip import Clip, FrameKey, Item
from ahc_stream.core.errors import StorageError
from ahc_stream.core.protocols import AnyTask
from ahc_stream.experiment import Experiment
from ahc_stream.tasks.edges import maps
from tests.conftest import real
from tests.cuts import rows_of

CPU = torch.device("cpu")
RUNTIMES = ["onnxruntime", "openvino"]


def task_of(text: str, backend: str) -> AnyTask:
    return tasks.make(tasks.parse(f"{text}:backend={backend}"), CPU)


def stills(folder: str, count: int) -> list[Clip]:
    paths = sorted(real(folder).glob("*.jpg"))[:count]
    frames = [torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1) for path in paths]
    keys = [FrameKey("real", path.name, 0) for path in paths]
    return [
        Clip(frame[None].contiguous(), (key,), torch.zeros(1, dtype=torch.float64), consecutive=False)
        for frame, key in zip(frames, keys, strict=True)
    ]


@pytest.mark.parametrize("backend", RUNTIMES)
def test_boxes_of_coco_move_by_a_hundredth_of_a_pixel_and_scores_by_1e_5(backend: str) -> None:
    """Of all boxes with a score from 0.01 on, the same ones in the same order."""
    text = f"detection:model={real('weights/yolov5n.pt')}:score=0.01"
    plain, compiled = task_of(text, "torch"), task_of(text, backend)
    for clip in stills("datasets/coco/val2017", 6):
        (expected,), (found,) = plain.predict(clip), compiled.predict(clip)
        assert [row["class_name"] for row in found] == [row["class_name"] for row in expected]
        for name, tolerance in {"x1": 0.01, "y1": 0.01, "x2": 0.01, "y2": 0.01, "score": 1e-5}.items():
            values = [[row[name] for row in rows] for rows in (found, expected)]
            np.testing.assert_allclose(*values, rtol=0, atol=tolerance)


def test_a_runs_manifest_names_the_backend_and_another_one_does_not_continue_it(tmp_path: Path) -> None:
    def run(backend: str) -> None:
        text = f"detection:model={real('weights/yolov5n.pt')}:backend={backend}"
        folder = real("datasets/coco/val2017")
        experiment = Experiment(str(folder), ("identity",), tmp_path, (text,), metrics=(), device="cpu", limit=1)
        for _ in running.run(experiment):
            pass

    run("auto")
    assert ":backend=onnxruntime:" in runs.open(tmp_path).manifest["tasks"][0]
    run("onnxruntime")
    with pytest.raises(StorageError, match="backend=torch"):
        run("torch")


@pytest.mark.parametrize("backend", RUNTIMES)
def test_edges_of_bsds500_are_the_same_but_for_a_step_in_a_thousandth_of_the_pixels(backend: str) -> None:
    text = f"edges:model={real('weights/hed_bsds500.weights.h5')}"
    plain, compiled = task_of(text, "torch"), task_of(text, backend)
    for clip in stills("datasets/BSDS500/data/images/test", 2):
        expected, found = (maps.decode(task.predict(clip)[0][0]["edges"], "map") * 255 for task in (plain, compiled))
        difference = np.abs(expected - found).round()
        assert difference.max() <= 1 and (difference > 0).mean() < 1e-3


@pytest.mark.parametrize("backend", RUNTIMES)
def test_probabilities_of_i3d_move_by_less_than_1e_5(backend: str) -> None:
    text = f"video:model={real('weights/i3d-kinetics-400.ckpt')}:arch=i3d:window=16"
    item = Item("real", "clip", "video", (real("clips/action_demo.mp4"),))
    clip = next(iter(sources.open_item(item, 16, CPU)))
    expected, found = (rows_of(task_of(text, name), clip)[0][0]["probabilities"] for name in ("torch", backend))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_probabilities_of_a_classifier_move_by_less_than_1e_5(backend: str) -> None:
    path = real("weights/mobilenet_v2-b0353104.pth")
    text = f"classification:model={path}:arch=mobilenet_v2:classes=imagenet"
    plain, compiled = task_of(text, "torch"), task_of(text, backend)
    for clip in stills("datasets/coco/val2017", 2):
        (expected,), (found,) = (task.predict(clip)[0] for task in (plain, compiled))
        np.testing.assert_allclose(found["probabilities"], expected["probabilities"], rtol=0, atol=1e-5)
