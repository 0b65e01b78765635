"""No task's rows depend, in any bit, on how a stream is cut into clips, nor on the memory layout of its frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from safetensors.torch import save_file

from ahc_stream import tasks
from ahc_stream.core.clip import Clip
from ahc_stream.core.protocols import AnyTask
from ahc_stream.core.threads import torch_threads
from ahc_stream.tasks.networks.architectures import picture_network
from tests.conftest import real
from tests.cuts import Cut, cuts, rows_of, slices
from tests.pictures import picture
from tests.tasks.conftest import as_clip
from tests.tasks.edges.test_hed import made_state
from tests.tasks.networks.keras import stored
from tests.tasks.ocr.ppocr import page, reader
from tests.tasks.semantic.test_semantic import seeded as seeded_network
from tests.tasks.video.test_video import noise_clip, state_of

FRAMES = 5
drawn = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def make(text: str) -> AnyTask:
    return tasks.make(tasks.parse(text), torch.device("cpu"))


def hed(folder: Path) -> AnyTask:
    torch.save(made_state(), folder / "hed.pth")
    return make(f"edges:model={folder / 'hed.pth'}")


def canny(folder: Path) -> AnyTask:
    return make("edges:detector=canny")


def classifier(folder: Path) -> AnyTask:
    torch.manual_seed(0)
    told = {"architecture": "mobilenet_v2", "classes": "a\nb\nc\nd", "size": "64", "normalise": "signed"}
    save_file(picture_network("mobilenet_v2", 4).state_dict(), folder / "own.safetensors", told)
    return make(f"classification:model={folder / 'own.safetensors'}")


def keras(folder: Path) -> AnyTask:
    golden = stored.read("keras2-nested")
    (folder / "classes.txt").write_text("".join(f"{n}\n" for n in range(len(golden["output"][0]))))
    path = stored.write(folder / "made.h5", golden)
    return make(f"classification:model={path}:classes={folder / 'classes.txt'}:normalise=unit")


def semantic(folder: Path) -> AnyTask:
    seeded_network("lraspp_mobilenet_v3_large", folder / "own.pth")
    return make(f"semantic:model={folder / 'own.pth'}:size=64")


def ocr(folder: Path) -> AnyTask:
    return reader(":limit=96")


SMALL = {"hed": hed, "canny": canny, "classifier": classifier, "keras": keras, "semantic": semantic, "ocr": ocr}


@pytest.fixture(scope="module", params=SMALL)
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[AnyTask, Clip, list]:
    """A task, a stream that it has something to say of, and what it says of the frames as one clip."""
    task = SMALL[request.param](tmp_path_factory.mktemp("weights"))
    if request.param == "ocr":
        pages = [page({(4, 30): f"AB {n}42", (50 + n, 60): "1859"}, 71, 160, 0.8) for n in range(FRAMES)]
        clip = as_clip(pages)
    else:
        clip = as_clip([picture(61, 75, number) for number in range(FRAMES)])
    with torch_threads(1):  # as the tests do, which this fixture outlives
        rows = rows_of(task, clip)
    assert any(rows)
    return task, clip, rows


@drawn
@given(cut=cuts(FRAMES))
def test_rows_do_not_depend_on_the_cut(cut: Cut, small: tuple[AnyTask, Clip, list]) -> None:
    task, clip, expected = small
    assert same(rows_of(task, clip, cut), expected)


def test_rows_do_not_depend_on_the_layout(small: tuple[AnyTask, Clip, list]) -> None:
    task, clip, expected = small
    channels_last = clip.frames.to(memory_format=torch.channels_last)
    assert same(rows_of(task, clip.with_frames(channels_last)), expected)
    assert same(rows_of(task, clip.with_frames(channels_last), slices([0, 1, 3, FRAMES])), expected)


def same(rows: list, expected: list) -> bool:
    """Equality, bit for bit; arrays among the values compare as lists."""
    return plain(rows) == plain(expected)


def plain(rows: list) -> list:
    return [[{name: listed(value) for name, value in row.items()} for row in frame] for frame in rows]


def listed(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else value


def test_boxes_of_a_seeded_detector_do_not_depend_on_the_cut(
    seeded: Callable[..., Path], photos: dict[str, np.ndarray]
) -> None:
    task = make(f"detection:model={seeded('yolo11n')}:size=320:score=0.05")
    assert_no_cut_matters(task, shifted(photos["bus"][:400, :600]))


@pytest.mark.parametrize(
    ("task", "yaml"), [("segmentation", "yolo11n-seg"), ("pose", "yolo11n-pose"), ("obb", "yolo11n-obb")]
)
def test_masks_keypoints_and_oriented_boxes_of_a_seeded_model_do_not_depend_on_the_cut(
    task: str, yaml: str, seeded: Callable[..., Path], photos: dict[str, np.ndarray]
) -> None:
    made = make(f"{task}:model={seeded(yaml)}:size=160:score=0.05:max_det=30")
    assert_no_cut_matters(made, shifted(photos["bus"][:200, :300]))


def test_boxes_of_the_real_yolov5n_do_not_depend_on_the_cut(photos: dict[str, np.ndarray]) -> None:
    task = make(f"detection:model={real('weights/yolov5n.pt')}")
    assert_no_cut_matters(task, shifted(photos["bus"][:640, :640]))


def shifted(photo: np.ndarray) -> Clip:
    return as_clip([np.roll(photo, 16 * number, 1) for number in range(FRAMES)])


def assert_no_cut_matters(task: AnyTask, clip: Clip) -> None:
    expected = rows_of(task, clip)
    assert any(expected)

    @settings(max_examples=5, deadline=None)
    @given(cut=cuts(len(clip)))
    def holds(cut: Cut) -> None:
        assert rows_of(task, clip, cut) == expected

    holds()


WINDOWS = {
    "window=3:step=2:stride=3": [0, 3, 6],
    "window=2:step=1:stride=7": [0, 7],
    "window=4:step=1": [0, 4, 8],
    "window=16:step=1": [0],  # the stream is shorter
}
"""Options of windows -> where in 13 frames they begin."""


@pytest.mark.parametrize("windows", WINDOWS)
@pytest.mark.parametrize("name", ["mc3_18", "efficientnet_b0"])
def test_classes_of_a_video_do_not_depend_on_the_cut(name: str, windows: str, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("a\nb\nc\n")
    weights = state_of(name, 3, tmp_path / "own.pth")
    task = make(f"video:model={weights}:arch={name}:classes={tmp_path / 'names.txt'}:size=32:crop=32:{windows}")
    clip = noise_clip(13, first=5)
    assert [number for number, rows in enumerate(rows_of(task, clip)) if rows] == WINDOWS[windows]
    assert_no_cut_matters(task, clip)
