"""Frames far below their codec's curve, against loops over the frames of a made run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ahc_stream.report import analyse, outliers
from ahc_stream.report.analysis import Analysis
from tests.report.runs import CURVES, ORIGINAL, At, write_run

SPOILT = {("webp", 40, "item 03"): 12.0, ("jpeg", 5, "item 05"): 4.0, ("jpeg", 80, "item 01"): 15.0}
"""(codec, quality, item) -> PSNR: in the middle of a curve, and at both of its ends."""


def spoilt(table: str, rows: list[dict]) -> list[dict]:
    for row in rows if table == "frames" else ():
        row["psnr"] = SPOILT.get((row["codec"], row["quality"], row["item"]), row["psnr"])
    return rows


def rows_by_loops(analysis: Analysis) -> Iterator[tuple[str, str, float, float]]:
    """(point, item, expected, z) of every frame that is far below."""
    for codec in ("jpeg", "webp"):
        points = {}
        for dot in (dot for dot in analysis.dots if dot.point["codec"] == codec):
            rows = [
                row
                for row in analysis.frames.to_pylist()
                if (row["codec"], row["quality"]) == (codec, dot.point["quality"])
            ]
            rates = np.array([np.log(row["payload_bits"] / row["width"] / row["height"]) for row in rows])
            points[dot.label] = rows, rates
        knots = sorted((np.median(rates), np.median([row["psnr"] for row in rows])) for rows, rates in points.values())
        for label, (rows, rates) in points.items():
            expected = [line_at(rate, knots) for rate in rates]
            residual = np.array([row["psnr"] for row in rows]) - expected
            deviation = residual - np.median(residual)
            z = deviation / (1.4826 * np.median(np.abs(deviation)))
            yield from (
                (label, row["item"], e, far) for row, e, far in zip(rows, expected, z, strict=True) if far < -3.5
            )


def line_at(x: float, knots: list[tuple[float, float]]) -> float:
    """On the piece that x is on, the first and the last of them prolonged."""
    pieces = list(pairwise(knots)) or [(knots[0], (knots[0][0] + 1, knots[0][1]))]
    (x0, y0), (x1, y1) = next((piece for piece in pieces if x <= piece[1][0]), pieces[-1])
    return y0 + (x - x0) * (y1 - y0) / (x1 - x0)


@pytest.mark.parametrize("points", [(ORIGINAL, *CURVES), (CURVES[0], CURVES[6])], ids=["curves", "one point each"])
def test_stills_far_below_are_those_of_the_definition_the_farthest_first(tmp_path: Path, points) -> None:
    analysis = analyse(write_run(tmp_path, points, items=12, edit=spoilt))
    expected = sorted(rows_by_loops(analysis), key=lambda row: row[3])
    rows = outliers(analysis).to_pylist()
    assert [(row["point"], row["item"]) for row in rows] == [row[:2] for row in expected] and len(rows) >= 2
    assert [row["expected"] for row in rows] == pytest.approx([row[2] for row in expected])
    assert [row["z"] for row in rows] == pytest.approx([row[3] for row in expected])
    keys = {(row["point"].split("@")[0], int(row["point"].split("@")[1]), row["item"]): row for row in rows}
    for key, psnr in SPOILT.items():
        assert key not in keys or keys[key]["value"] == psnr
    bits = {(r["codec"], r["quality"], r["item"]): r["payload_bits"] for r in analysis.frames.to_pylist()}
    assert all(row["bpp"] == pytest.approx(bits[key] / 64 / 48) for key, row in keys.items())


def two_sequences(table: str, rows: list[dict]) -> list[dict]:
    """The items as the frames of two sequences, every other one; the second is 15 dB harder, and its frame 3 spoilt."""
    if table == "streams":
        return [row | {"frames": 12} for row in rows[:2]]
    for row in rows:
        number = int(row["item"].split()[1])
        hard = number % 2
        row["item"], row["frame"] = f"item {hard:02d}", number // 2
        row["psnr"] -= 15 * hard + 30 * (hard and row["frame"] == 3)
    return rows


def test_a_frame_of_a_video_is_judged_within_its_own_sequence(tmp_path: Path) -> None:
    points = (CURVES[1], CURVES[6])
    analysis = analyse(write_run(tmp_path, points, items=24, task=False, video=True, edit=two_sequences))
    rows = outliers(analysis).to_pylist()
    spoilt_ones = [(row["point"], row["item"], row["frame"]) for row in rows[:2]]
    assert sorted(spoilt_ones) == [("jpeg@20", "item 01", 3), ("webp@40", "item 01", 3)]
    for row in rows:
        codec, quality = row["point"].split("@")
        of_sequence = [
            each["psnr"]
            for each in analysis.frames.to_pylist()
            if (each["codec"], each["quality"], each["item"]) == (codec, float(quality), row["item"])
        ]
        middle = np.median(of_sequence)
        spread = 1.4826 * np.median(np.abs(of_sequence - middle))
        assert row["expected"] == pytest.approx(middle)
        assert row["z"] == pytest.approx((row["value"] - middle) / spread) and row["z"] < -3.5


@pytest.mark.parametrize(("items", "count"), [(8, 1), (7, 0)])
def test_among_few_frames_nothing_is_far(tmp_path: Path, items: int, count: int) -> None:
    run = write_run(tmp_path, CURVES[4:], items=items, edit=spoilt)
    assert outliers(analyse(run)).num_rows == count


def test_equal_frames_and_a_metric_without_a_value_are_no_outliers(tmp_path: Path) -> None:
    def level(table: str, rows: list[dict]) -> list[dict]:
        for row in rows if table == "frames" else ():
            row["psnr"] = None if row["item"] == "item 00" else 30.0 - 20 * (row["item"] == "item 01")
            row["payload_bits"] = 1000
        return rows

    assert outliers(analyse(write_run(tmp_path, (At("jpeg", 5, 1, 30, 0.5),), items=12, edit=level))).num_rows == 0
