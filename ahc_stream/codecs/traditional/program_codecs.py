"""Video encoders of the ffmpeg program that PyAV's libraries lack: vvenc, libaom, rav1e. PyAV decodes their streams.

Repeatable, as tried: vvenc and rav1e with any number of threads; libaom with one thread, and with other bytes with two
or more, where it codes the rows of a frame beside one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from ahc_stream.codecs.traditional.ffmpeg_decoder import FfmpegDecoder
from ahc_stream.codecs.traditional.ffmpeg_settings import aom_settings, rav1e_settings, vvenc_settings
from ahc_stream.codecs.traditional.layout import Layout
from ahc_stream.codecs.traditional.nal import without_delimiters
from ahc_stream.codecs.traditional.program_encoder import ProgramEncoder, ProgramSpec
from ahc_stream.codecs.traditional.workers import WORKERS
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.programs import ffmpeg_with
from ahc_stream.core.stream import Stream

PROGRAMS: Mapping[str, ProgramSpec] = {
    # Its I frames are IDR frames without leading pictures, and in its random-access configuration every other frame is
    # a B frame. FFmpeg's libvvenc takes one pixel format. It refuses 16 x 16.
    "vvc": ProgramSpec("libvvenc", "vvc", 32, "mpegts", vvenc_settings, "B", "yuv420p10le", without_delimiters),
    "av1-aom": ProgramSpec("libaom-av1", "libdav1d", 16, "ivf", aom_settings, "P"),
    "av1-rav1e": ProgramSpec("librav1e", "libdav1d", 16, "ivf", rav1e_settings, "P"),
}
"""By the name of the codec."""


def encoder_program(point: OperatingPoint) -> str:
    """The path of the ffmpeg program that encodes it. Raises MissingExtra where none is here that has the encoder."""
    return ffmpeg_with(PROGRAMS[point.codec].name, "-encoders")


class ProgramCodec:
    """One encoder at one operating point.

    stills_at_once:  streams of one frame that are encoded beside one another.
    """

    stills_at_once = WORKERS

    def __init__(self, point: OperatingPoint, device: torch.device) -> None:
        self.point, self.device = point, device
        self._program = PROGRAMS[point.codec]

    def encoder(self, stream: Stream) -> ProgramEncoder:
        return ProgramEncoder(self.point, self._program, stream)

    def decoder(self, header: Mapping[str, Any]) -> FfmpegDecoder:
        return FfmpegDecoder(self._program.decoder, Layout.read(header), self.device)
