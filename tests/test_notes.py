"""What sources notice reaches the user: on the terminal, in the manifest, in a coded file."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from ahc_stream import codecs, datasets, runs, sources
from ahc_stream.cli import app
from ahc_stream.core.errors import CodecError
from ahc_stream.core.note import ItemNote, summary
from ahc_stream.core.presentation import PLAIN, UPRIGHT, Presentation
from ahc_stream.experiment import Experiment
from ahc_stream.running import Run
from ahc_stream.transcode import encode_items
from tests.sources.made import CASES, drawn, ffmpeg, film, outcome
from tests.sources.streams import CPU

TAKEN = "2 video streams: #0 mjpeg 32 x 32, #1 h264 128 x 96; took #1, FILE#N takes another"


def invoked(*arguments: str | Path, exit_code: int = 0) -> str:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == exit_code, done.output
    return done.output


def folder(path: Path) -> Path:
    """Two files that something is to be said of, and one that nothing is."""
    path.mkdir()
    (path / "cover.mkv").write_bytes((CASES / "cover.mkv").read_bytes())
    for name in ("a", "b"):
        Image.new("CMYK", (32, 32)).save(path / f"{name}.jpg")
    Image.new("RGB", (32, 32)).save(path / "plain.png")
    return path


def test_a_run_tells_what_was_noticed_and_keeps_it(tmp_path: Path) -> None:
    data, out = folder(tmp_path / "data"), tmp_path / "out"
    experiment = Experiment(str(data), ("jpeg@50",), out=out, metrics=("psnr",), tasks=())
    run = Run(experiment)
    rows = list(run)
    expected = {
        f"{TAKEN} (cover)",
        "its matrix is not stated, it was taken for BT.601 (cover)",
        "CMYK is converted by formula, profiles are not applied (a, b)",
    }
    assert rows and set(run.remark_lines) == expected
    kept = runs.open(out)
    assert set(summary(kept.item_notes)) == expected and kept.frames.num_rows == 13


def test_a_run_that_is_killed_has_kept_the_notes_of_what_it_finished(tmp_path: Path) -> None:
    data, out = folder(tmp_path / "data"), tmp_path / "out"
    experiment = Experiment(str(data), ("jpeg@50",), out=out, metrics=("psnr",), tasks=(), flush_seconds=0)
    noted = {"cover": 2, "a": 1, "b": 1, "plain": 0}
    for _ in Run(experiment):
        kept = runs.open(out)
        finished = kept.streams["item"].to_pylist()
        assert len(kept.notes) >= sum(noted[item] for item in finished)
    again = Run(experiment)
    assert not list(again) and not again.remarks and len(runs.open(out).item_notes) == 4


def test_a_run_of_one_stream_of_a_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = invoked("run", f"{CASES / 'cover.mkv'}#0", "-c", "jpeg@50", "--metric", "psnr", "--no-task", "--out", out)
    frames = runs.open(out).frames
    assert frames["item"].to_pylist() == ["cover#0"] and frames["width"].to_pylist() == [32]
    assert TAKEN not in text


def test_a_file_whose_name_ends_in_a_number_wins(tmp_path: Path) -> None:
    path = tmp_path / "cover.mkv#0.mkv"
    path.write_bytes((CASES / "cover.mkv").read_bytes())
    path = path.rename(tmp_path / "film#1.mkv")
    (tmp_path / "film.mkv").write_bytes(b"")
    out = tmp_path / "out.ahc"
    assert "10 frames" in invoked("encode", path, "-o", out, "-c", "jpeg@50")


def test_encode_inspect_and_decode_say_what_was_noticed(tmp_path: Path) -> None:
    coded = tmp_path / "cover.ahc"
    assert f"note: {TAKEN} (cover)" in invoked("encode", CASES / "cover.mkv", "-o", coded, "-c", "h264@23")
    assert TAKEN in invoked("inspect", coded, "--no-table")
    assert f"{TAKEN} (cover)" in json.loads(invoked("inspect", coded, "--json"))["notes"]
    assert f"note: {TAKEN} (cover)" in invoked("decode", coded, "-o", tmp_path / "out.mp4")


def test_a_coded_file_of_which_nothing_is_to_be_said_has_no_notes(tmp_path: Path) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "plain.png")
    coded = tmp_path / "plain.ahc"
    assert "note" not in invoked("encode", tmp_path / "plain.png", "-o", coded, "-c", "jpeg@50")
    assert "notes" not in json.loads(invoked("inspect", coded, "--json"))


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotation_and_pixels_that_are_not_square_come_back(tmp_path: Path, degrees: int) -> None:
    plain = film(tmp_path / "plain.mp4", "-c:v", "libx264", "-vf", "setsar=4/3", frames=3)
    ffmpeg("-display_rotation", str(degrees), "-i", plain, "-c", "copy", tmp_path / "turned.mp4")
    invoked("encode", tmp_path / "turned.mp4", "-o", tmp_path / "a.ahc", "-c", "h264@10")
    invoked("decode", tmp_path / "a.ahc", "-o", tmp_path / "back.mp4")
    before, after = (outcome(tmp_path / name).opened.presentation for name in ("turned.mp4", "back.mp4"))
    assert before == after and before.pixel_aspect == Fraction(4, 3) and before.display_matrix != UPRIGHT


def test_isolated_rows_are_the_same(tmp_path: Path) -> None:
    data, tables = folder(tmp_path / "data"), []
    for isolate in (False, True):
        out = tmp_path / f"out{isolate}"
        list(Run(Experiment(str(data), ("jpeg@50",), out=out, metrics=("psnr",), tasks=(), isolate=isolate)))
        frames = runs.open(out).frames.drop_columns(["start"])
        tables.append(frames.sort_by([("item", "ascending"), ("frame", "ascending")]))
    assert tables[0].equals(tables[1])


def test_a_picture_above_the_budget_is_a_failure_that_names_the_option(tmp_path: Path) -> None:
    data = folder(tmp_path / "data")
    run = Run(Experiment(str(data), ("jpeg@50",), metrics=(), tasks=(), max_pixels=1000))
    assert not list(run) and all("--max-pixels" in str(failure.error) for failure in run.failures)


def test_notes_of_one_kind_are_one_line() -> None:
    notes = [ItemNote("d", name, "odd") for name in "abcde"] + [ItemNote("d", "a", "even")] * 2
    assert summary(notes) == ("odd (a, b, c and 2 more)", "even (a)")


FOREIGN = [{}, *({"display_matrix": values} for values in ("x", [1] * 8, [2**40] * 9)), {"pixel_aspect": [0, 1]}]


@pytest.mark.parametrize("values", FOREIGN)
def test_a_presentation_of_foreign_values_is_plain(values: dict[str, object]) -> None:
    assert Presentation.from_values(values) == PLAIN


def test_a_presentation_comes_back() -> None:
    turned = Presentation((0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30), Fraction(16, 11))
    assert Presentation.from_values(json.loads(json.dumps(turned.as_values()))) == turned
    assert PLAIN.as_values() == {}


def test_a_lost_packet_is_exit_code_3_with_the_frames_before_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ("run", CASES / "hevc_lost.mkv", "-c", "jpeg@50", "--metric", "psnr", "--no-task", "--out", out)
    invoked(*command, exit_code=3)
    (failure,) = runs.open(out).failures.to_pylist()
    assert runs.open(out).frames.num_rows == 7 and "Could not find ref with POC 7" in failure["message"]
    assert "fetch" not in failure["message"].lower()


def test_a_file_with_an_edit_list_is_encoded_whole(tmp_path: Path) -> None:
    text = invoked("encode", CASES / "editlist_end.mp4", "-o", tmp_path / "a.ahc", "-c", "h264@23")
    assert "15 frames" in text


def test_an_encoder_that_refuses_a_rate_says_so_in_ffmpegs_words(tmp_path: Path) -> None:
    slow = drawn(tmp_path / "slow.mp4", "testsrc2=s=64x48:r=2997/200", "-c:v", "libx264", frames=40)
    with pytest.raises(CodecError, match="does not support 2997/200 fps"):
        encode_items(datasets.load(slow).items, codecs.parse("ffmpeg:mpeg2video@4")[0], tmp_path / "a.ahc", CPU)


def test_the_list_says_what_each_source_assumes() -> None:
    text = invoked("list", "sources")
    assert all(sentence in text for name in sources.SOURCES for sentence in sources.assumptions(name))
    assert all(sources.assumptions(name) for name in sources.SOURCES)
