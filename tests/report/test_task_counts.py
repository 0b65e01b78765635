"""How many labels a score rests on, tasks that predict nothing at all, and what moves in a run of stills: nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console

from ahc_stream import runs, tasks
from ahc_stream.report import analyse, operating_points, print_analysis, print_report, write_report
from tests.report import test_points as made
from tests.report.test_page import data_of


def write_run(
    out: Path, finds: Callable[[str, str], bool], labels: bool = True, video: bool = False, tracking: bool = False
) -> Path:
    """The run of `test_points`, with a box where `finds(codec, item)`."""
    frames, streams, boxes = [], [], []
    for codec, quality in (("identity", None), ("jpeg", 10.0)):
        for item in "ab":
            at = made.key(item, codec, quality)
            sizes = {"width": 10, "height": 10, "payload_bits": 100, "container_bits": 200, "frame_type": "I"}
            frames.append(at | sizes | {"psnr": 30.0, "ms_ssim": 0.5, "estimated_bits": None})
            streams.append(at | made.SPEEDS[item] | {"consecutive": video, "duration_seconds": 0.04 if video else None})
            if finds(codec, item):
                boxes.append(at | made.BOX | {"score": 0.9, "class_id": 0, "class_name": "person"})
    known = made.labelled(made.BOX) if labels else {}
    asked = made.request(known)
    if tracking:
        asked = replace(asked, tasks=(*asked.tasks, str(tasks.parse("tracking"))))
    rows = dict(zip(made.SCHEMAS, (frames, streams, boxes), strict=True))
    with runs.begin(out, asked) as start:
        start.add({name: pa.Table.from_pylist(rows[name], schema=made.SCHEMAS[name]) for name in made.SCHEMAS})
    return out


def told(out: Path) -> tuple[str, str]:
    """What the terminal says, and the page's notes."""
    analysis, page = analyse(out), StringIO()
    print_analysis(analysis, Console(file=page, width=200))
    return page.getvalue(), " ".join(text for _, text in data_of(write_report(analysis))["notes"])


def test_labels_are_counted_beside_the_scores(tmp_path: Path) -> None:
    terminal, _ = told(write_run(tmp_path, lambda codec, item: True))
    assert "detection: n = 2 labels at each point" in terminal and "n: 2 items, 2 frames" in terminal
    assert data_of(tmp_path / "report" / "index.html")["run"]["labels"] == {"detection": 2}


def test_labels_that_are_ignored_do_not_count(tmp_path: Path) -> None:
    truth = made.labelled(made.BOX)["detection"].to_pylist()
    truth[0]["ignore"] = True
    write_run(tmp_path, lambda codec, item: True)
    with runs.begin(tmp_path, made.request({"detection": pa.Table.from_pylist(truth, made.BOXES)})):
        pass
    assert "detection: n = 1 label at each point" in told(tmp_path)[0]


def test_a_point_without_any_prediction_has_zeros_and_says_so(tmp_path: Path) -> None:
    terminal, notes = told(write_run(tmp_path, lambda codec, item: codec == "identity"))
    sentence = "detection predicts nothing at all at jpeg@10"
    assert sentence in terminal and sentence in notes
    rows = {row["codec"]: row for row in operating_points(tmp_path).to_pylist()}
    assert rows["jpeg"]["detection_mAP"] == 0 < rows["identity"]["detection_mAP"]


def test_a_model_that_finds_nothing_anywhere_loses_nothing(tmp_path: Path) -> None:
    terminal, notes = told(write_run(tmp_path, lambda codec, item: False))
    assert "predicts nothing at all at any point" in terminal and "predicts nothing at all at any point" in notes
    assert "detection mAP of the original itself is 0, so there is nothing to lose" in terminal
    assert "Lower qualities" not in terminal and "Higher qualities" not in terminal


def test_without_labels_and_predictions_there_is_a_row_of_zeros_and_no_score(tmp_path: Path) -> None:
    terminal, notes = told(write_run(tmp_path, lambda codec, item: False, labels=False))
    table = terminal[terminal.index("detection ") :].splitlines()
    zeros = [row.split("│")[-2].strip() for row in table if "│" in row]
    assert any("predictions" in row for row in table) and zeros == ["0", "0"]
    assert "there is nothing to score" in terminal and "there is nothing to score" in notes


@pytest.mark.parametrize("video", [False, True])
def test_unrelated_stills_have_no_tracks(tmp_path: Path, video: bool) -> None:
    write_run(tmp_path, lambda codec, item: True, video=video, tracking=True)
    assert any(name.startswith("tracking_") for name in operating_points(tmp_path).column_names) == video
    terminal, notes = told(tmp_path)
    reason = "tracking is about what moves, and the run holds unrelated stills"
    assert (reason in terminal) == (reason in notes) == (not video)
    quick = StringIO()
    print_report(tmp_path, Console(file=quick, width=200))
    assert (reason in quick.getvalue()) != video
