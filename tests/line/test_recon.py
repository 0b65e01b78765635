"""Decoded frames as files: every one of them, each original once, and the pixels of both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.point import OperatingPoint
from ahc_stream.line.recon import Recon
from ahc_stream.tables import recon_path
from tests.line.trips import POINT, clip, stills, trip_of


def original(folder: Path, item: str, frame: int) -> Path:
    return recon_path(folder, "identity", None, "", item, frame)


def decoded(folder: Path, item: str, frame: int, point: OperatingPoint = POINT) -> Path:
    return recon_path(folder, point.codec, point.quality, point.options_text, item, frame)


def textured(frames: Clip) -> Clip:
    """The same clip over noise, no two samples of a pixel alike."""
    noise = np.random.default_rng(3).integers(0, 255, frames.frames.shape, np.uint8)
    return frames.with_frames(torch.from_numpy(noise))


def test_every_decoded_frame_and_every_original_is_a_picture_of_its_pixels(tmp_path: Path) -> None:
    source = textured(clip(4, 3))
    trip = replace(trip_of(clip(4, 3)), reference=source, decoded=source.with_frames(255 - source.frames))
    Recon(tmp_path).save(trip)
    assert len(list(tmp_path.rglob("*.*"))) == 6
    for index, frame in enumerate((4, 5, 6)):
        pixels = source.frames[index].permute(1, 2, 0).numpy()
        assert np.array_equal(np.asarray(Image.open(original(tmp_path, "v", frame))), pixels)
        assert np.array_equal(np.asarray(Image.open(decoded(tmp_path, "v", frame))), 255 - pixels)


def test_an_original_is_written_once_for_all_points(tmp_path: Path) -> None:
    recon = Recon(tmp_path)
    other = OperatingPoint("own", 4.0)
    recon.save(trip_of(clip(0, 2)))
    for number in range(2):
        original(tmp_path, "v", number).unlink()
    recon.save(replace(trip_of(clip(0, 4)), point=other))
    assert [original(tmp_path, "v", number).exists() for number in range(4)] == [False, False, True, True]
    assert all(decoded(tmp_path, "v", number, other).exists() for number in range(4))
    recon.save(trip_of(clip(3, 1)))
    recon.save(trip_of(clip(4, 1)))
    assert original(tmp_path, "v", 4).exists()


@pytest.mark.parametrize("field", ["dataset", "item"])
def test_items_of_one_name_in_two_datasets_and_of_one_dataset_are_kept_apart(tmp_path: Path, field: str) -> None:
    recon = Recon(tmp_path)
    recon.save(trip_of(clip(0, 2)))
    first = original(tmp_path, "v", 0)
    first.unlink()
    keys = tuple(key._replace(**{field: "another"}) for key in clip(0, 2).keys)
    recon.save(trip_of(replace(clip(0, 2), keys=keys)))
    assert original(tmp_path, keys[0].item, 0).exists()


def test_a_stream_may_begin_behind_the_first_frame(tmp_path: Path) -> None:
    """After a change of size another stream of the item begins."""
    recon = Recon(tmp_path)
    recon.save(trip_of(clip(7, 1)))
    recon.save(trip_of(clip(8, 1)))
    assert [original(tmp_path, "v", number).exists() for number in (6, 7, 8)] == [False, True, True]


def test_stills_that_share_a_clip_each_have_their_original(tmp_path: Path) -> None:
    Recon(tmp_path).save(trip_of(stills("a", "b/c")))
    for name in ("a", "b/c"):
        assert original(tmp_path, name, 0).exists() and decoded(tmp_path, name, 0).exists()
    assert stills("a").keys == (FrameKey("d", "a", 0),)
