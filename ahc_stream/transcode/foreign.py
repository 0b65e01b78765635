"""Files of CompressAI's codec example as bitstreams of ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ahc_stream import codecs, sources
from ahc_stream.container import CompressaiFile
from ahc_stream.container.blocks import check_budget
from ahc_stream.container.compressai_files import NUMERICS, Body
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.errors import CodecError, MissingData
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import AnyCodec
from ahc_stream.core.unit import Unit


def read(path: Path, limits: sources.Limits) -> CompressaiFile:
    """The file's content. Raises MissingData, and CodecError for a file of another kind, or of frames that are too
    large."""
    try:
        with path.open("rb") as stream:
            data = stream.read(limits.image_bytes + 1)
    except OSError as error:
        raise MissingData(f"a file to decode at {path}", error.strerror or str(error), "check the path") from error
    if len(data) > limits.image_bytes:
        expected = f"a file of at most {limits.image_bytes:,} bytes at {path}, for it is read whole"
        raise CodecError(expected, "a larger one", "check its name")
    file = _parsed(data, path)
    check_budget(file.height, file.width, limits.frame_pixels, path)
    return file


def _parsed(data: bytes, path: Path) -> CompressaiFile:
    try:
        return CompressaiFile.from_bytes(data)
    except CodecError as error:
        expected = f"an .ahc file, or a file of CompressAI's codec example, at {path}"
        got = f"a file that begins {data[:8]!r} (as one of CompressAI's: expected {error.expected}, got {error.got})"
        raise CodecError(expected, got, "check its name") from error


def point_of(file: CompressaiFile) -> OperatingPoint:
    """What the file names; its numerics are CompressAI's, the only ones that are sure to read what it wrote."""
    entry = codecs.find(file.codec)
    numerics = {name: value for name, value in NUMERICS.items() if name in entry.options}
    gop = {"gop": str(len(file.frames))} if file.is_video else {}
    return entry.point(file.codec, file.quality, {"metric": file.metric, **numerics, **gop})


def bitstream_of(file: CompressaiFile, codec: AnyCodec) -> Bitstream:
    """The file as what `codec` decodes. It holds neither checksums nor hashes: nothing is verified but the sizes."""
    assert isinstance(codec, codecs.LearnedCodec), "such files name learned codecs only"
    padding = codec.geometry(file.height, file.width).padding
    header = {**codec.identity, **codec.numerics, "padding": list(padding.sides), **file.header}
    units = tuple(_unit(frame, bodies) for frame, bodies in enumerate(file.frames))
    return Bitstream(file.codec, header, units)


def _unit(frame: int, bodies: Sequence[Body]) -> Unit:
    strings = [string for body in bodies for string in body.strings]
    return Unit(b"".join(strings), frame, "P" if frame else "I", parts=tuple(map(len, strings)))
