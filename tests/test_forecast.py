"""A plan before a run: it counts what the run has, measures what is of the right size, and writes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ahc_stream.core import extras, programs
from ahc_stream.core.errors import InvalidValue, MissingData, MissingExtra, UnknownName
from ahc_stream.experiment import Experiment
from ahc_stream.forecast import MOVING_FRAMES, STILLS, Forecast, forecast
from ahc_stream.plan import plan
from ahc_stream.running import Run
from tests.pictures import write_pictures
from tests.test_long_stream import write_long_video


@pytest.fixture
def asked(tmp_path: Path) -> Experiment:
    """Twelve pictures at two operating points."""
    folder = write_pictures(tmp_path / "pictures", 12)
    return Experiment(str(folder), ("jpeg@30,80",), tmp_path / "out", metrics=("psnr",), device="cpu", save_recon=True)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_its_numbers_are_those_of_the_run_and_nothing_is_written(asked: Experiment, tmp_path: Path) -> None:
    told = forecast(asked)
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]
    assert (told.items, told.frames, told.rows, told.missing) == (12, 12, 24, ())
    measured = told.calibration
    assert measured is not None and (measured.frames, measured.rows, measured.failure) == (STILLS, 2 * STILLS, "")
    assert told.seconds is not None and 0 < told.seconds < 60
    rows = sum(measured.frames for measured in Run(asked))
    assert rows == told.rows
    assert told.picture_bytes == pytest.approx(size(tmp_path / "out" / "recon"), rel=0.3)
    tables = size(tmp_path / "out" / "frames") + size(tmp_path / "out" / "streams")
    assert told.table_bytes is not None and 0.5 * tables < told.table_bytes < 2 * tables


def test_cuts_limits_and_shards_count(asked: Experiment) -> None:
    assert forecast(replace(asked, limit=5, every=2)).frames == 5
    halves = [forecast(replace(asked, dataset=asked.dataset, shard=(index, 2), every=1)) for index in range(2)]
    assert sum(told.items or 0 for told in halves) == 12
    empty = forecast(replace(asked, dataset=asked.dataset, shard=(12, 13), every=1))
    assert empty.calibration is None and empty.seconds is None and empty.missing == ()


def test_a_video_is_counted_by_its_header_and_calibrated_on_its_first_frames(tmp_path: Path) -> None:
    write_long_video(tmp_path / "film.mp4", 40, 64, 96)
    asked = Experiment(str(tmp_path / "film.mp4"), ("h264@23",), metrics=("psnr",), device="cpu")
    told = forecast(asked)
    assert (told.items, told.frames, told.uncounted) == (1, 40, 0)
    assert told.calibration is not None and told.calibration.rows == told.calibration.frames == MOVING_FRAMES
    strange = forecast(replace(asked, isolate=True))
    assert (strange.frames, strange.uncounted) == (0, 1) and strange.calibration is not None
    cut = forecast(replace(asked, frames=(10, 31), every=2))
    assert cut.frames == 11 and cut.calibration is not None and cut.calibration.rows == 11
    assert sum(measured.frames for measured in Run(replace(asked, frames=(10, 31), every=2))) == 11


def test_a_video_without_a_count_leaves_the_time_open(tmp_path: Path) -> None:
    write_long_video(tmp_path / "film.mkv", 20, 64, 96)  # Matroska counts no frames
    told = forecast(Experiment(str(tmp_path / "film.mkv"), ("h264@23",), metrics=("psnr",), device="cpu"))
    assert (told.frames, told.uncounted, told.rows, told.seconds) == (0, 1, None, None)
    assert told.calibration is not None and told.calibration.seconds_per_row > 0


def test_a_first_item_that_cannot_be_opened_is_said(asked: Experiment) -> None:
    for path in Path(str(asked.dataset)).iterdir():
        path.write_bytes(path.read_bytes()[:100])
    told = forecast(replace(asked, max_failures=0))
    assert told.seconds is None and told.calibration is not None
    assert told.calibration.rows == 0 and "000" in told.calibration.failure


def lacks(told: Forecast) -> str:
    return "\n".join(f"{type(error).__name__}: {error}" for error in told.missing)


def test_all_that_is_missing_is_told_at_once_each_with_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AHC_STREAM_PATH", "")
    here = extras.find_spec
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in ("lap", "h5py") else here(name))
    asked = Experiment(
        "mot17",
        ("ssf2020@1", "mbt2018-mean@3:weights=nowhere.pth"),
        tmp_path / "out",
        tasks=("tracking", "edges", "detection:model=mine.pt"),
        metrics=("lpips_alex", "psnr"),
        device="cpu",
    )
    told = forecast(asked)
    with pytest.raises(MissingData) as refused:
        plan(asked)
    for words in (
        "MOT17.zip", "data download ssf2020-1-mse hed-bsds500 lpips-alex", "mine.pt", "nowhere.pth", "packages lap",
        "pip install 'ahc-stream[tracking]'", "packages h5py", "pip install 'ahc-stream[edges]'",
    ):  # fmt: skip
        assert words in lacks(told), (words, lacks(told))
        assert words in str(refused.value), (words, str(refused.value))
    assert told.items is None and told.frames is None and told.calibration is None
    assert len(told.names.points) == 3 and {type(error) for error in told.missing} == {MissingData, MissingExtra}
    assert not (tmp_path / "out").exists()


def test_packages_alone_are_missing_extras_each_said_once(asked: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    here = extras.find_spec
    monkeypatch.setattr(
        extras, "find_spec", lambda name: None if name in ("jpegli", "pyjpegli", "pyvips") else here(name)
    )
    codecs = ("jpegli@50", "mozjpeg@50", "mozjpeg@60")
    with pytest.raises(MissingExtra) as refused:
        plan(replace(asked, codecs=codecs))
    text = str(refused.value)
    assert text.count("ahc-stream[jpegli]") == text.count("ahc-stream[mozjpeg]") == 1


def test_an_ffmpeg_program_without_the_encoder_is_missed_before_any_work(
    asked: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = asked.out.parent / "ffmpeg"
    program.write_text("#!/bin/sh\necho no encoders\n")
    program.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    programs.ffmpeg_with.cache_clear()
    with pytest.raises(MissingExtra, match="libaom-av1; and an ffmpeg program with libvvenc"):
        plan(replace(asked, codecs=("av1-aom@32", "vvc@32", "vvc@37")))
    assert not asked.out.exists()
    programs.ffmpeg_with.cache_clear()


def test_what_a_run_would_refuse_it_refuses(asked: Experiment) -> None:
    with pytest.raises(UnknownName):
        forecast(replace(asked, codecs=("jpgg",)))
    with pytest.raises(InvalidValue, match="--frames"):
        forecast(replace(asked, frames=(0, 3)))


def test_tasks_and_learned_codecs_are_calibrated_too(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 3)
    asked = Experiment(str(folder), ("mbt2018-mean-lite@1",), tasks=("edges:detector=canny",), metrics=(), device="cpu")
    told = forecast(asked)
    assert told.missing == () and [spec.name for spec in told.names.tasks] == ["edges"]
    assert [point.codec for point in told.names.points] == ["identity", "mbt2018-mean-lite"]
    assert told.calibration is not None and told.calibration.rows == 6 and told.calibration.row_bytes > 0
