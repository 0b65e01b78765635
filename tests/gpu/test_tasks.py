"""Every task on the pretended GPU: no devices mixed, rows of every frame, and how often the host waits for the device.

A clip's rows need at least one wait: they are the host's. What each task needs beyond that is stated with it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ahc_stream import tasks
from ahc_stream.core.clip import Clip
from ahc_stream.core.protocols import AnyTask
from ahc_stream.tasks.table import BUILT_IN, TASKS
from tests.gpu.pretend import CUDA, Gpu
from tests.pictures import picture
from tests.tasks.conftest import as_clip
from tests.tasks.ocr.ppocr import page
from tests.tasks.test_cuts import canny, classifier, hed, keras, ocr, semantic
from tests.tasks.test_frame_sizes import detector, orienter, poser, segmenter

FRAMES = 3

MADE: dict[str, tuple[str, Callable[[Path], AnyTask], int]] = {
    # the clip's probabilities
    "classifier": ("classification", classifier, 1),
    "keras": ("classification", keras, 1),
    # the maps, and one look at whether edges still grow for each round of eight dilations
    "canny": ("edges", canny, 9),
    "hed": ("edges", hed, 1),
    # which boxes count twice, how many of each image, of each image what is suppressed, and the boxes of all
    "detector": ("detection", detector, 4 + FRAMES),
    # the same up to what is suppressed, then of each image its boxes and its masks
    "segmenter": ("segmentation", segmenter, 3 + 3 * FRAMES),
    # as of the detector
    "poser": ("pose", poser, 4 + FRAMES),
    # as of the detector, but of each image a wait for each block of boxes until enough of them stay
    "orienter": ("obb", orienter, 4 + 2 * FRAMES),
    # the maps of classes
    "semantic": ("semantic", semantic, 1),
    # masks and maps of the detector, and the classes of each width of line
    "ocr": ("ocr", ocr, 3),
}
"""By name: the task, how one with small networks is made, and the most waits of a clip that is not the first."""

NOT_RUN = {
    "tracking": "reads detection's boxes, in the report",
    "video": "its smallest network takes seconds a window on a processor; its transform is the classifiers' `Preset`",
}


def test_every_task_of_the_table_is_run_or_says_why_not() -> None:
    assert {task for task, _, _ in MADE.values()} | set(NOT_RUN) == BUILT_IN == set(TASKS)


def clip_for(name: str) -> Clip:
    if name == "ocr":
        return as_clip([page({(4, 30): f"AB {n}42", (50 + n, 60): "1859"}, 71, 160, 0.8) for n in range(FRAMES)])
    return as_clip([picture(61, 75, number) for number in range(FRAMES)])


@pytest.mark.parametrize("name", MADE)
def test_a_task_waits_for_the_device_as_often_as_it_says(
    gpu: Gpu, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    task_name, make, most = MADE[name]
    real_make = tasks.make
    monkeypatch.setattr(tasks, "make", lambda spec, device: real_make(spec, CUDA))
    task, clip = make(tmp_path), clip_for(name)
    assert task.name == task_name
    on_gpu = clip.with_frames(clip.frames.to(CUDA))
    task.predict(on_gpu)  # what is made once
    with gpu.counted() as counts:
        before = gpu.synchronisations
        rows = task.predict(on_gpu)
    assert len(rows) == FRAMES and any(rows)
    assert gpu.synchronisations - before <= most, dict(counts)
