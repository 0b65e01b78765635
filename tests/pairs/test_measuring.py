"""Values of pairs: a run's own, those of the definition, and those of the ffmpeg program."""

from __future__ import annotations

import math
import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ahc_stream import metrics, runs
from ahc_stream.core.errors import InvalidValue, MediaError, UnknownName
from ahc_stream.datasets import ReadOptions
from ahc_stream.experiment import Experiment
from ahc_stream.metrics.session import MetricSession
from ahc_stream.pairs import Measured, measure_pairs
from ahc_stream.pairs.measuring import CLIP_FRAMES
from ahc_stream.running import run
from tests.pictures import picture, write_pictures
from tests.sources.made import ffmpeg, film


def measured(one: Path, other: Path, names: list[str], **options: object) -> Measured:
    return measure_pairs(str(one), str(other), names, device="cpu", **options)


def worsened(folder: Path, out: Path) -> Path:
    """JPEGs of the pictures of a folder."""
    out.mkdir()
    for path in folder.iterdir():
        Image.open(path).save(out / f"{path.stem}.jpg", quality=30)
    return out


def pixels(path: Path) -> Tensor:
    """uint8 [1, 3, H, W]."""
    return torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1)[None].contiguous()


def test_pictures_of_any_sizes_have_the_values_of_each_alone_in_the_order_of_names(tmp_path: Path) -> None:
    one = write_pictures(tmp_path / "one", 20)
    for number in (3, 11, 12):
        Image.fromarray(picture(40, 56, number)).save(one / f"{number:03d}.png")
    other = worsened(one, tmp_path / "other")
    got = measured(one, other, ["psnr", "ssim", "mse"])
    assert got.problems == () and got.pairs == 20 and got.metrics == ("psnr", "ssim", "mse")
    rows = got.frames.to_pylist()
    assert [row["item"] for row in rows] == [f"{number:03d}" for number in range(20)]
    assert {row["frame"] for row in rows} == {0} and (rows[3]["width"], rows[3]["height"]) == (56, 40)
    for row in rows:
        pair = pixels(one / f"{row['item']}.png"), pixels(other / f"{row['item']}.jpg")
        for name, value in metrics.measure(*pair, ["psnr", "ssim", "mse"]).items():
            assert row[name] == value.item()


class Rate:
    """A metric whose value is the frame rate that it was told."""

    delay = 0

    def __init__(self, device: torch.device, consecutive: bool, frames_per_second: float | None) -> None:
        self._rate = frames_per_second if consecutive else None

    def push(self, reference: Tensor, distorted: Tensor) -> Tensor:
        return torch.full((len(reference),), math.nan if self._rate is None else self._rate, dtype=torch.float64)

    def finish(self) -> Tensor:
        return torch.empty(0, dtype=torch.float64)


def test_a_metric_that_is_timed_is_told_the_rate_of_the_stream_in_a_run_and_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = metrics.Temporal(Rate, lambda: None, is_timed=True)
    monkeypatch.setitem(metrics.METRICS, "rate", metrics.Metric("rate", "rate", "1/s", 1, "Itself.", True, recipe))
    clip = film(tmp_path / "clip.mkv", "-c:v", "ffv1", frames=5, size="32x32", rate=12)
    list(run(Experiment(str(clip), ("identity",), tmp_path / "run", (), ("rate",), device="cpu")))
    assert runs.open(tmp_path / "run").frames["rate"].to_pylist() == [12.0] * 5
    assert measured(clip, clip, ["rate"]).frames["rate"].to_pylist() == [12.0] * 5
    assert measured(clip, clip, ["rate"], every=3).frames["rate"].to_pylist() == [4.0] * 2
    list(run(Experiment(str(clip), ("identity",), tmp_path / "third", (), ("rate",), device="cpu", every=3)))
    assert runs.open(tmp_path / "third").frames["rate"].to_pylist() == [4.0] * 2


