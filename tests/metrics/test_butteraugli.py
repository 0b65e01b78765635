"""Butteraugli: libjxl's program, what it is given and what is read of it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ahc_stream.core.errors import AhcStreamError, MissingExtra, StorageError
from ahc_stream.experiment import Experiment
from ahc_stream.metrics import butteraugli, make_ready, measure
from ahc_stream.running import run
from tests.metrics.frames import textured
from tests.metrics.test_ssimulacra2 import quantised
from tests.pictures import write_pictures

BOTH = ["butteraugli", "butteraugli_3norm"]
CPU = torch.device("cpu")

BY_RELEASE: dict[str, dict[tuple[int, int, int], tuple[float, float]]] = {
    "0.7.0": {
        (8, 9, 16): (0.841357708, 0.513895),
        (40, 56, 24): (1.6376647949, 0.952831),
        (96, 128, 4): (0.5153352022, 0.389972),
        (130, 171, 12): (1.1346209049, 0.561445),
    },
    "0.11.2": {
        (8, 9, 16): (0.8440059423, 0.51869),
        (40, 56, 24): (1.6522629261, 0.973706),
        (96, 128, 4): (0.5301800966, 0.408165),
        (130, 171, 12): (1.1577055454, 0.578847),
    },
}
"""libjxl's release -> height, width and step of `quantised` -> the largest distance and the 3-norm that it printed."""

SUMS = """#!/bin/sh
# A program in its place: the sums of the bytes of both files behind their headers, and how often it ran.
echo ran >> "$0.runs"
for file in "$1" "$2"; do tail -c +14 "$file" | od -An -v -tu1 | tr -s ' ' '\\n' | awk '{s += $1} END {print s}'; done |
    paste -sd ' ' | sed 's/ /\\n3-norm: /'
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that alone is the path of programs but for the system's, with `SUMS` in it."""
    path = tmp_path / butteraugli.PROGRAM
    path.write_text(SUMS)
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return path


def test_another_release_of_the_program_is_refused_by_a_folder_that_was_begun_with_this_one(
    program: Path, tmp_path: Path
) -> None:
    pictures = write_pictures(tmp_path / "pictures", 1)
    asked = Experiment(str(pictures), ("jpeg@30",), tmp_path / "out", metrics=("butteraugli",), device="cpu")
    assert list(run(asked))
    program.write_text(f"{SUMS}# of another release\n")
    with pytest.raises(StorageError, match="program butteraugli_main = "):
        list(run(replace(asked, codecs=("jpeg@50",))))


def test_distances_are_those_that_a_release_of_libjxl_printed() -> None:
    if shutil.which(butteraugli.PROGRAM) is None:
        pytest.skip("no program butteraugli_main: apt-get install libjxl-devtools")
    shapes = list(BY_RELEASE["0.7.0"])
    values = {shape: measure(*quantised(*shape), BOTH) for shape in shapes}
    measured = [values[shape][name].item() for shape in shapes for name in BOTH]
    printed = [[value for shape in shapes for value in of_release[shape]] for of_release in BY_RELEASE.values()]
    # processors round differently in the last digits; releases differ by .3 to 5 %
    assert any(measured == pytest.approx(expected, rel=1e-3) for expected in printed), measured


def test_the_program_gets_the_pixels_and_runs_once_for_both_distances(program: Path) -> None:
    reference, distorted = textured(2, 11, 13)
    values = measure(reference, distorted, BOTH)
    assert values["butteraugli"].tolist() == reference.flatten(1).sum(1).tolist()
    assert values["butteraugli_3norm"].tolist() == distorted.flatten(1).sum(1).tolist()
    assert Path(f"{program}.runs").read_text().split() == ["ran"] * 2


def test_floats_are_rounded_and_frames_without_a_value_are_not_sent(program: Path) -> None:
    reference, distorted = (frames.float() for frames in textured(2, 12, 12))
    reference[0, 0, 0, 0], distorted[1, 1, 3, 3] = 254.6, torch.nan
    values = measure(reference, distorted, BOTH)["butteraugli"]
    assert values[0].item() == reference[0].round().sum().item() and values[1].isnan()
    assert measure(*textured(2, 7, 12), BOTH)["butteraugli"].isnan().all()


def test_a_program_that_fails_is_told_with_what_it_said(program: Path) -> None:
    program.write_text("#!/bin/sh\necho out of luck >&2; exit 3\n")
    with pytest.raises(AhcStreamError, match=r"exit status 3 and 'out of luck'"):
        measure(*textured(1, 12, 12), ["butteraugli"])


def test_a_missing_program_is_said_with_the_line_that_installs_it(program: Path) -> None:
    program.unlink()
    if shutil.which(butteraugli.PROGRAM):
        pytest.skip("libjxl's own program is there")
    with pytest.raises(MissingExtra, match="apt-get install libjxl-devtools"):
        make_ready(["butteraugli"], CPU)
