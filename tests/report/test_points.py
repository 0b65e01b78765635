"""Rows -> operating points: rates by both rules, means, speeds, scores and their change. All numbers by hand."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console
from typer.testing import CliRunner

from ahc_stream import runs, tables, tasks
from ahc_stream.cli import app
from ahc_stream.core.errors import InvalidValue, MediaError, StorageError
from ahc_stream.core.failure import Failure
from ahc_stream.core.labels import BOXES
from ahc_stream.core.point import OperatingPoint
from ahc_stream.report import completeness, operating_points, print_report
from ahc_stream.report.scores import scored
from ahc_stream.running import run
from ahc_stream.runs.points import split
from ahc_stream.tasks.detection.score import DETECTIONS
from tests.whole_runs import cut_short, experiment, finish, make_dataset

SCHEMAS = {
    "frames": tables.frames_schema(["psnr", "ms_ssim"]),
    "streams": tables.STREAMS,
    "predictions_detection": tables.predictions_schema(DETECTIONS),
}
SPEC = "detection:model=yolov5n:size=640"
SPEEDS = {
    item: {
        "frames": 1, "complete": True, "final": True, "encode_seconds": 0.25, "decode_seconds": 0.5, "encode_ms": ms,
        "encode_ms_p95": 2 * ms, "decode_ms": ms + 1, "decode_ms_p95": 3 * ms, "delay_frames": delay, "device": "cpu",
        "lanes": 1, "source": "x",
    }
    for item, ms, delay in (("a", 4.0, 0), ("b", 8.0, 5))
}  # fmt: skip
BOX = {"x1": 1.0, "y1": 1.0, "x2": 9.0, "y2": 9.0}


def key(item: str, codec: str, quality: float | None, frame: int = 0) -> dict:
    options = "subsampling=420" if codec == "jpeg" else ""
    return {"dataset": "d", "item": item, "frame": frame, "codec": codec, "quality": quality, "options": options}


def write_run(out: Path, video: bool = False, labels: bool = True) -> Path:
    """Two pictures, 10 x 10 and 20 x 10, of 100 and 400 bits; the second loses its person at jpeg@10."""
    points = [("identity", None, float("inf")), ("jpeg", 10.0, 30.0)]
    frames, streams, boxes = [], [], []
    for codec, quality, psnr in points:
        for item, width, bits in (("a", 10, 100), ("b", 20, 400)):
            at = key(item, codec, quality)
            values = {"psnr": psnr, "ms_ssim": None if item == "a" else 0.5, "estimated_bits": None}
            sizes = {"width": width, "height": 10, "payload_bits": bits, "container_bits": 2 * bits}
            frames.append(at | sizes | values | {"frame_type": "I"})
            streams.append(at | SPEEDS[item] | {"consecutive": video, "duration_seconds": 0.04 if video else None})
            if codec == "identity" or item == "a":
                boxes.append(at | BOX | {"score": 0.9, "class_id": 0, "class_name": "person"})
    rows = dict(zip(SCHEMAS, (frames, streams, boxes), strict=True))
    with runs.begin(out, request(labelled(BOX) if labels else {})) as start:
        start.add({name: pa.Table.from_pylist(rows[name], schema=SCHEMAS[name]) for name in SCHEMAS})
    return out


def labelled(box: dict[str, float]) -> dict[str, pa.Table]:
    """A person in each picture."""
    person = {"track_id": 1, "class_name": "person", "area": 64.0, "ignore": False} | box
    truth = [{"dataset": "d", "item": item, "frame": 0} | person for item in "ab"]
    return {"detection": pa.Table.from_pylist(truth, schema=BOXES)}


def request(labels: dict[str, pa.Table]) -> runs.Request:
    experiment = {"dataset": "d", "metric_profile": "standard", "source": "auto", "clean": True}
    points = (OperatingPoint("identity"), OperatingPoint("jpeg", 10.0, (("subsampling", "420"),)))
    texts, items = (str(tasks.parse(SPEC)),), {item: {"ends": item} for item in "abc"}
    return runs.Request("d", items, points, SCHEMAS, experiment, tasks=texts, labels=labels)


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
    assert (row["encode_ms"], row["encode_ms_p95"], row["decode_ms"], row["decode_ms_p95"]) == (6.0, 16.0, 7.0, 24.0)
    assert row["delay_frames"] == 5


def test_bits_per_second_are_told_of_video_alone_and_of_streams_that_have_ended(tmp_path: Path) -> None:
    assert "kbit_s" not in points_of(write_run(tmp_path / "stills"))["jpeg"]
    out = write_run(tmp_path / "video", video=True)
    assert points_of(out)["jpeg"]["kbit_s"] == pytest.approx(500 / 0.08 / 1000)
    with runs.begin(out, request(labelled(BOX))) as start:  # killed before the stream of c ended
        sizes = {"width": 10, "height": 10, "payload_bits": 999, "container_bits": 999, "frame_type": "I"}
        start.add({"frames": pa.Table.from_pylist([key("c", "jpeg", 10.0) | sizes], schema=SCHEMAS["frames"])})
    assert points_of(out)["jpeg"]["kbit_s"] == pytest.approx(500 / 0.08 / 1000)
    with runs.begin(out, request(labelled(BOX))) as start:  # c was a still
        still = key("c", "jpeg", 10.0) | SPEEDS["a"] | {"consecutive": False, "duration_seconds": None}
        start.add({"streams": pa.Table.from_pylist([still], schema=SCHEMAS["streams"])})
    assert "kbit_s" not in points_of(out)["jpeg"]


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
    assert rows["identity"]["detection_agreement_AP50"] == 1.0
    assert rows["jpeg"]["detection_agreement_AP50"] == pytest.approx(51 / 101)
    assert not any(name.endswith("AP50") for name in points_of(tmp_path, reference="labels")["jpeg"])
    assert not any(name.startswith("detection_AP") for name in rows["jpeg"])


def test_the_original_can_be_asked_for_where_there_are_labels(tmp_path: Path) -> None:
    """The labels of the dataset lie elsewhere: against them nothing is found, against the original all but one."""
    write_run(tmp_path)
    with runs.begin(tmp_path, request(labelled(BOX | {"x1": 101.0, "x2": 109.0}))):
        pass
    assert points_of(tmp_path)["jpeg"]["detection_AP50"] == 0.0
    assert points_of(tmp_path, "original")["jpeg"]["detection_agreement_AP50"] == pytest.approx(51 / 101)
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
    run = runs.open(tmp_path)
    points = [(point, rows) for point, rows in split(run.frames) if point["codec"] == "jpeg"]
    assert scored(run, points) == []


def test_the_original_comes_first_and_nothing_else_is_missing(tmp_path: Path) -> None:
    assert [row["codec"] for row in operating_points(write_run(tmp_path)).to_pylist()] == ["identity", "jpeg"]


def test_a_folder_without_rows_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"Name the --out of a run"):
        operating_points(tmp_path / "nowhere")
    with runs.begin(tmp_path, request({})):
        pass
    with pytest.raises(StorageError, match="finished rows"):
        operating_points(tmp_path)


def test_the_printed_table_tells_options_gaps_and_failures(tmp_path: Path) -> None:
    write_run(tmp_path)
    with runs.begin(tmp_path, request(labelled(BOX))) as start:
        start.fail(Failure("d", "c", "open", MediaError("a JPEG", "half of one", "fetch it again")))
    page = StringIO()
    print_report(tmp_path, Console(file=page, width=200))
    text = page.getvalue()
    for words in ("jpeg: subsampling=420", "ms_ssim is not defined for 1 frame,", "1 failure", "1.500", "30.00"):
        assert words in text, text


def test_what_broke_off_and_what_is_unfinished_is_said_before_it_is_believed(tmp_path: Path) -> None:
    """A film that ended early counts and says so; one that has not ended yet asks for another start."""
    dataset, out = make_dataset(tmp_path / "data"), tmp_path / "out"
    finish(experiment(cut_short(dataset, tmp_path / "cut"), out, ("jpeg@40",), metrics=("psnr",)))
    (early,) = (text for text in completeness.warnings(runs.open(out)) if "ended early" in text)
    assert early.startswith("films/long ended early") and "are in the numbers" in early
    for count, _ in enumerate(
        run(experiment(dataset, tmp_path / "part", ("jpeg@40",), metrics=("psnr",), clip_frames=4))
    ):
        if count == 2:
            break
    texts = completeness.warnings(runs.open(tmp_path / "part"))
    assert any("unfinished" in text for text in texts)
