"""Butteraugli: libjxl's program, what it is given and what is read of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from ahc_stream.core.errors import AhcStreamError, MissingExtra
from ahc_stream.metrics import butteraugli, make_ready, measure
from tests.metrics.frames import textured
from tests.metrics.test_ssimulacra2 import quantised

BOTH = ["butteraugli", "butteraugli_3norm"]
CPU = torch.device("cpu")

BY_LIBJXL: dict[tuple[int, int, int], tuple[float, float]] = {
    (8, 9, 16): (0.8440059423, 0.51869),
    (40, 56, 24): (1.6522629261, 0.973706),
    (96, 128, 4): (0.5301800966, 0.408165),
    (130, 171, 12): (1.1577055454, 0.578847),
}
"""Height, width and step of `quantised` -> the largest distance and the 3-norm that libjxl 0.11.2 printed."""

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


@pytest.mark.parametrize("shape", BY_LIBJXL)
def test_distances_are_those_that_libjxl_printed(shape: tuple[int, int, int]) -> None:
    if shutil.which(butteraugli.PROGRAM) is None:
        pytest.skip("no program butteraugli_main: apt-get install libjxl-devtools")
    values = measure(*quantised(*shape), BOTH)
    # another release may approximate the cube root otherwise: 0.7 and 0.11 are this near
    assert [values[name].item() for name in BOTH] == pytest.approx(BY_LIBJXL[shape], rel=1e-3)


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
