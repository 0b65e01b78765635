"""A stream through two programs that read and write one raw file, 8 bits, 4:2:0.

A file does not say which bytes are of which frame: a stream's count at its first frame, and its sum is what it is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from ahc_stream.codecs.programs.definition import Definition
from ahc_stream.codecs.traditional.layout import AGAIN, Layout, frame_rate
from ahc_stream.codecs.traditional.pixels import Samples, host_block, host_buffer
from ahc_stream.codecs.traditional.workers import WORKERS
from ahc_stream.core.clip import Clip
from ahc_stream.core.colour import frame_to_planes, planes_to_frame
from ahc_stream.core.errors import CodecError, DiskError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.quality import number_text
from ahc_stream.core.stream import Stream
from ahc_stream.core.unit import Unit

_FORMAT = "yuv420p"
_SMALLEST = 16  # pixels: encoders refuse smaller sides
_ROOM = "make room there, or name another folder in TMPDIR"


class RawPrograms:
    """Two programs at one operating point.

    stills_at_once:  streams of one frame that are coded beside one another.
    """

    stills_at_once = WORKERS

    def __init__(self, point: OperatingPoint, definition: Definition, device: torch.device) -> None:
        self.point, self.definition, self.device = point, definition, device

    def encoder(self, stream: Stream) -> RawEncoder:
        return RawEncoder(self.point, self.definition, stream)

    def decoder(self, header: Mapping[str, Any]) -> RawDecoder:
        return RawDecoder(self.point, self.definition, header, self.device)


class RawEncoder:
    """Codes one stream: frames go into a file as they come, and the program runs when the stream has ended."""

    frames_at_once: int | None = None

    def __init__(self, point: OperatingPoint, definition: Definition, stream: Stream) -> None:
        self._point, self._definition, self._frames = point, definition, 0
        self._layout = Layout.of(stream, dict(point.options), _SMALLEST)
        self._fps = rate_text(float(frame_rate(stream)))
        self._folder = tempfile.TemporaryDirectory(prefix="ahc-stream-")  # goes with this object
        self._raw: IO[bytes] = (Path(self._folder.name) / "in.yuv").open("wb")

    @property
    def header(self) -> Mapping[str, Any]:
        return {**self._layout.header, "fps": self._fps}

    def push(self, clip: Clip) -> Sequence[Unit]:
        for planes in host_block(clip.frames):
            frame = planes_to_frame(self._layout.fit(planes), _FORMAT, self._layout.colour)
            self._write(frame.to_ndarray().tobytes())
            self._frames += 1
        return ()

    def finish(self) -> Sequence[Unit]:
        self._raw.close()
        folder = Path(self._folder.name)
        bitstream = folder / f"coded{self._definition.suffix}"
        values = values_of(self._point, self._layout, self._fps, self._frames)
        files = {"in": self._raw.name, "out": bitstream, "bitstream": bitstream, "recon": folder / "recon.yuv"}
        self._definition.encoder.run({**values, **texts(files)}, self._definition.timeout)
        payload = read(bitstream, "encoder")
        self._folder.cleanup()
        rest = [Unit(b"", frame, "P") for frame in range(1, self._frames)]
        return [Unit(payload, 0, "I"), *rest]

    def _write(self, raw: bytes) -> None:
        try:
            self._raw.write(raw)
        except OSError as error:
            raise DiskError(f"to write {self._raw.name}", error.strerror or str(error), _ROOM) from error


class RawDecoder:
    """Decodes one stream, or its segments one after another: each begins with a unit that holds its bytes."""

    def __init__(
        self, point: OperatingPoint, definition: Definition, header: Mapping[str, Any], device: torch.device
    ) -> None:
        self._point, self._definition, self._device = point, definition, device
        self._fps = str(header.get("fps"))
        self._layout = Layout.read({name: value for name, value in header.items() if name != "fps"})
        self._payload, self._frames = b"", 0

    def push(self, units: Sequence[Unit]) -> Sequence[Tensor]:
        blocks: list[Tensor] = []
        for unit in units:
            unit.check()
            if unit.payload:
                blocks += self.finish()
                self._payload = unit.payload
            elif not self._payload:
                raise CodecError(f"bytes in the first frame of {self._point.codec}", "none", AGAIN)
            self._frames += 1
        return blocks

    def finish(self) -> Sequence[Tensor]:
        if not self._frames:
            return ()
        block = self._decoded(self._payload, self._frames)
        self._payload, self._frames = b"", 0
        return [block]

    def _decoded(self, payload: bytes, frames: int) -> Tensor:
        with tempfile.TemporaryDirectory(prefix="ahc-stream-") as name:
            bitstream, recon = Path(name) / f"coded{self._definition.suffix}", Path(name) / "recon.yuv"
            bitstream.write_bytes(payload)
            values = values_of(self._point, self._layout, self._fps, frames)
            files = {"in": bitstream, "out": recon, "bitstream": bitstream, "recon": recon}
            self._definition.decoder.run({**values, **texts(files)}, self._definition.timeout)
            return self._frames_of(recon, frames)

    def _frames_of(self, recon: Path, frames: int) -> Tensor:
        """uint8 [frames, 3, H, W] out of a raw file of just so many."""
        layout = self._layout
        rows, columns = layout.coded_height * 3 // 2, layout.coded_width
        raw = np.frombuffer(read(recon, "decoder"), np.uint8)
        if raw.size != frames * rows * columns:
            expected = f"{frames} frames of {columns} x {layout.coded_height}, {frames * rows * columns} bytes"
            got = f"{raw.size} bytes out of the decoder of {self._point.codec}"
            raise CodecError(expected, got, "check its command line and the size that it writes")
        planes = host_buffer((frames, 3, layout.height, layout.width), self._device)
        for samples, into in zip(raw.reshape(frames, rows, columns), planes, strict=True):
            into[...] = self._rgb(samples)
        return torch.from_numpy(planes).to(self._device)

    def _rgb(self, samples: Samples) -> Samples:
        import av

        frame = av.VideoFrame.from_ndarray(samples, _FORMAT)
        return frame_to_planes(frame, self._layout.colour)[:, : self._layout.height, : self._layout.width]


def values_of(point: OperatingPoint, layout: Layout, fps: str, frames: int) -> dict[str, str]:
    """What stands for the placeholders that are no files."""
    quality = "" if point.quality is None else number_text(point.quality)
    size = {"width": str(layout.coded_width), "height": str(layout.coded_height)}
    return {**dict(point.options), **size, "fps": fps, "frames": str(frames), "qp": quality}


def texts(files: Mapping[str, Any]) -> dict[str, str]:
    """Paths as words of a command line."""
    return {name: str(path) for name, path in files.items()}


def read(path: Path, role: str) -> bytes:
    """What a program wrote. Raises CodecError where that is nothing."""
    content = path.read_bytes() if path.is_file() else b""
    if not content:
        raise CodecError(
            f"a file that the {role} wrote", "none, or an empty one", "check where its command line writes"
        )
    return content


def rate_text(rate: float) -> str:
    """Frames per second for a command line: `25`, `29.970030`."""
    return str(int(rate)) if rate == int(rate) else f"{rate:.6f}"
