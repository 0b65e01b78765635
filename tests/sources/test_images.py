"""Image files of every kind, stills and sequences, through Pillow and through DALI."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import AhcStreamError, MediaError, MissingData, UnknownName
from ahc_stream.sources import BrokenStill, choose, open_item
from tests.conftest import real
from tests.sources.streams import CPU, scene, video

RGB = scene(40, 56, 0)


def stills(paths):
    return Item("synthetic", "stills", "stills", tuple(paths), tuple(path.name for path in paths))


def sequence(paths, rate=10.0):
    return Item("synthetic", "walk", "sequence", tuple(paths), frames_per_second=rate)


def one(path, source="images"):
    """uint8 [H, W, 3] of a single still; raises the error of one that cannot be opened."""
    (clip,) = open_item(stills([path]), 4, CPU, source)
    if isinstance(clip, BrokenStill):
        raise clip.error
    return clip.frames[0].permute(1, 2, 0).numpy()


def save(path, image, **options):
    image.save(path, **options)
    return path


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tiff", "a.webp", "a.ppm"])
def test_lossless_formats_give_their_pixels(tmp_path, name):
    options = {"lossless": True} if name.endswith("webp") else {}
    assert (one(save(tmp_path / name, Image.fromarray(RGB), **options)) == RGB).all()


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.avif", "a.jp2"])
def test_lossy_formats_give_nearly_their_pixels(tmp_path, name):
    got = one(save(tmp_path / name, Image.fromarray(RGB), quality=95))
    assert np.median(np.abs(got.astype(int) - RGB)) <= 6


def test_grey_is_repeated(tmp_path):
    got = one(save(tmp_path / "a.png", Image.fromarray(RGB[..., 0])))
    assert (got == RGB[..., :1]).all()


def test_sixteen_bit_grey_is_scaled(tmp_path):
    grey = np.array([[0, 128, 129, 257, 32768, 65535]], np.uint16)
    got = one(save(tmp_path / "a.png", Image.fromarray(grey)))
    assert got[0, :, 0].tolist() == [0, 0, 1, 1, 128, 255]


def test_a_palette_is_looked_up(tmp_path):
    image = Image.fromarray(RGB).quantize(8)
    assert (one(save(tmp_path / "a.png", image)) == np.asarray(image.convert("RGB"))).all()


def test_an_animation_gives_its_first_frame(tmp_path):
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue")]
    path = save(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    assert (one(path) == (255, 0, 0)).all()


def test_transparency_lies_over_black(tmp_path):
    pixels = np.full((4, 4, 4), 200, np.uint8)
    pixels[..., 3] = [0, 51, 102, 255]
    got = one(save(tmp_path / "a.png", Image.fromarray(pixels)))
    assert got[0, :, 0].tolist() == [0, 40, 80, 200]


def test_cmyk_is_converted(tmp_path):
    path = save(tmp_path / "a.tiff", Image.new("CMYK", (4, 4), (0, 255, 255, 0)))
    assert (one(path) == (255, 0, 0)).all()


def test_an_exif_orientation_is_not_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    path = save(tmp_path / "a.png", Image.fromarray(RGB), exif=exif)
    assert (one(path) == RGB).all()


@pytest.mark.parametrize("mode", ["F", "I"])
def test_pixels_without_a_white_are_refused(tmp_path, mode):
    with pytest.raises(MediaError, match=f"mode {mode}"):
        one(save(tmp_path / "a.tiff", Image.new(mode, (4, 4))))


def test_stills_of_one_size_are_stacked_and_keyed_by_name(tmp_path):
    sizes = [(8, 6), (5, 6), (8, 6), (8, 6), (5, 6)]
    paths = [save(tmp_path / f"{i}.png", Image.new("RGB", size, (i, 0, 0))) for i, size in enumerate(sizes)]
    clips = list(open_item(stills(paths), 2, CPU))
    assert [[key.item for key in clip.keys] for clip in clips] == [["0.png", "2.png"], ["3.png"], ["1.png", "4.png"]]
    for clip in clips:
        assert not clip.consecutive and not clip.pts_seconds.any()
        assert all(key.frame == 0 and key.dataset == "synthetic" for key in clip.keys)
        assert clip.frames[:, 0, 0, 0].tolist() == [int(key.item[0]) for key in clip.keys]


def test_a_sequence_is_keyed_by_index_timed_by_rate_and_split_where_the_size_changes(tmp_path):
    sizes = [(8, 6)] * 3 + [(10, 6)] * 2
    paths = [save(tmp_path / f"{i}.png", Image.new("RGB", size)) for i, size in enumerate(sizes)]
    clips = list(open_item(sequence(paths), 2, CPU))
    assert [len(clip) for clip in clips] == [2, 1, 2]
    assert [key for clip in clips for key in clip.keys] == [("synthetic", "walk", i) for i in range(5)]
    assert torch.cat([clip.pts_seconds for clip in clips]).tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert all(clip.consecutive for clip in clips)


def halves(tmp_path):
    """Three stills, the second a JPEG cut in half."""
    paths = [save(tmp_path / f"{i}.jpg", Image.fromarray(RGB)) for i in range(3)]
    data = paths[1].read_bytes()
    paths[1].write_bytes(data[: len(data) // 2])
    return paths


@pytest.mark.parametrize("source", ["images", "dali"])
@pytest.mark.parametrize("clip_frames", [1, 8])
def test_a_jpeg_cut_in_half_leaves_the_other_stills_be(tmp_path, source, clip_frames):
    if source == "dali":
        pytest.importorskip("nvidia.dali", reason="the extra dali is not installed")
    clips = list(open_item(stills(halves(tmp_path)), clip_frames, CPU, source))
    (broken,) = (clip for clip in clips if isinstance(clip, BrokenStill))
    assert broken.name == "1.jpg" and isinstance(broken.error, MediaError) and "1.jpg" in str(broken.error)
    whole = [clip for clip in clips if not isinstance(clip, BrokenStill)]
    assert [key.item for clip in whole for key in clip.keys] == ["0.jpg", "2.jpg"]


def test_a_jpeg_cut_in_half_ends_a_sequence_after_its_whole_frames(tmp_path):
    got = []
    with pytest.raises(MediaError, match=r"1\.jpg"):
        for clip in open_item(sequence(halves(tmp_path)), 8, CPU):
            got += [key.frame for key in clip.keys]
    assert got == [0]


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_bytes_that_are_no_image_are_an_error(tmp_path, content):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"a\.png"):
        one(path)


def test_every_broken_still_is_named(tmp_path):
    paths = [tmp_path / f"{i}.png" for i in range(3)]
    for path in paths[:2]:
        path.write_bytes(b"nothing")
    broken = list(open_item(stills(paths), 4, CPU))
    assert [each.name for each in broken] == ["0.png", "1.png", "2.png"]
    assert [type(each.error) for each in broken] == [MediaError, MediaError, MissingData]


@pytest.mark.parametrize("source", ["images", "dali"])
def test_a_missing_image_is_missing_data(tmp_path, source):
    if source == "dali":
        pytest.importorskip("nvidia.dali", reason="the extra dali is not installed")
    with pytest.raises(MissingData, match=r"none\.png"):
        one(tmp_path / "none.png", source)


def test_auto_is_images_for_image_files_on_every_device(tmp_path):
    item = stills([save(tmp_path / "a.png", Image.fromarray(RGB))])
    assert choose(item, CPU) == choose(item, torch.device("cuda")) == "images"


@pytest.mark.parametrize(("medium", "source"), [("video", "images"), ("stills", "pyav"), ("stills", "decord")])
def test_a_source_of_another_medium_says_which_to_choose(tmp_path, medium, source):
    path = tmp_path / "a.png"
    with pytest.raises(AhcStreamError, match=r"[Cc]hoose the source"):
        list(open_item(video(path) if medium == "video" else stills([path]), 4, CPU, source))


def test_an_unknown_source_names_the_nearest(tmp_path):
    with pytest.raises(UnknownName, match="pyav"):
        list(open_item(stills([tmp_path / "a.png"]), 4, CPU, "pyavv"))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.bmp", "a.tiff"])
def test_dali_gives_pillows_pixels_on_the_cpu(tmp_path, name):
    pytest.importorskip("nvidia.dali", reason="the extra dali is not installed")
    path = save(tmp_path / name, Image.fromarray(RGB))
    assert np.abs(one(path, "dali").astype(int) - one(path)).max() <= 1


def test_dali_keeps_order_keys_and_times_of_a_sequence(tmp_path):
    pytest.importorskip("nvidia.dali", reason="the extra dali is not installed")
    sizes = [(16, 8)] * 3 + [(24, 8)] * 2
    paths = [save(tmp_path / f"{i}.png", Image.new("RGB", size, (i, 9, 9))) for i, size in enumerate(sizes)]
    clips = list(open_item(sequence(paths), 4, CPU, "dali"))
    assert [len(clip) for clip in clips] == [3, 1, 1]
    assert [key.frame for clip in clips for key in clip.keys] == [int(f[0, 0, 0]) for c in clips for f in c.frames]
    assert torch.cat([clip.pts_seconds for clip in clips]).tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_dali_refuses_alpha(tmp_path):
    pytest.importorskip("nvidia.dali", reason="the extra dali is not installed")
    with pytest.raises(MediaError, match="mode RGBA"):
        one(save(tmp_path / "a.png", Image.new("RGBA", (8, 8))), "dali")


def test_real_jpegs_are_the_same_through_pillow_and_dali():
    pytest.importorskip("nvidia.dali", reason="the extra dali is not installed")
    paths = sorted(real("datasets/coco/val2017").glob("*.jpg"))[:6]
    for path in paths:
        assert np.abs(one(path, "dali").astype(int) - one(path)).max() <= 1
