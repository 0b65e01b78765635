"""Rows -> operating points: rates by both rules, means, speeds, scores and their change. All numbers by hand."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from typer.testing import CliRunner

from ahc_stream import tables, tasks
from ahc_stream.cli import app
from ahc_stream.core.errors import InvalidValue, MediaError, StorageError
from ahc_stream.core.failure import Failure
from ahc_stream.core.labels import BOXES
from ahc_stream.line.sink import ParquetSink, write_once
from ahc_stream.report import operating_points, print_report
from ahc_stream.report.rows import split
from ahc_stream.report.scores import scored
from ahc_stream.tasks.detection_score import DETECTIONS

SCHEMAS = {
    "frames": tables.frames_schema(["psnr", "ms_ssim"]),
    "clips": tables.CLIPS,
    "predictions_detection": tables.predictions_schema(DETECTIONS),
}
SPEC = "detection:model=yolov5n:size=640"
BOX = {"x1": 1.0, "y1": 1.0, "x2": 9.0, "y2": 9.0}


def key(item: str, codec: str, quality: float | None, frame: int = 0) -> dict:
    options = "subsampling=420" if codec == "jpeg" else ""
    return {"dataset": "d", "item": item, "frame": frame, "codec": codec, "quality": quality, "options": options}


def write_run(out: Path, video: bool = False, labels: bool = True) -> Path:
    """Two pictures, 10 x 10 and 20 x 10, of 100 and 400 bits; the second loses its person at jpeg@10."""
    points = [("identity", None, float("inf")), ("jpeg", 10.0, 30.0)]
    frames, clips, boxes = [], [], []
    for codec, quality, psnr in points:
        for item, width, bits in (("a", 10, 100), ("b", 20, 400)):
            at = key(item, codec, quality)
            values = {"psnr": psnr, "ms_ssim": None if item == "a" else 0.5, "estimated_bits": None}
            sizes = {"width": width, "height": 10, "payload_bits": bits, "container_bits": 2 * bits}
            frames.append(at | sizes | values | {"frame_type": "I"})
            seconds = {"encode_seconds": 0.25, "decode_seconds": 0.5}
            clips.append(at | seconds | {"batch": 1, "consecutive": video, "device": "cpu", "lanes": 1, "source": "x"})
            if codec == "identity" or item == "a":
                boxes.append(at | BOX | {"score": 0.9, "class_id": 0, "class_name": "person"})
    rows = dict(zip(SCHEMAS, (frames, clips, boxes), strict=True))
    with ParquetSink(out, SCHEMAS) as sink:
        sink.add({name: pa.Table.from_pylist(rows[name], schema=SCHEMAS[name]) for name in SCHEMAS})
    if labels:
        person = {"track_id": 1, "class_name": "person", "area": 64.0, "ignore": False} | BOX
        truth = [{"dataset": "d", "item": item, "frame": 0} | person for item in "ab"]
        write_once(pa.Table.from_pylist(truth, schema=BOXES), out, "labels_detection")
    (out / "manifest.json").write_text(json.dumps({"experiment": {"tasks": [str(tasks.parse(SPEC))]}}))
    return out


def points_of(out: Path, reference: str = "auto") -> dict[str, dict]:
    return {row["codec"]: row for row in operating_points(out, reference).to_pylist()}


def test_bpp_of_stills_is_the_mean_over_images(tmp_path: Path) -> None:
    row = points_of(write_run(tmp_path))["jpeg"]
    assert row["bpp"] == pytest.approx((100 / 100 + 400 / 200) / 2) and row["bpp_container"] == pytest.approx(3.0)
    assert row["bpp_estimated"] is None and (row["items"], row["frames"]) == (2, 2)


def test_bpp_of_video_is_total_bits_over_total_pixels(tmp_path: Path) -> None:
    assert points_of(write_run(tmp_path, video=True))["jpeg"]["bpp"] == pytest.approx(500 / 300)


def test_means_leave_out_and_count_what_is_not_defined(tmp_path: Path) -> None:
    row = points_of(write_run(tmp_path))["jpeg"]
    assert (row["psnr"], row["psnr_undefined"]) == (30.0, 0)
    assert (row["ms_ssim"], row["ms_ssim_undefined"]) == (0.5, 1)


def test_speeds_are_frames_over_summed_seconds(tmp_path: Path) -> None:
    row = points_of(write_run(tmp_path))["jpeg"]
    assert (row["encode_fps"], row["decode_fps"]) == (4.0, 2.0)


def test_scores_stand_beside_their_change_against_the_original(tmp_path: Path) -> None:
    rows = points_of(write_run(tmp_path))
    assert rows["identity"]["detection_AP50"] == pytest.approx(1.0)
    lost = rows["jpeg"]["detection_AP50"]
    assert lost == pytest.approx(51 / 101)  # recall 0.5: precision 1 at the recalls 0, 0.01 ... 0.5
    assert rows["jpeg"]["detection_AP50_change"] == pytest.approx(lost - 1.0)
    assert rows["identity"]["detection_AP50_change"] == 0.0


def test_without_labels_the_original_is_what_the_boxes_are_held_against(tmp_path: Path) -> None:
    rows = points_of(write_run(tmp_path, labels=False))
    assert {row["detection_reference"] for row in rows.values()} == {"original"}
    assert rows["identity"]["detection_AP50"] == 1.0 and rows["jpeg"]["detection_AP50"] == pytest.approx(51 / 101)
    assert "detection_AP50" not in points_of(tmp_path, reference="labels")["jpeg"]


def test_the_original_can_be_asked_for_where_there_are_labels(tmp_path: Path) -> None:
    """The labels of the dataset lie elsewhere: against them nothing is found, against the original all but one."""
    write_run(tmp_path)
    (part,) = (tmp_path / "labels_detection").glob("*.parquet")
    moved = pq.read_table(part).to_pandas().assign(x1=101.0, x2=109.0)
    pq.write_table(pa.Table.from_pandas(moved, BOXES, preserve_index=False), part)
    assert points_of(tmp_path)["jpeg"]["detection_AP50"] == 0.0
    assert points_of(tmp_path, "original")["jpeg"]["detection_AP50"] == pytest.approx(51 / 101)
    with pytest.raises(InvalidValue, match="labels, original"):
        operating_points(tmp_path, "truth")


def test_the_command_takes_the_reference_and_says_which_one_it_was(tmp_path: Path) -> None:
    write_run(tmp_path)
    for flags, words in (
        ([], "scored against the dataset's labels"),
        (["--reference", "original"], "its own predictions"),
    ):
        result = CliRunner().invoke(app, ["report", str(tmp_path), "--no-html", *flags])
        assert result.exit_code == 0 and words in result.output, result.output


def test_boxes_at_the_original_alone_are_needed_to_be_held_against_it(tmp_path: Path) -> None:
    write_run(tmp_path, labels=False)
    frames = tables.read(tmp_path, "frames")
    points = [(point, rows) for point, rows in split(frames) if point["codec"] == "jpeg"]
    assert scored(tmp_path, points) == []


def test_the_original_comes_first_and_nothing_else_is_missing(tmp_path: Path) -> None:
    assert [row["codec"] for row in operating_points(write_run(tmp_path)).to_pylist()] == ["identity", "jpeg"]


def test_a_folder_without_rows_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="name the --out of a run|Name the --out of a run"):
        operating_points(tmp_path / "nowhere")
    with ParquetSink(tmp_path, SCHEMAS):
        pass
    with pytest.raises(StorageError, match="finished rows"):
        operating_points(tmp_path)


def test_the_printed_table_tells_options_gaps_and_failures(tmp_path: Path) -> None:
    write_run(tmp_path)
    with ParquetSink(tmp_path, SCHEMAS) as sink:
        sink.fail(Failure("d", "c", "open", MediaError("a JPEG", "half of one", "fetch it again")))
        page = StringIO()
        print_report(tmp_path, Console(file=page, width=200))
    text = page.getvalue()
    for words in ("jpeg: subsampling=420", "ms_ssim is not defined for 1 frames", "1 items failed", "1.500", "30.00"):
        assert words in text, text
