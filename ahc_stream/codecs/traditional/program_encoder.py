"""An encoder in imageio-ffmpeg's ffmpeg program: raw frames go into its stdin, coded ones with times come back."""

from __future__ import annotations

import queue
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import IO, Any

from ahc_stream.codecs.traditional.coding import MATRIX_TAGS, RANGE_TAGS
from ahc_stream.codecs.traditional.control import FfmpegOptions
from ahc_stream.codecs.traditional.delay import IN_PROGRAM
from ahc_stream.codecs.traditional.layout import Layout, frame_rate
from ahc_stream.codecs.traditional.pixels import host_block
from ahc_stream.codecs.traditional.timed_packets import READERS, Packets, TimedPacket
from ahc_stream.core.clip import Clip
from ahc_stream.core.colour import planes_to_frame
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.programs import ffmpeg_with
from ahc_stream.core.stream import Stream
from ahc_stream.core.unit import Unit

_PATIENCE = 10.0  # seconds


def _as_it_is(payload: bytes) -> bytes:
    return payload


@dataclass(frozen=True)
class ProgramSpec:
    """An encoder of the program.

    name:          FFmpeg's name of it.
    decoder:       PyAV's decoder for its streams.
    smallest:      the least width and height that it codes; smaller frames are padded up to it.
    container:     the plainest format with times that the program writes its packets in: a key of `READERS`.
    settings:      (quality, options) -> FFmpeg's options, but for colours, threads and GOPs.
    inter:         the type of frames that are no key frames.
    pixel_format:  the only one that it takes; "" where the point's option names it.
    payload:       a packet -> what is kept of it.
    """

    name: str
    decoder: str
    smallest: int
    container: str
    settings: Callable[[float, Mapping[str, str]], FfmpegOptions]
    inter: str
    pixel_format: str = ""
    payload: Callable[[bytes], bytes] = _as_it_is


class ProgramEncoder:
    """Codes one stream, at its mean rate. See `core.protocols.Encoder`.

    A thread reads what the program writes. An encoder that is let go before it has finished takes its program along.
    """

    frames_at_once = 1

    def __init__(self, point: OperatingPoint, program: ProgramSpec, stream: Stream) -> None:
        self._point, self._program, self._options = point, program, dict(point.options)
        self._pixel_format = program.pixel_format or self._options["pixel_format"]
        self._layout, self._rate = Layout.of(stream, self._options, program.smallest), frame_rate(stream)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the program runs
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command(), stdin=pipe, stdout=pipe, stderr=self._log)
        weakref.finalize(self, _end, self._process)
        self._packets: Packets = queue.SimpleQueue()
        arguments = self._process.stdout, self._packets
        self._reader = threading.Thread(
            target=READERS[program.container], args=arguments, name=program.name, daemon=True
        )
        self._reader.start()
        self._pushed = self._coded = 0  # frames
        self._start: Fraction | None = None  # seconds of the first packet

    @property
    def header(self) -> Mapping[str, Any]:
        return self._layout.header

    def push(self, clip: Clip) -> Sequence[Unit]:
        units: list[Unit] = []
        for planes in host_block(clip.frames):
            units += self._room()
            frame = planes_to_frame(self._layout.fit(planes), self._pixel_format, self._layout.colour)
            self._feed(frame.to_ndarray().tobytes())
            self._pushed += 1
        return [*units, *self._ready()]

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

    def _room(self) -> list[Unit]:
        """Waits until the program holds fewer frames than it may, and gives what came meanwhile. A program that is
        silent for long gets the next frame all the same, for it may be waiting itself."""
        units = []
        while self._pushed - self._coded >= IN_PROGRAM[self._point.codec] and self._reader.is_alive():
            try:
                units.append(self._unit(self._packets.get(timeout=_PATIENCE)))
            except queue.Empty:
                break
        return units

    def _ready(self) -> list[Unit]:
        units = []
        while not self._packets.empty():
            units.append(self._unit(self._packets.get()))
        return units

    def _unit(self, packet: TimedPacket) -> Unit:
        if self._start is None:  # the first packet is the first frame: a key frame
            self._start = packet.seconds
        self._coded += 1
        frame = round((packet.seconds - self._start) * self._rate)
        kind = "I" if packet.is_key else self._program.inter
        return Unit(self._program.payload(packet.payload), frame, kind, key=packet.is_key)

    def _failed(self, got: str) -> CodecError:
        self._process.wait()
        self._log.seek(0)
        log = self._log.read().decode(errors="replace").strip()[-500:]
        return CodecError(f"{self._program.name} to encode", log or got, "choose other options")

    def _command(self) -> list[str]:
        assert self._point.quality is not None, "the table gives every point of these codecs its quality"
        layout, options = self._layout, self._options
        size = f"{layout.coded_width}x{layout.coded_height}"
        tag, samples = MATRIX_TAGS[layout.matrix], RANGE_TAGS["full" if layout.full_range else "limited"]
        settings = self._program.settings(self._point.quality, options)
        colour = (
            f"setparams=range={samples}:colorspace={tag}:color_primaries={tag}:color_trc={tag}:chroma_location=left"
        )
        return [
            *(ffmpeg_with(self._program.name, "-encoders"), "-hide_banner", "-loglevel", "error"),
            *("-f", "rawvideo", "-pix_fmt", self._pixel_format, "-s", size, "-r", str(self._rate), "-i", "pipe:0"),
            *("-vf", colour, "-c:v", self._program.name, "-threads", options["threads"]),
            *(word for name, value in settings.items() for word in (f"-{name}", value)),
            *("-f", self._program.container, "pipe:1"),
        ]


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
