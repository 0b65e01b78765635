"""Reading made pages: what RapidOCR reads, whatever the frames stand beside, in and around."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from rapidocr_onnxruntime import RapidOCR

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.tasks.ocr.detect import Canvas
from ahc_stream.tasks.ocr.score import CORNERS
from tests.tasks.conftest import as_clip
from tests.tasks.ocr.ppocr import model, page, reader, turned

AS_RAPIDOCR = ":border=0:charset=all:limit=352"
PLATE = {(60, 60): "OREGON", (20, 170): "ABC 123", (40, 228): "1859-2009"}


@pytest.fixture(scope="module")
def oracle() -> RapidOCR:
    """One crop at a time: a crop's padding, and so a letter now and then, depends on what is in its batch."""
    return RapidOCR(intra_op_num_threads=1, rec_batch_num=1, det_limit_side_len=352)


def oracles_lines(oracle: RapidOCR, image: np.ndarray) -> list[tuple[str, float, list[float]]]:
    found, _ = oracle(image[:, :, ::-1].copy(), use_cls=False)
    return sorted((text, score, np.array(box).flatten().tolist()) for box, text, score in found or [])


def our_lines(rows: Sequence[Any]) -> list[tuple[str, float, list[float]]]:
    return sorted((row["text"], row["score"], [row[name] for name in CORNERS]) for row in rows)


def texts(rows: Sequence[Any]) -> list[str]:
    return [row["text"] for row in rows]


@pytest.mark.parametrize(
    "image",
    [
        page(PLATE),
        turned(page(PLATE, 300, 460), 9.0),
        page({(10, 40): "a line of text that is far longer than others"}, 61, 640, 0.8),
        page({(5, 22): "TINY 12"}, 30, 90, 0.6),  # low: between bars
        page({(10, 35): "WIDE"}, 44, 420, 1.0),  # a strip of more than 8 : 1
    ],
    ids=["plate", "turned", "long", "low", "strip"],
)
def test_lines_are_those_of_rapidocr(oracle, image):
    expected, found = oracles_lines(oracle, image), our_lines(reader(AS_RAPIDOCR).predict(as_clip([image]))[0])
    assert expected and [line[0] for line in found] == [line[0] for line in expected]
    np.testing.assert_allclose([line[2] for line in found], [line[2] for line in expected])
    np.testing.assert_allclose([line[1] for line in found], [line[1] for line in expected], atol=1e-4)


def test_a_frame_reads_the_same_alone_and_among_others():
    pages = [page(PLATE), page({(30, 150): "XYZ 987"}), page({}), turned(page(PLATE), 4.0)]
    together = reader().predict(as_clip(pages))
    alone = [reader().predict(as_clip([each]))[0] for each in pages]
    assert [texts(rows) for rows in together] == [texts(rows) for rows in alone]
    assert texts(together[0]) == ["OREGON", "ABC123", "18592009"] and not together[2]
    for rows, same in zip(together, alone, strict=True):
        np.testing.assert_allclose(*([[r[name] for name in CORNERS] for r in each] for each in (rows, same)))


@pytest.mark.parametrize("fill", ["grey", "edge"])
def test_corners_are_in_the_frame_whatever_the_border(fill):
    image = page({(30, 140): "ABC 123"})
    boxes = [
        np.array([rows[0][name] for name in CORNERS])
        for rows in (reader(f":border={border}:fill={fill}").predict(as_clip([image]))[0] for border in (0, 0.25, 0.5))
    ]
    assert np.abs(boxes[1] - boxes[0]).max() < 8 and np.abs(boxes[2] - boxes[0]).max() < 8
    assert all((box >= 0).all() and (box[0::2] <= 400).all() and (box[1::2] <= 240).all() for box in boxes)


def test_without_detection_the_frame_is_one_line():
    (row,) = reader(":detect=no").predict(as_clip([page({(10, 45): "ABC 123"}, 64, 200)]))[0]
    assert row["text"] == "ABC123" and [row[name] for name in CORNERS] == [0, 0, 200, 0, 200, 64, 0, 64]


def test_a_charset_leaves_out_what_it_does_not_hold():
    image = page({(10, 45): "ab-12?"}, 64, 220)
    (free,) = reader(":detect=no:charset=all").predict(as_clip([image]))[0]
    (plate,) = reader(":detect=no:charset=plate:score=0").predict(as_clip([image]))[0]
    assert free["text"].strip() == "ab-12?" and set(plate["text"]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    assert "12" in plate["text"]


def test_lines_below_the_score_are_left_out():
    image = page(PLATE)
    assert not reader(":score=1").predict(as_clip([image]))[0]
    assert len(reader(":score=0").predict(as_clip([image]))[0]) == 3


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (300, 7), (33, 45)])
def test_frames_of_odd_sizes_are_read_too(size):
    assert reader().predict(as_clip([np.full((*size, 3), 200, np.uint8)])) == [[]]


def test_a_large_frame_is_detected_in_at_a_bounded_size():
    canvas = Canvas.fit(3000, 4000, 0.0, 320)
    assert (canvas.input_height, canvas.input_width) == (1504, 1984)  # 1500 x 2000, in multiples of 32
    assert Canvas.fit(100, 200, 0.25, 320).input_height == 320
    assert Canvas.fit(3000, 10, 0.0, 320).input_height <= 2560


def test_weights_are_a_model_or_two_names_or_two_files():
    assert tasks.weights_needed(tasks.parse("ocr")) == ("ppocr-v3-det", "ppocr-v3-rec")
    assert tasks.weights_needed(tasks.parse("ocr:model=ppocr-v6")) == ("ppocr-v6-det", "ppocr-v6-rec")
    assert tasks.weights_needed(tasks.parse("ocr:rec=ppocr-v4-rec")) == ("ppocr-v3-det", "ppocr-v4-rec")
    assert tasks.weights_needed(tasks.parse("ocr:det=/a/d.onnx")) == ("ppocr-v3-rec",)
    spec = tasks.parse("ocr:model=ppocr-v4")
    assert tasks.parse(str(spec)) == spec


def test_a_file_that_is_not_there_and_one_without_characters_are_errors(tmp_path):
    with pytest.raises(MissingData, match="no file"):
        tasks.make(tasks.parse(f"ocr:det={tmp_path}/none.onnx:rec={model('rec')}"), torch.device("cpu"))
    with pytest.raises(InvalidValue, match="no metadata `character`"):
        tasks.make(tasks.parse(f"ocr:det={model('det')}:rec={model('det')}"), torch.device("cpu"))
