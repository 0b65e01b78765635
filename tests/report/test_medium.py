"""Stills beside video: each keeps its own rule for bits per pixel, and the report says which is which."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from ahc_stream import runs, tables
from ahc_stream.core.point import OperatingPoint
from ahc_stream.report import analyse, operating_points, print_report, values, write_report
from tests.report.test_page import data_of
from tests.report.test_points import SPEEDS

STILLS = {"a": [(10, 100, 90)], "b": [(20, 400, 380)]}
FILM = {"film": [(40, 1600, 1), (40, 80, 1)]}
"""Item -> (width, payload bits, estimated bits) of each frame; all are 10 pixels high."""
SCHEMAS = {"frames": tables.frames_schema(["psnr"]), "streams": tables.STREAMS}


def write(out: Path, items: dict[str, list[tuple[int, int, int]]], profile: str = "standard") -> Path:
    """A run of these items at one operating point."""
    point, frames, streams = {"codec": "jpeg", "quality": 10.0, "options": ""}, [], []
    for item, sizes in items.items():
        video = "film" in item
        key = {"dataset": "d", "item": item, **point}
        for number, (width, bits, estimate) in enumerate(sizes):
            facts = {"width": width, "height": 10, "payload_bits": bits, "container_bits": bits, "frame_type": "I"}
            frames.append(key | facts | {"frame": number, "estimated_bits": estimate, "psnr": 30.0})
        times = {"consecutive": video, "duration_seconds": 0.08 if video else None, "frames": len(sizes)}
        streams.append(SPEEDS["a"] | key | times | {"frame": 0})
    experiment = {"dataset": "d", "metric_profile": profile, "source": "auto", "clean": True}
    ends = {item: {"ends": item} for item in items}
    request = runs.Request("d", ends, (OperatingPoint("jpeg", 10.0),), SCHEMAS, experiment)
    with runs.begin(out, request) as start:
        rows = {"frames": frames, "streams": streams}
        start.add({name: pa.Table.from_pylist(rows[name], schema=SCHEMAS[name]) for name in SCHEMAS})
    return out


def row_of(out: Path) -> dict:
    (row,) = operating_points(out).to_pylist()
    return row


def test_a_video_beside_stills_changes_neither_rate(tmp_path: Path) -> None:
    stills, film = row_of(write(tmp_path / "stills", STILLS)), row_of(write(tmp_path / "film", FILM))
    mixed = row_of(write(tmp_path / "mixed", STILLS | FILM))
    assert stills["bpp"] == mixed["bpp_stills"] == pytest.approx((100 / 100 + 400 / 200) / 2)
    assert film["bpp"] == mixed["bpp_video"] == pytest.approx(1680 / 800)
    assert mixed["bpp"] == pytest.approx((100 + 400 + 1680) / (100 + 200 + 800))
    assert not {"bpp_stills", "bpp_video"} & (stills.keys() | film.keys())


def test_the_estimate_of_a_profile_is_that_of_the_stills(tmp_path: Path) -> None:
    stills = row_of(write(tmp_path / "stills", STILLS, "study"))
    mixed = row_of(write(tmp_path / "mixed", STILLS | FILM, "study"))
    assert mixed["bpp_study"] == stills["bpp_study"] == pytest.approx((90 / 100 + 380 / 200) / 2)
    assert row_of(write(tmp_path / "film", FILM, "study"))["bpp_study"] is None


def test_it_is_said_on_the_terminal_and_on_the_page(tmp_path: Path) -> None:
    out, page = write(tmp_path, STILLS | FILM), StringIO()
    print_report(out, Console(file=page, width=200))
    sentence = "The run holds stills and video: bpp is total bits over total pixels of both"
    assert all(words in page.getvalue() for words in (sentence, "bpp_stills", "bpp_video", "1.500", "2.100"))
    data = data_of(write_report(analyse(out)))
    assert any(kind == "warning" and text.startswith(sentence) for kind, text in data["notes"])
    rates = data["dots"][0]["rates"]
    assert (rates["bpp_stills"], rates["bpp_video"]) == (
        [1.5, None, None],
        [2.1, None, None],
    )  # of two stills, one film


def total_rate(frames: list[tuple[int, int, int]]) -> float:
    """Total bits over total pixels; NaN of no frame."""
    pixels = sum(10 * width for width, *_ in frames)
    return sum(bits for _, bits, _ in frames) / pixels if pixels else np.nan


def test_each_rate_has_the_interval_of_its_own_rule(tmp_path: Path) -> None:
    """Held to a bootstrap that is written out here: all items are drawn, and each rule looks at those of its kind."""
    random = np.random.default_rng(5)
    stills = {f"still {n}": [(10, int(random.integers(50, 500)), 1)] for n in range(8)}
    films = {f"film {n}": [(20, int(random.integers(50, 900)), 1) for _ in range(2 + n)] for n in range(5)}
    analysis = analyse(write(tmp_path, stills | films))
    (dot,) = analysis.dots
    assert analysis.resamples is not None
    expected: dict[str, list[float]] = {"bpp": [], "bpp_stills": [], "bpp_video": []}
    for draw in analysis.resamples.draws:
        drawn = {item: int(times) for (_, item), times in zip(analysis.resamples.items, draw, strict=True)}
        rates = [bits / (10 * width) for item in stills for width, bits, _ in stills[item] * drawn[item]]
        moving = [frame for item in films for frame in films[item] * drawn[item]]
        everything = moving + [frame for item in stills for frame in stills[item] * drawn[item]]
        expected["bpp_stills"].append(sum(rates) / len(rates) if rates else np.nan)
        expected["bpp_video"].append(total_rate(moving))
        expected["bpp"].append(total_rate(everything))
    rows = {row["quantity"]: row for row in values(analysis).to_pylist()}
    data = data_of(write_report(analysis))["dots"][0]["rates"]
    for name, draws in expected.items():
        assert dot.estimates[name].replicates == pytest.approx(np.array(draws), nan_ok=True)
        assert rows[name]["low"] < rows[name]["value"] == dot.row[name] < rows[name]["high"]
        assert data[name] == pytest.approx([rows[name][key] for key in ("value", "low", "high")], rel=1e-6)
    assert [rows[name]["items"] for name in expected] == [13, 8, 5] and rows["bpp_video"]["family"] == "rate"
