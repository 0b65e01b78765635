"""What PyAV's source yields: counts, times, sizes, and what it says about files that are not whole."""

from __future__ import annotations

import struct

import av
import numpy as np
import pytest

from ahc_stream.core.colour import Colour
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.sources import choose, open_item
from tests.conftest import real
from tests.sources.streams import CPU, opened, pixels, scene, video, write

STREAMS = [
    ("libx264", "yuv420p", "mp4"),
    ("libx264", "yuv422p", "mp4"),
    ("libx264", "yuv444p", "mp4"),
    ("libx264", "yuv420p10le", "mkv"),
    ("libx264", "yuv422p10le", "mkv"),
    ("libx265", "yuv420p", "mp4"),
    ("libx265", "yuv420p10le", "mp4"),
    ("libvpx", "yuv420p", "webm"),
    ("libvpx-vp9", "yuv420p", "webm"),
    ("libsvtav1", "yuv420p", "mp4"),
    ("mjpeg", "yuvj420p", "avi"),
    ("ffv1", "gray", "mkv"),
]


def broken_off(path, source="pyav"):
    """The clips that come, and the error that ends them."""
    clips = []
    with pytest.raises(MediaError) as caught:
        clips.extend(open_item(video(path), 4, CPU, source))
    return clips, str(caught.value)


@pytest.mark.parametrize(("codec", "pixel_format", "suffix"), STREAMS)
def test_every_codec_and_pixel_format_comes_back_as_the_scene(tmp_path, codec, pixel_format, suffix):
    if pixel_format == "gray":
        path = grey_video(tmp_path / "a.mkv")
        expected = [scene(64, 96, i)[..., [0, 0, 0]] for i in range(6)]
    else:
        path = write(tmp_path / f"a.{suffix}", codec, pixel_format, colour=Colour("bt601", "j" in pixel_format))
        expected = [scene(64, 96, i) for i in range(6)]
    clips = opened(path, "pyav")
    assert [len(clip) for clip in clips] == [4, 2]
    assert [key.frame for clip in clips for key in clip.keys] == list(range(6))
    errors = np.abs(pixels(clips).numpy() - np.stack(expected).transpose(0, 3, 1, 2))
    assert np.median(errors) <= 6  # lossy; another frame or matrix would be at 15 and more


def grey_video(path):
    with av.open(str(path), "w") as output:
        stream = output.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = 64, 96, "gray"
        stream.codec_context.color_range = 2
        for index in range(6):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(scene(64, 96, index)[..., 0].copy(), "gray")))
        output.mux(stream.encode())
    return path


def test_a_variable_frame_rate_keeps_its_timestamps(tmp_path):
    times = [0, 40, 90, 100, 200, 201, 250, 900]
    path = write(tmp_path / "a.mkv", frames=8, milliseconds=times)
    got = [t for clip in opened(path, "pyav", 3) for t in clip.pts_seconds.tolist()]
    assert np.allclose(got, np.array(times) / 1000)


def test_b_frames_come_in_presentation_order(tmp_path):
    path = write(tmp_path / "a.mp4", frames=12, options={"bf": "3", "b-adapt": "0", "x264-params": "scenecut=0"})
    with av.open(str(path)) as container:
        times = [packet.pts for packet in container.demux(video=0) if packet.size]
    assert times != sorted(times)  # the stream has B-frames
    got = pixels(opened(path, "pyav", 5))
    expected = np.stack([scene(64, 96, i).transpose(2, 0, 1) for i in range(12)])
    assert all(np.abs(got.numpy() - expected[i]).mean((1, 2, 3)).argmin() == i for i in range(12))
    seconds = [t for clip in opened(path, "pyav", 5) for t in clip.pts_seconds.tolist()]
    assert np.allclose(np.diff(seconds), 0.04, atol=1e-3)


def test_a_size_change_starts_a_new_clip(tmp_path):
    small = write(tmp_path / "a.h264", size=(64, 96), frames=3).read_bytes()
    large = write(tmp_path / "b.h264", size=(80, 112), frames=2).read_bytes()
    both = tmp_path / "both.h264"
    both.write_bytes(small + large)
    clips = opened(both, "pyav", 32)
    assert [tuple(clip.frames.shape) for clip in clips] == [(3, 3, 64, 96), (2, 3, 80, 112)]
    assert [key.frame for clip in clips for key in clip.keys] == [0, 1, 2, 3, 4]
    assert clips[1].pts_seconds[0] > clips[0].pts_seconds[-1]


def test_a_container_that_promises_more_frames_than_it_has_gives_what_it_has(tmp_path):
    path = write(tmp_path / "a.avi", frames=5)
    data = bytearray(path.read_bytes())
    for marker, offset in ((b"avih", 8 + 16), (b"strh", 8 + 32)):  # dwTotalFrames, dwLength
        at = data.index(marker) + offset
        assert struct.unpack_from("<I", data, at) == (5,)
        struct.pack_into("<I", data, at, 5000)
    path.write_bytes(data)
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 5000
    assert sum(map(len, opened(path, "pyav"))) == 5


def cut(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_a_cut_file_gives_its_whole_frames_and_then_an_error(tmp_path, suffix):
    still = {"movflags": "faststart"} if suffix == "mp4" else {}
    whole = write(
        tmp_path / f"a.{suffix}", frames=40, options={"g": "8", "bf": "0", "crf": "20"}, container_options=still
    )
    frames = pixels(opened(whole, "pyav"))
    clips, message = broken_off(cut(whole, 0.6))
    got = sum(map(len, clips))
    assert 8 <= got < 40
    assert "whole" in message or "intact" in message or "readable" in message
    assert (pixels(clips)[: got - 1] == frames[: got - 1]).all()  # the last may be the cut one, as far as it goes


def test_a_cut_file_without_its_index_is_an_error(tmp_path):
    clips, message = broken_off(cut(write(tmp_path / "a.mp4"), 0.6))
    assert not clips and "readable video" in message


@pytest.mark.parametrize("content", [b"", b"not a video at all" * 100])
def test_bytes_that_are_no_video_are_an_error(tmp_path, content):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert not broken_off(path)[0]


def test_a_file_without_a_video_stream_is_an_error(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        output.mux(stream.encode(frame))
    assert "video stream" in broken_off(path)[1]


def test_a_missing_file_is_missing_data(tmp_path):
    with pytest.raises(MissingData, match="no such file"):
        opened(tmp_path / "none.mp4", "pyav")


def test_auto_on_the_cpu_is_pyav_for_video(tmp_path):
    path = write(tmp_path / "a.mp4")
    assert choose(video(path), CPU) == "pyav"
    assert (pixels(opened(path, "auto")) == pixels(opened(path, "pyav"))).all()


@pytest.mark.parametrize(
    ("name", "frames", "size"),
    [
        ("bikes.mp4", 250, (272, 640)),
        ("carphone_pristine.mp4", 120, (144, 176)),
        ("crowd_1080p_8frames.mp4", 8, (1080, 1920)),
    ],
)
def test_real_clips_have_the_frames_that_ffmpeg_decodes(name, frames, size):
    clips = opened(real(f"clips/{name}"), "pyav", 32)
    assert sum(map(len, clips)) == frames
    assert {(clip.height, clip.width) for clip in clips} == {size}
    assert all(len(clip) == 32 for clip in clips[:-1])
    assert all(clip.consecutive for clip in clips)
