"""Pictures: which frames are chosen, what the task predicts on them, what the error map shows."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

import ahc_stream as ahc
from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue
from ahc_stream.report import analyse
from ahc_stream.report.overlays import overlays
from ahc_stream.report.pictures import error_map, pictures
from ahc_stream.tables import recon_path
from tests.pictures import picture, write_pictures
from tests.report.runs import CURVES, ORIGINAL, At, write_run

BAD = At("jpeg", 5.0, 0.2, 24.0, 0.3, "subsampling=420")


def opened(uri: str) -> Image.Image:
    head, _, data = uri.partition(",")
    assert head.startswith("data:image/") and head.endswith(";base64")
    return Image.open(BytesIO(base64.b64decode(data)))


def keep_frames(out: Path, items: int, points: Sequence[At] = (ORIGINAL, BAD)) -> None:
    for at in points:
        for item in range(items):
            path = recon_path(out, at.codec, at.quality, at.options, f"item {item:02d}", 0)
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture(48, 64, item) // (2 if at is BAD else 1)).save(path)


def test_the_most_changed_and_some_from_the_middle_with_what_the_task_predicts(tmp_path: Path) -> None:
    write_run(tmp_path, (ORIGINAL, BAD), items=20)
    keep_frames(tmp_path, 20)
    shown = pictures(analyse(tmp_path), 5)
    assert [each["why"].split(":")[0] for each in shown] == ["most changed"] * 3 + ["median"] * 2
    assert all(each["why"].endswith("correct 1.00 → 0.00") for each in shown[:3]) and shown[0]["point"] == "jpeg@5"
    before, after = (each["shapes"][which][0]["rows"][0] for each in shown[:1] for which in ("before", "after"))
    assert before[1] == after[1] == pytest.approx(0.7) and before[0] != after[0] == bars_best(
        shown[0]["shapes"]["after"]
    )
    assert shown[0]["shapes"]["truth"] == [{"kind": "text", "text": before[0]}]
    assert opened(shown[0]["before"]).size == (64, 48) and shown[0]["size"] == [64, 48]


def bars_best(shapes: list[dict]) -> str:
    return max(shapes[0]["rows"], key=lambda row: row[1])[0]


def test_a_picture_has_other_curves_at_about_its_rate(tmp_path: Path) -> None:
    points = (ORIGINAL, BAD, *CURVES[1:])
    write_run(tmp_path, points, items=8)
    keep_frames(tmp_path, 8, points)
    analysis = analyse(tmp_path)
    (shown,) = pictures(analysis, 1)
    bpp = {dot.label: dot.bpp for dot in analysis.dots}
    others = [view["point"] for view in shown["others"]]
    distances = {label: abs(np.log(bpp[label] / bpp[shown["point"]])) for label in bpp}
    of_webp = [label for label in bpp if label.startswith("webp")]
    assert shown["point"] == "jpeg@5" and others[0] == min(of_webp, key=distances.get) and len(others) == 4
    rest = sorted((label for label in bpp if label not in ("identity", "jpeg@5", others[0])), key=distances.get)
    assert others[1:] == rest[:3] and all(view["point_bpp"] == bpp[view["point"]] for view in shown["others"])
    shares = [view["bpp"] / view["point_bpp"] for view in shown["others"]]
    assert shares == pytest.approx([shares[0]] * 4, abs=0.01) and 0.7 < shares[0] < 1.3  # made alike for each item


def test_without_kept_frames_there_are_none(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, (ORIGINAL, BAD), items=5))
    assert pictures(analysis, 6) == []
    (tmp_path / "recon").mkdir()
    assert pictures(analysis, 6) == []


def test_frames_of_a_run_are_kept_before_their_rows_and_shown_by_metric(tmp_path: Path) -> None:
    folder, out = write_pictures(tmp_path / "in", 5), tmp_path / "out"
    for _ in ahc.run(
        ahc.Experiment(str(folder), ("jpeg@5,60",), out, device="cpu", metrics=("psnr",), save_recon=True)
    ):
        pass
    kept = {path.parent.parent.name.split("-")[0] for path in out.glob("recon/*/*/000000.png")}
    assert kept == {"identity", "jpeg@5", "jpeg@60"}
    original = next((out / "recon" / "identity").glob("*003*/000000.png"))
    assert np.array_equal(np.asarray(Image.open(original)), picture(48, 64, 3))
    shown = pictures(analyse(out), 4)
    assert len(shown) == 4 and {each["point"] for each in shown} == {"jpeg@5"} and "PSNR" in shown[0]["why"]


def test_an_error_map_is_black_where_nothing_differs_and_pale_where_most_does() -> None:
    before = np.full((10, 10, 3), 100, np.uint8)
    after = before.copy()
    after[:, 5:, 1] += 40
    image, palest = error_map(before, after)
    pixels = np.asarray(image)
    assert palest == 40 and (pixels[:, :5] == (0, 0, 4)).all() and (pixels[:, 5:] == (252, 255, 164)).all()
    assert error_map(before, before)[1] == 1.0


class OddDrawer:
    """A drawer whose shapes are of a kind that no page draws."""

    @staticmethod
    def predictions(rows: pa.Table) -> list[dict]:
        return [{"kind": "circle"}]


def test_a_shape_of_an_unknown_kind_is_an_error_and_a_drawer_that_is_gone_draws_nothing() -> None:
    row = pa.table({"x": [1]})
    tasks.recorded("odd:scorer=none:drawer=tests.report.test_pictures:OddDrawer")
    with pytest.raises(InvalidValue, match=r"box, polygon, image, bars, text; got .*circle"):
        overlays("odd", row, row, None)
    assert overlays("odd", row.slice(0, 0), row.slice(0, 0), None) == {"before": [], "after": []}
    tasks.recorded("drawn-by-none:scorer=none:drawer=tests.report.test_pictures:Gone")
    assert overlays("drawn-by-none", row, row, row) == {}
