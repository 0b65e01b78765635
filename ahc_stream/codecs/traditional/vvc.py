"""H.266 through two programs of FFmpeg: libvvenc in imageio-ffmpeg's, as a subprocess over pipes, and PyAV's decoder.

vvenc's bytes do not depend on its number of threads. Its I frames are IDR frames without leading pictures, and in its
random-access configuration every other frame is a B frame.
"""

from __future__ import annotations

import queue
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

import torch

from ahc_stream.codecs.traditional.ffmpeg_decoder import FfmpegDecoder
from ahc_stream.codecs.traditional.ffmpeg_settings import vvenc_settings
from ahc_stream.codecs.traditional.layout import Layout, frame_rate
from ahc_stream.codecs.traditional.nal import without_delimiters
from ahc_stream.codecs.traditional.pixels import host_block
from ahc_stream.codecs.traditional.workers import WORKERS
from ahc_stream.core.clip import Clip
from ahc_stream.core.colour import planes_to_frame
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.programs import ffmpeg_with
from ahc_stream.core.stream import Stream
from ahc_stream.core.unit import Unit

_SMALLEST = 32  # vvenc refuses 16 x 16
_TAGS = {"bt709": "bt709", "bt601": "smpte170m"}
_PIXEL_FORMAT = "yuv420p10le"  # the only one that FFmpeg's libvvenc takes
_TRANSPORT_CLOCK = 90_000  # ticks per second of an MPEG transport stream's times


class Vvc:
    """vvenc at one operating point.

    stills_at_once:  streams of one frame that are encoded beside one another.
    """

    stills_at_once = WORKERS

    def __init__(self, point: OperatingPoint, device: torch.device) -> None:
        self.point, self.device = point, device

    def encoder(self, stream: Stream) -> VvcEncoder:
        return VvcEncoder(self.point, stream)

    def decoder(self, header: Mapping[str, Any]) -> FfmpegDecoder:
        return FfmpegDecoder("vvc", Layout.read(header), self.device)


class VvcEncoder:
    """Codes one stream, at its mean rate. See `core.protocols.Encoder`.

    Raw frames go into the program's stdin, and an MPEG transport stream, the plainest format with times for each
    packet, comes out of stdout, which a thread reads. An encoder that is let go before it has finished takes its
    program along.
    """

    frames_at_once = 1

    def __init__(self, point: OperatingPoint, stream: Stream) -> None:
        self._point, self._options = point, dict(point.options)
        self._layout, self._rate = Layout.of(stream, self._options, _SMALLEST), frame_rate(stream)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the program runs
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command(), stdin=pipe, stdout=pipe, stderr=self._log)
        weakref.finalize(self, _end, self._process)
        self._packets: queue.SimpleQueue[TimedPacket] = queue.SimpleQueue()
        arguments = self._process.stdout, self._packets
        self._reader = threading.Thread(target=_read, args=arguments, name="vvenc", daemon=True)
        self._reader.start()
        self._pushed = self._coded = 0  # frames
        self._start: int | None = None  # ticks of the first packet

    @property
    def header(self) -> Mapping[str, Any]:
        return self._layout.header

    def push(self, clip: Clip) -> Sequence[Unit]:
        for planes in host_block(clip.frames):
            frame = planes_to_frame(self._layout.fit(planes), _PIXEL_FORMAT, self._layout.colour)
            self._feed(frame.to_ndarray().tobytes())
            self._pushed += 1
        return self._ready()

    def finish(self) -> Sequence[Unit]:
        self._close_input()
        self._reader.join()
        status, units = self._process.wait(), self._ready()
        if status != 0 or self._coded != self._pushed:
            raise self._failed(f"exit status {status} and {self._coded} of {self._pushed} frames")
        return units

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None, "it was opened with a pipe"
        return self._process.stdin

    def _feed(self, raw: bytes) -> None:
        try:
            self._input.write(raw)
        except BrokenPipeError as error:
            raise self._failed("an early end") from error

    def _close_input(self) -> None:
        with suppress(BrokenPipeError):  # it ended early: its exit status and its log say why
            self._input.close()

    def _ready(self) -> list[Unit]:
        units = []
        while not self._packets.empty():
            units.append(self._unit(self._packets.get()))
        return units

    def _unit(self, packet: TimedPacket) -> Unit:
        payload, ticks, is_key = packet
        if self._start is None:  # the first packet is the first frame: an IDR frame
            self._start = ticks
        self._coded += 1
        frame = round((ticks - self._start) * self._rate / _TRANSPORT_CLOCK)
        return Unit(without_delimiters(payload), frame, "I" if is_key else "B", key=is_key)

    def _failed(self, got: str) -> CodecError:
        self._process.wait()
        self._log.seek(0)
        log = self._log.read().decode(errors="replace").strip()[-500:]
        return CodecError("libvvenc to encode", log or got, "choose other options")

    def _command(self) -> list[str]:
        assert self._point.quality is not None, "the table gives every point of vvc its quality"
        layout, options = self._layout, self._options
        size = f"{layout.coded_width}x{layout.coded_height}"
        tag, samples = _TAGS[layout.matrix], "pc" if layout.full_range else "tv"
        settings = vvenc_settings(self._point.quality, options)
        colour = f"setparams=range={samples}:colorspace={tag}:color_primaries={tag}:color_trc={tag}"
        return [
            *(vvenc_program(), "-hide_banner", "-loglevel", "error"),
            *("-f", "rawvideo", "-pix_fmt", _PIXEL_FORMAT, "-s", size, "-r", str(self._rate), "-i", "pipe:0"),
            *("-vf", colour, "-c:v", "libvvenc", "-threads", options["threads"]),
            *(word for name, value in settings.items() for word in (f"-{name}", value)),
            *("-f", "mpegts", "pipe:1"),
        ]


TimedPacket = tuple[bytes, int, bool]
"""Payload, presentation time in ticks of the transport stream's clock, whether it is a key frame."""


def vvenc_program() -> str:
    """The path of an ffmpeg with libvvenc. Raises MissingExtra where imageio-ffmpeg has none."""
    return ffmpeg_with("libvvenc", "-encoders")


def _read(transport: IO[bytes], packets: queue.SimpleQueue[TimedPacket]) -> None:
    """Puts the packets of a transport stream into a queue, in coding order, until it ends."""
    import av

    try:
        with av.open(transport, "r", format="mpegts") as container:
            for packet in container.demux(video=0):
                if packet.size and packet.pts is not None:
                    packets.put((bytes(packet), packet.pts, packet.is_keyframe))
    except av.FFmpegError:
        return  # the program failed: its exit status, its log and the missing packets say so


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