def test_a_decoded_video_has_the_values_of_the_run_that_coded_it(tmp_path: Path) -> None:
    """Metrics of single frames, and VMAF, which looks at neighbours; the decoded video as a file and as pictures."""
    from ahc_stream.cli.decode import decode
    from ahc_stream.cli.encode import encode

    clip, point = film(tmp_path / "clip.mkv", "-c:v", "ffv1", frames=37, size="96x64"), "h264@38"
    names = ("psnr", "ssim", "vif", "vmaf")
    list(run(Experiment(str(clip), (point,), tmp_path / "run", (), names, device="cpu")))
    frames = runs.open(tmp_path / "run").frames
    expected = {row["frame"]: row for row in frames.to_pylist() if row["codec"] == "h264"}
    encode(str(clip), tmp_path / "clip.ahc", point)
    decode(tmp_path / "clip.ahc", tmp_path / "decoded.mkv")
    decode(tmp_path / "clip.ahc", tmp_path / "decoded")
    for other in (tmp_path / "decoded.mkv", tmp_path / "decoded"):
        rows = measured(clip, other, list(names)).frames.to_pylist()
        assert len(rows) == len(expected) == 37
        for row in rows:
            assert {name: row[name] for name in names} == {name: expected[row["frame"]][name] for name in names}
        assert len({row["psnr"] for row in rows}) > 10


