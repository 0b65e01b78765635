"""Video classification through the whole line: windows lie in the stream, however it is cut, and rows are scored."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ahc_stream import runs, tasks
from ahc_stream.core.errors import InvalidValue
from ahc_stream.experiment import Experiment
from ahc_stream.plan import plan
from ahc_stream.running import run
from ahc_stream.runs.points import split, where
from ahc_stream.tasks.video.models import ARCHITECTURES
from tests.conftest import real
from tests.sources.streams import write


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two MPEG-4 clips in AVI, of 40 and of 5 frames, in a UCF101 tree without split files."""
    for name, frames in (("Archery/v_Archery_g01_c01", 40), ("YoYo/v_YoYo_g01_c01", 5)):
        path = tmp_path / "UCF-101" / f"{name}.avi"
        path.parent.mkdir(parents=True)
        write(path, "mpeg4", frames=frames)
    return tmp_path / "UCF-101"


@pytest.fixture
def ask(tmp_path: Path) -> str:
    """A task with a seeded network of its own for these two classes."""
    torch.manual_seed(0)
    torch.save(ARCHITECTURES["efficientnet_b0"].build(2).picture.state_dict(), tmp_path / "own.pth")
    (tmp_path / "classes.txt").write_text("Archery\nYoYo\n")
    return f"video:model={tmp_path / 'own.pth'}:arch=efficientnet_b0:classes={tmp_path / 'classes.txt'}:size=32:crop=32"


@pytest.mark.parametrize("clip_frames", [0, 7, 40])
def test_a_run_leaves_a_row_per_window_and_scores_each_video(
    tree: Path, ask: str, tmp_path: Path, clip_frames: int
) -> None:
    task = f"{ask}:window=6:step=3"
    experiment = Experiment("ucf101", ("jpeg@20",), tmp_path / "out", (task,), (), root=tree, clip_frames=clip_frames)
    for _ in run(experiment):
        pass
    predictions, labels = (
        runs.open(tmp_path / "out").table(f"{kind}") for kind in ("predictions_video", "labels_classification")
    )
    (spec,) = (tasks.parse(text) for text in runs.open(tmp_path / "out").tasks)
    for point, frames in split(runs.open(tmp_path / "out").table("frames")):
        rows = where(predictions, point)
        # 40 frames are two windows, of 6 frames, every third, and too few for another; 5 are all there is of the other.
        found = sorted(zip(rows["item"].to_pylist(), rows["frame"].to_pylist(), strict=True))
        assert found == [
            ("Archery/v_Archery_g01_c01", 0),
            ("Archery/v_Archery_g01_c01", 18),
            ("YoYo/v_YoYo_g01_c01", 0),
        ]
        scores = tasks.score(spec, rows, labels, frames)
        assert scores["unknown_labels"] == 0 and scores["top5"] == 1
        assert scores["accuracy"] == (scores["recall_Archery"] + scores["recall_YoYo"]) / 2


def test_options_that_do_not_fit_are_refused_before_any_work(tree: Path) -> None:
    with pytest.raises(InvalidValue, match="a window of at least 9"):
        plan(Experiment("ucf101", ("identity",), tasks=("video:window=8",), root=tree))


def test_the_command_of_the_study_needs_no_options() -> None:
    real("weights/i3d-kinetics-400.ckpt")
    real("datasets/UCF-101")
    made = plan(Experiment("ucf101", ("h264@23",)))
    assert set(made.weights) == {"i3d-kinetics400"}
    assert made.dataset.labels["classification"].num_rows == len(made.dataset.items) > 0
