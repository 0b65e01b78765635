"""I3D with its real weights on real clips: what happens in them, and what compression does to it."""

from __future__ import annotations

import pyarrow as pa
import pytest
import torch

from ahc_stream import codecs, datasets, sources, tasks
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.labels import CLASSES, KEY
from ahc_stream.core.protocols import StreamTask
from tests.conftest import real
from tests.cuts import rows_of

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def i3d() -> StreamTask:
    path = real("weights/i3d-kinetics-400.ckpt")
    return tasks.make(tasks.parse(f"video:model={path}:arch=i3d:window=32"), CPU)


def first_clip(path: str, frames: int) -> Clip:
    """The first frames of a video, one after the other, none left out."""
    item = Item("real", path, "video", (real(path),))
    return next(iter(sources.open_item(item, frames, CPU)))


def coded(clip: Clip, text: str) -> Clip:
    codec = codecs.make(codecs.parse(text)[0], CPU)
    return clip.with_frames(codec.decode(codec.encode(clip)))


def probability(task: StreamTask, clip: Clip, name: str) -> float:
    (row,) = rows_of(task, clip)[0]
    return row["probabilities"][row["classes"].split("\n").index(name)]


def test_coarse_jpeg_hides_tai_chi(i3d: StreamTask) -> None:
    """Known of this clip and these weights, with other sampling: 1.00. Measured here at 90 and 5: 0.99998 and 0.115."""
    clip = first_clip("datasets/ucf101-mini/TaiChi/TaiChi.avi", 32)
    fine, coarse = (probability(i3d, coded(clip, text), "tai chi") for text in ("jpeg@90", "jpeg@5"))
    assert (fine, coarse) == pytest.approx((1.0, 0.115), abs=0.05)
    assert coarse < fine - 0.8


def test_coarse_h264_hides_horse_riding(i3d: StreamTask) -> None:
    """Known of this clip and these weights, with other sampling: 0.97. Measured here at 23 and 51: 0.998 and 0.042. The
    clip begins with a window of half the length, which counts because nothing else of its video does."""
    clip = first_clip("datasets/ucf101-mini/HorseRiding/HorseRiding.avi", 16)
    name = "riding or walking with horse"
    fine, coarse = (probability(i3d, coded(clip, text), name) for text in ("h264@23", "h264@51"))
    assert fine > 0.92 and coarse < 0.2


def test_basketball_of_ucf101_is_found_among_its_classes_by_the_map_of_names() -> None:
    """Zero-shot: I3D has never seen UCF101, and its "shooting basketball" is a part of Basketball."""
    path = real("weights/i3d-kinetics-400.ckpt")
    folder = real("datasets/UCF-101/Basketball").parent
    ask = tasks.parse(f"video:model={path}:arch=i3d:window=16:names=ucf101")
    dataset = datasets.load("ucf101", folder)
    item = next(item for item in dataset.items if item.paths[0].parent.name == "Basketball")
    clip = next(iter(sources.open_item(item, 16, CPU)))
    (row,) = rows_of(tasks.make(ask, CPU), clip)[0]
    assert row["class_name"] == "Basketball" and row["probability"] > 0.9
    rows = pa.Table.from_pylist([{**clip.keys[0]._asdict(), **row}], pa.schema([*KEY, *tasks.schema(ask)]))
    frames = pa.Table.from_pylist([key._asdict() for key in clip.keys], pa.schema(KEY))
    labels = dataset.labels["classification"]
    assert labels.schema == CLASSES
    scores = tasks.score(ask, rows, labels, frames)
    assert (scores["accuracy"], scores["top5"], scores["unknown_labels"]) == (1.0, 1.0, 0.0)
