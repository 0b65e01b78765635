"""Tasks as text, and the table behind them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue, UnknownName


def test_a_bare_name_gets_every_default():
    spec = tasks.parse("detection")
    assert dict(spec.options) == {name: option.default for name, option in tasks.TASKS["detection"].options.items()}


@pytest.mark.parametrize(
    "text",
    [
        "detection",
        "detection:model=yolov5s:size=1280:score=0.25",
        "detection:model=/a:b/c.pt:size=320",
        "detection:labels=best:iou=0.45",
    ],
)
def test_the_text_of_a_task_reads_back_as_the_same_task(text):
    assert tasks.parse(str(tasks.parse(text))) == tasks.parse(text)


def test_a_value_has_one_spelling():
    assert tasks.parse("detection:score=0.250:size=640.0") == tasks.parse("detection:size=640:score=.25")


def test_every_default_is_a_value_that_its_option_takes():
    for task, entry in tasks.TASKS.items():
        for name, option in entry.options.items():
            assert option.check(task, name, option.default) == option.default


def test_weights_are_needed_by_name_and_not_by_path():
    assert tasks.weights_needed(tasks.parse("detection:model=yolo11n")) == ("yolo11n",)
    assert tasks.weights_needed(tasks.parse("detection:model=/my/own.pt")) == ()


def test_an_unknown_task_names_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'detection'"):
        tasks.parse("detektion")
    with pytest.raises(UnknownName):
        tasks.score(tasks.TaskSpec("nothing", ()), None, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "detection:colour=red",
        "detection:size=large",
        "detection:size=31",
        "detection:size=640.5",
        "detection:score=1.5",
        "detection:score=nan",
        "detection:labels=some",
        "detection:size=",
        "detection:size",
        "detection:=1",
        "detection:size=640:size=320",
    ],
)
def test_an_option_that_the_task_does_not_take_is_refused(text):
    with pytest.raises(InvalidValue):
        tasks.parse(text)


def test_importing_the_table_imports_no_model_library():
    heavy = "{'torchvision', 'ultralytics', 'numba', 'trackeval', 'cv2'}"
    code = f"import sys, ahc_stream.tasks; assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
