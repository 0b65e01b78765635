"""Files of CompressAI's codec example as bitstreams of ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ahc_stream import codecs
from ahc_stream.codecs.learned import image as learned_image
from ahc_stream.codecs.learned import video as learned_video
from ahc_stream.codecs.learned.padding import Padding
from ahc_stream.container import CompressaiFile
from ahc_stream.container.compressai_files import Body
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.errors import CodecError, MissingData
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import AnyCodec
from ahc_stream.core.unit import Unit


def read(path: Path) -> CompressaiFile:
    """The file's content. Raises MissingData, and CodecError for a file of another kind."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MissingData(f"a file to decode at {path}", error.strerror or str(error), "check the path") from error
    try:
        return CompressaiFile.from_bytes(data)
    except CodecError as error:
        expected = f"an .ahc file, or a file of CompressAI's codec example, at {path}"
        got = f"a file that begins {data[:8]!r} (as one of CompressAI's: expected {error.expected}, got {error.got})"
        raise CodecError(expected, got, "check its name") from error


def point_of(file: CompressaiFile) -> OperatingPoint:
    """What the file names, the codec's defaults filled in."""
    options, entry = {"metric": file.metric}, codecs.find(file.codec)
    if file.is_video:
        options["gop"] = str(len(file.frames))
    if "arithmetic" in entry.options:
        options["arithmetic"] = "float32"  # CompressAI's own: the only one that is sure to read what it wrote
    if "transforms" in entry.options:
        options["transforms"] = "compressai"  # the same, for the networks of video
    return entry.point(file.codec, file.quality, options)


def bitstream_of(file: CompressaiFile, codec: AnyCodec) -> Bitstream:
    """The file as what `codec` decodes. It holds neither checksums nor hashes: nothing is verified but the sizes."""
    model = codec.model  # type: ignore[attr-defined]  # every learned codec has its model and its priors
    prior = codec.priors["img"] if file.is_video else codec.prior  # type: ignore[attr-defined]
    padding = Padding(file.height, file.width, learned_video.MULTIPLE if file.is_video else learned_image.MULTIPLE)
    header = {**model.identity, **prior.terms, "padding": list(padding.sides), **file.header}
    units = tuple(_unit(frame, bodies) for frame, bodies in enumerate(file.frames))
    return Bitstream(file.codec, header, units)


def _unit(frame: int, bodies: Sequence[Body]) -> Unit:
    strings = [string for body in bodies for string in body.strings]
    return Unit(b"".join(strings), frame, "P" if frame else "I", parts=tuple(map(len, strings)))
