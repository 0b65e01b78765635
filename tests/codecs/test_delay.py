"""What a codec may hold back: declared, and counted by feeding encoder and decoder frame by frame."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ahc_stream import codecs
from ahc_stream.codecs.learned.gops import MOST_GOPS
from ahc_stream.codecs.traditional.workers import WORKERS
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.point import OperatingPoint
from tests.codecs.traditional.encoding import encode, noise

CPU = torch.device("cpu")
STILLS = [name for name, entry in codecs.CODECS.items() if entry.medium == "still"]
X264_PRESETS = codecs.CODECS["h264"].options["preset"].values.names
X265_PRESETS = codecs.CODECS["h265"].options["preset"].values.names
LONGER_THAN_ANY = 160


def declared(text: str) -> int:
    return codecs.delay(codecs.parse(text)[0], CPU)


def with_threads(text: str, threads: int) -> str:
    """A buffer takes one thread and no other."""
    return text if "maxrate" in text else f"{text}:threads={threads}"


def held(text: str, frames: int = LONGER_THAN_ANY) -> int:
    return encode(text, noise(frames), decoder_threads=WORKERS).held


@pytest.mark.parametrize("text", ["h264@28", "h265@32", "av1@40"])
def test_at_the_defaults_the_bound_holds_and_is_no_empty_promise(text):
    measured = encode(text, noise(300, 180, 320), decoder_threads=WORKERS).held  # of a size that keeps encoders behind
    assert measured <= declared(text) <= 2 * measured + 16


def bounded(presets: tuple[str, ...], tunes: list[str], bframes: int) -> st.SearchStrategy[str]:
    return st.builds(
        ":".join,
        st.tuples(
            st.sampled_from(["28", "200k", "28:maxrate=200k", "200k:maxrate=300k:bufsize=100k"]),
            st.sampled_from(presets).map("preset={}".format),
            st.sampled_from([1, 2, 7, 32, 300]).map("gop={}".format),
            st.one_of(st.integers(0, bframes).map("bframes={}".format), st.sampled_from(tunes).map("tune={}".format)),
        ),
    )


@settings(max_examples=40, deadline=None)
@given(
    options=bounded(X264_PRESETS, ["zerolatency", "animation", "grain", "stillimage", "fastdecode"], 16),
    threads=st.integers(1, 16),
)
def test_x264_never_holds_more_than_is_declared(options, threads):
    text = with_threads(f"h264@{options}", threads)
    assert held(text) <= declared(text)


@settings(max_examples=25, deadline=None)
@given(
    options=bounded(X265_PRESETS[:8], ["zerolatency", "animation", "grain", "fastdecode"], 4),
    threads=st.integers(1, 16),
)
def test_x265_never_holds_more_than_is_declared(options, threads):
    text = with_threads(f"h265@{options}", threads)
    assert held(text) <= declared(text)


@settings(max_examples=12, deadline=None)
@given(
    quality=st.sampled_from(["40", "200k", "40:maxrate=100k"]),
    preset=st.integers(5, 13),
    threads=st.integers(1, 16),
    gop=st.sampled_from([2, 8, 32, 300]),
)
def test_svt_av1_never_holds_more_than_is_declared(quality, preset, threads, gop):
    controls_a_rate = quality != "40"
    text = f"av1@{quality}:preset={preset}:threads={1 if controls_a_rate else threads}:gop={gop}"
    assert held(text, 500) <= declared(text)


@pytest.mark.parametrize(
    "text",
    [
        "ffmpeg:mpeg4@4:bf=16",
        "ffmpeg:mpeg2video@1M:bf=3",
        "ffmpeg:mjpeg@4:threads=16",
        "ffmpeg:png:threads=16",
        "ffmpeg:libvpx-vp9@40:cpu-used=8",
        "vp9@40:preset=8",
        "ffmpeg:libvpx@40:lag-in-frames=25",
        "ffmpeg:prores_ks@4",
        "ffmpeg:libwebp@75",
        "ffmpeg:libx264",
        "ffmpeg:libx264@23:rc-lookahead=250:gop=1000",
        "ffmpeg:libx265",
        "ffmpeg:libsvtav1",
    ],
)
def test_any_encoder_stays_within_its_bound(text):
    assert held(text, 400) <= declared(text)


@pytest.mark.parametrize("name", STILLS)
def test_a_codec_of_stills_holds_nothing(name):
    assert declared(name) == 0


def test_ssf2020_codes_frame_by_frame_and_on_a_gpu_some_groups_of_pictures_together():
    assert declared("ssf2020-lite@1:gop=7") == 0
    assert codecs.delay(codecs.parse("ssf2020-lite@1:gop=7")[0], torch.device("cuda")) == 7 * MOST_GOPS


def test_weights_that_label_a_point_leave_its_delay_as_it_is():
    point = codecs.settled(codecs.parse("ssf2020@1:gop=7")[0], "random:0")[0]
    assert codecs.delay(point, torch.device("cuda")) == 7 * MOST_GOPS


def test_a_point_that_leaves_its_options_out_has_the_delay_of_the_defaults():
    assert codecs.delay(OperatingPoint("h264", 28), CPU) == declared("h264@28")


def test_zero_latency_and_one_thread_leave_the_decoder_alone():
    assert encode("h264@28:tune=zerolatency:threads=1", noise(20)).held_by_encoder == 0
    assert declared("h264@28:tune=zerolatency:threads=1") < declared("h264@28:tune=zerolatency:threads=9")


def test_a_point_of_no_codec_has_no_delay():
    with pytest.raises(InvalidValue):
        codecs.delay(OperatingPoint("h264"), CPU)