@pytest.fixture(scope="module")
def grey(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two films of grey levels, 21 frames of 64 x 48, as .y4m."""
    folder = tmp_path_factory.mktemp("grey")
    source = film(folder / "source.mkv", "-c:v", "ffv1", frames=21, size="64x48")
    one, other = folder / "one.y4m", folder / "other.y4m"
    ffmpeg("-i", source, "-pix_fmt", "gray", one)
    ffmpeg("-i", one, "-vf", "noise=alls=20:allf=t,boxblur=1", "-pix_fmt", "gray", other)
    return one, other


def test_psnr_is_that_of_the_ffmpeg_program(grey: tuple[Path, Path], tmp_path: Path) -> None:
    stats = tmp_path / "stats.txt"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", grey[1], "-i", grey[0]]
    subprocess.run([*command, "-lavfi", f"psnr=stats_file={stats}", "-f", "null", "-"], check=True)
    theirs = [
        {name: float(value) for name, value in re.findall(r"(mse_avg|psnr_avg):(\S+)", line)}
        for line in stats.read_text().splitlines()
    ]
    rows = measured(*grey, ["psnr", "mse"]).frames.to_pylist()
    assert len(theirs) == len(rows) == 21
    for ours, their in zip(rows, theirs, strict=True):
        assert ours["psnr"] == pytest.approx(their["psnr_avg"], abs=0.0051)  # it prints two digits
        assert ours["mse"] == pytest.approx(their["mse_avg"], abs=0.0051)


def raw_of(y4m: Path) -> np.ndarray:
    """uint8 [21, 48, 64] of a grey .y4m, by its headers."""
    _, *frames = y4m.read_bytes().split(b"FRAME\n")
    return np.array([np.frombuffer(frame, np.uint8).reshape(48, 64) for frame in frames])


def test_raw_video_and_y4m_are_one_film_and_psnr_is_that_of_numpy(grey: tuple[Path, Path], tmp_path: Path) -> None:
    levels = [raw_of(path).astype(np.float64) for path in grey]
    expected = 10 * np.log10(255**2 / ((levels[0] - levels[1]) ** 2).mean((1, 2)))
    raw = tmp_path / "other.yuv"
    raw.write_bytes(raw_of(grey[1]).tobytes())
    told = ReadOptions(size="64x48", pix_fmt="gray")
    got = measured(grey[0], raw, ["psnr"], told=told)
    np.testing.assert_allclose(got.frames["psnr"].to_numpy(), expected, rtol=1e-9)
    raw.write_bytes(raw.read_bytes()[:-100])
    short = measured(grey[0], raw, ["psnr"], told=told)
    assert len(short.frames) == 20 and isinstance(short.problems[0], MediaError)
    assert "whole frames" in str(short.problems[0])


def test_parts_are_those_of_the_whole(grey: tuple[Path, Path]) -> None:
    whole = {row["frame"]: row for row in measured(*grey, ["psnr"]).frames.to_pylist()}
    for frames, every, numbers in (((5, 12), 3, [5, 8, 11]), ((18, None), 1, [18, 19, 20]), (None, 10, [0, 10, 20])):
        rows = measured(*grey, ["psnr"], frames=frames, every=every).frames.to_pylist()
        assert [row["frame"] for row in rows] == numbers
        assert rows == [whole[number] for number in numbers]


def test_a_shorter_side_ends_the_pair_with_what_was_measured(grey: tuple[Path, Path], tmp_path: Path) -> None:
    short = tmp_path / "short.y4m"
    ffmpeg("-i", grey[1], "-frames:v", "17", "-pix_fmt", "gray", short)
    whole = measured(*grey, ["psnr", "vif"]).frames
    for one, other, longer in ((grey[0], short, "the reference"), (short, grey[0], "the other")):
        got = measured(one, other, ["psnr", "vif"])
        assert len(got.frames) == 17
        (problem,) = got.problems
        assert (
            isinstance(problem, MediaError)
            and "got 17 frames in" in str(problem)
            and f"more in {longer}" in str(problem)
        )
    assert measured(grey[0], short, ["psnr", "vif"]).frames["psnr"].to_pylist() == whole["psnr"].to_pylist()[:17]
    assert measured(grey[0], short, ["psnr"], frames=(0, 17)).problems == ()


def test_a_file_that_breaks_off_costs_no_other_pair(tmp_path: Path) -> None:
    one = write_pictures(tmp_path / "one", 3)
    other = worsened(one, tmp_path / "other")
    whole = (other / "001.jpg").read_bytes()
    (other / "001.jpg").write_bytes(whole[: len(whole) * 9 // 10])
    got = measured(one, other, ["psnr"])
    assert got.frames["item"].to_pylist() == ["000", "002"]
    (problem,) = got.problems
    assert "001.jpg" in str(problem)


def test_identical_frames_are_infinite_and_small_ones_undefined(tmp_path: Path) -> None:
    one = write_pictures(tmp_path / "one", 2, height=16, width=16)
    got = measured(one, one, ["psnr", "ms_ssim"]).frames
    assert got["psnr"].to_pylist() == [math.inf, math.inf] and all(map(math.isnan, got["ms_ssim"].to_pylist()))


def test_a_film_goes_through_memory_a_few_frames_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = film(tmp_path / "clip.mkv", "-c:v", "ffv1", frames=100, size="32x24")
    pushed: list[int] = []
    push = MetricSession.push

    def counted(self: MetricSession, reference: Tensor, distorted: Tensor) -> dict[str, Tensor]:
        pushed.append(len(reference))
        return push(self, reference, distorted)

    monkeypatch.setattr(MetricSession, "push", counted)
    told: list[int] = []
    got = measured(clip, clip, ["mse"], progress=told.append)
    assert sum(pushed) == len(got.frames) == told[-1] == 100 and max(pushed) <= CLIP_FRAMES
    assert told == sorted(told)


def test_a_metric_of_ones_own_and_the_standard_profile(tmp_path: Path) -> None:
    one = write_pictures(tmp_path / "one", 2)
    other = worsened(one, tmp_path / "other")
    code = tmp_path / "my_largest_error.py"
    code.write_text(
        "def largest(reference, distorted):\n"
        "    return (reference.float() - distorted.float()).abs().max()\n\n\nlargest.higher_is_better = False\n"
    )
    got = measured(one, other, [f"{code}:largest"]).frames
    expected = [
        (pixels(one / f"{name}.png").float() - pixels(other / f"{name}.jpg").float()).abs().max().item()
        for name in ("000", "001")
    ]
    assert got["largest"].to_pylist() == expected
    assert measured(one, other, None).metrics == metrics.PROFILES["standard"].metrics


def test_everything_that_can_be_known_before_is_refused_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = write_pictures(tmp_path / "one", 1)
    monkeypatch.setattr("ahc_stream.pairs.measuring.sources.opened", lambda *_: pytest.fail("a frame is decoded"))
    for names, error in ((["psnrr"], UnknownName), (["psnr", "psnr"], InvalidValue), ([], InvalidValue)):
        with pytest.raises(error):
            measured(one, one, names)
    with pytest.raises(InvalidValue, match="cpu, cuda"):
        measure_pairs(str(one), str(one), ["psnr"], device="tpu")
    with pytest.raises(InvalidValue):
        measured(one, one, ["psnr"], frames=(0, 1))
