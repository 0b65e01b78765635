"""The task: one map per frame, what its rows say, what weights it needs, and what compression does to its scores."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import torch

from ahc_stream import codecs, tasks
from ahc_stream.core.errors import MissingData
from ahc_stream.core.labels import KEY
from ahc_stream.datasets.bsds500 import open_split
from ahc_stream.sources.images import read_image
from ahc_stream.tasks.edges import canny
from ahc_stream.tasks.edges import maps as edge_maps
from tests.conftest import real
from tests.pictures import picture
from tests.tasks.conftest import as_clip
from tests.tasks.edges.test_hed import made_state

CPU = torch.device("cpu")


def test_canny_gives_a_soft_map_or_its_edges() -> None:
    clip = as_clip([picture(48, 64, 1), picture(48, 64, 2)])
    soft = tasks.make(tasks.parse("edges:detector=canny"), CPU).predict(clip)
    assert [len(rows) for rows in soft] == [1, 1] and not soft[0][0]["suppress"]
    maps = [edge_maps.decode(rows[0]["edges"], "x") for rows in soft]
    assert maps[0].shape == (48, 64) and len(np.unique(maps[0])) > 20 and not np.array_equal(*maps)
    hard = tasks.make(tasks.parse("edges:detector=canny:sigma=0:low=0.5:high=200"), CPU).predict(clip)
    ridge = canny.ridges(clip.frames.flip(1).float())
    expected = canny.edges_between(ridge, 100.0, 200.0)
    for rows, each in zip(hard, expected, strict=True):
        assert np.array_equal(edge_maps.decode(rows[0]["edges"], "x"), each.numpy())


def test_hed_gives_a_map_to_suppress(tmp_path) -> None:
    torch.save(made_state(), tmp_path / "hed.pth")
    task = tasks.make(tasks.parse(f"edges:model={tmp_path / 'hed.pth'}"), CPU)
    clip = as_clip([picture(33, 47, 1)])
    (row,) = task.predict(clip)[0]
    assert row["suppress"]
    with torch.inference_mode():
        expected = task.detect(clip.frames)[0].numpy()
    assert np.abs(edge_maps.decode(row["edges"], "x") - expected).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 40), (40, 1), (15, 47), (2, 3)])
@pytest.mark.parametrize("detector", ["hed", "canny"])
def test_a_frame_however_small_has_a_map_and_a_score(height: int, width: int, detector: str, tmp_path) -> None:
    """HED halves each side four times: a smaller frame is the corner of one that its border pixels continue."""
    torch.save(made_state(), tmp_path / "hed.pth")
    spec = tasks.parse(f"edges:detector={detector}:nms=on" + f":model={tmp_path / 'hed.pth'}" * (detector == "hed"))
    task = tasks.make(spec, CPU)
    clip = as_clip([picture(height, width, 1)])
    (row,) = task.predict(clip)[0]
    assert edge_maps.decode(row["edges"], "x").shape == (height, width)
    if detector == "hed":
        whole = np.pad(picture(height, width, 1), ((0, max(16 - height, 0)), (0, max(16 - width, 0)), (0, 0)), "edge")
        with torch.inference_mode():
            expected = task.detect(as_clip([whole]).frames)[:, :height, :width]
            assert torch.equal(task.detect(clip.frames), expected)
    key = {"dataset": "d", "item": "x", "frame": 0}
    predictions = pa.Table.from_pylist([key | row], schema=pa.schema([*KEY, *task.schema]))
    frames = pa.Table.from_pylist(
        [key | {"height": height, "width": width}],
        schema=pa.schema([*KEY, ("height", pa.int32()), ("width", pa.int32())]),
    )
    assert "ODS" in tasks.score(spec, predictions, tasks.as_labels(spec, predictions), frames)


def test_suppression_may_be_chosen() -> None:
    clip = as_clip([picture(20, 20, 1)])
    for choice, suppressed in (("on", True), ("off", False), ("auto", False)):
        task = tasks.make(tasks.parse(f"edges:detector=canny:nms={choice}"), CPU)
        assert task.predict(clip)[0][0]["suppress"] is suppressed


def test_only_hed_needs_weights(tmp_path) -> None:
    assert tasks.weights_needed(tasks.parse("edges")) == ("hed-bsds500",)
    assert tasks.weights_needed(tasks.parse("edges:detector=canny")) == ()
    with pytest.raises(MissingData, match="no file"):
        tasks.make(tasks.parse(f"edges:model={tmp_path / 'none.pth'}"), CPU)


def test_coarse_jpeg_costs_edges_and_fine_jpeg_does_not() -> None:
    """Canny on three test images of BSDS500: at quality 5 the blocks' borders are edges too. ODS falls by 0.015 at
    least (0.026 where this was written); at quality 90 it moves by less than 0.01."""
    items, labels = open_split(real("datasets/BSDS500"), "bsds500")
    names, paths = items[0].names[:3], items[0].paths[:3]
    task = tasks.make(tasks.parse("edges:detector=canny"), CPU)
    ods = {}
    for point in ("identity", "jpeg@90", "jpeg@5"):
        codec = codecs.make(codecs.parse(point)[0], CPU)
        predictions, frames = [], []
        for name, path in zip(names, paths, strict=True):
            clip = as_clip([read_image(path)])
            key = {"dataset": "bsds500", "item": name, "frame": 0}
            frames.append({**key, "height": clip.height, "width": clip.width})
            decoded = clip.with_frames(codec.decode(codec.encode(clip)))
            predictions += [{**key, **row} for row in task.predict(decoded)[0]]
        tables = (
            pa.Table.from_pylist(predictions, schema=pa.schema([*KEY, *task.schema])),
            labels["edges"],
            pa.Table.from_pylist(frames, schema=pa.schema([*KEY, ("height", pa.int32()), ("width", pa.int32())])),
        )
        ods[point] = tasks.score(tasks.parse("edges:detector=canny:thresholds=25"), *tables)["ODS"]
    assert ods["jpeg@5"] < ods["identity"] - 0.015, ods
    assert abs(ods["jpeg@90"] - ods["identity"]) < 0.01, ods
