"""H.266 through two programs of FFmpeg: libvvenc in imageio-ffmpeg's, as a subprocess over pipes, and PyAV's decoder.

vvenc's bytes do not depend on its number of threads. Its I frames are IDR frames without leading pictures, and in its
random-access configuration every other frame is a B frame.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from ahc_stream.codecs.nal import without_delimiters
from ahc_stream.codecs.streams import Layout, decode, encode, frame_rate
from ahc_stream.core.clip import Clip
from ahc_stream.core.colour import planes_to_frame
from ahc_stream.core.errors import CodecError
from ahc_stream.core.programs import ffmpeg_with
from ahc_stream.core.trial import Bitstream, OperatingPoint, Unit

_SMALLEST = 32  # vvenc refuses 16 x 16
_TAGS = {"bt709": "bt709", "bt601": "smpte170m"}
_PIXEL_FORMAT = "yuv420p10le"  # the only one that FFmpeg's libvvenc takes


class Vvc:
    """vvenc at one operating point. Frames that are not consecutive become a stream each."""

    def __init__(self, point: OperatingPoint, device: torch.device) -> None:
        self.point, self.device = point, device
        self._options = dict(point.options)

    def encode(self, clip: Clip) -> Bitstream:
        layout = Layout.of(clip, self._options, _SMALLEST)
        rate = frame_rate(clip)
        return encode(clip, self.point.codec, layout, lambda planes: (self._encode_stream(planes, layout, rate), 0))

    def decode(self, bitstream: Bitstream) -> Tensor:
        return decode(bitstream, self.point.codec, "vvc", self.device)

    def _encode_stream(self, planes: np.ndarray, layout: Layout, rate: Fraction) -> list[Unit]:
        transport = _run(self._command(layout, rate), _raw(planes, layout))
        return [
            Unit(without_delimiters(payload), round(seconds * rate), "I" if is_key else "B")
            for payload, seconds, is_key in _packets(transport)
        ]

    def _command(self, layout: Layout, rate: Fraction) -> list[str]:
        """raw frames on stdin -> an MPEG transport stream on stdout, the plainest format with times for each packet."""
        size, tag = f"{layout.coded_width}x{layout.coded_height}", _TAGS[layout.matrix]
        params = f"decodingrefreshtype=idr_no_radl:intraperiod={self._options['gop']}:accessunitdelimiter=0"
        colour = f"setparams=range={'pc' if layout.full_range else 'tv'}:colorspace={tag}:color_primaries={tag}:color_trc={tag}"
        return [
            *(vvenc_program(), "-hide_banner", "-loglevel", "error"),
            *("-f", "rawvideo", "-pix_fmt", _PIXEL_FORMAT, "-s", size, "-r", str(rate), "-i", "pipe:0"),
            *("-vf", colour, "-c:v", "libvvenc", "-threads", self._options["threads"]),
            *("-qp", f"{self.point.quality:g}", "-preset", self._options["preset"], "-qpa", self._options["qpa"]),
            *("-vvenc-params", params, "-f", "mpegts", "pipe:1"),
        ]


def vvenc_program() -> str:
    """The path of an ffmpeg with libvvenc. Raises MissingExtra where imageio-ffmpeg has none."""
    return ffmpeg_with("libvvenc", "-encoders")


def _raw(planes: np.ndarray, layout: Layout) -> Iterator[bytes]:
    for rgb in planes:
        yield planes_to_frame(layout.fit(rgb), _PIXEL_FORMAT, layout.colour).to_ndarray().tobytes()


def _run(command: list[str], chunks: Iterator[bytes]) -> bytes:
    """What the program writes to stdout while it is fed; CodecError with its own words where it fails."""
    with (
        tempfile.TemporaryFile() as words,
        ThreadPoolExecutor(1) as feeder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words) as process,
    ):
        fed = feeder.submit(_feed, process.stdin, chunks)
        output = process.stdout.read()
        fed.result()
        if process.wait() != 0:
            words.seek(0)
            said = words.read().decode(errors="replace").strip()[-500:]
            raise CodecError("libvvenc to encode", said or f"exit status {process.returncode}", "choose other options")
    return output


def _feed(pipe: io.BufferedWriter, chunks: Iterator[bytes]) -> None:
    try:
        with pipe:
            pipe.writelines(chunks)
    except BrokenPipeError:
        return  # the program ended early: its exit status and its words say why


def _packets(transport: bytes) -> Iterator[tuple[bytes, Fraction, bool]]:
    """Payload, seconds since the first frame and whether it is a key frame, in coding order."""
    import av

    with av.open(io.BytesIO(transport), format="mpegts") as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    start = min(packet.pts for packet in packets)
    for packet in packets:
        yield bytes(packet), (packet.pts - start) * packet.time_base, packet.is_keyframe


def make(point: OperatingPoint, device: torch.device, weights: str | None) -> Vvc:
    """The table's maker; `weights` means nothing here."""
    return Vvc(point, device)
