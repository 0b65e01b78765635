"""A coded file -> frames. Some frames of one segment are in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import torch
from torch import Tensor

from ahc_stream import codecs, sources
from ahc_stream.codecs.foreign_errors import decoding_errors
from ahc_stream.container import AhcReader, FileHeader, Segment, is_ahc
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.errors import CodecError
from ahc_stream.core.sessions import AnyCodec, open_decoder
from ahc_stream.transcode import foreign
from ahc_stream.transcode.containers import AUTO, COMPRESSAI, READ, check_container
from ahc_stream.transcode.decoded import Decoded, DecodedClip
from ahc_stream.transcode.frame_range import FrameRange, Selection, frame_range

UNITS_AT_ONCE = 16
"""Coded frames that go into a decoder together, where memory allows for as many."""

_RANDOM = "random:"
_BROKEN = "fetch the file again, or report its writer"


@contextmanager
def open_coded_file(
    path: Path,
    device: torch.device,
    *,
    weights: str | None = None,
    frames: Selection = None,
    container: str = AUTO,
    salvage: bool = False,
    limits: sources.Limits = sources.DEFAULT_LIMITS,
) -> Iterator[Decoded]:
    """A coded file, ready to be decoded on `device`.

    weights:    of a learned codec, as for a run; a stream of random weights names its own.
    frames:     (a, b): frames a <= number < b only; None for an end that is open. Other segments are not read.
    container:  "ahc", "compressai", or "auto", which looks.
    salvage:    take an unfinished .ahc file, up to the cut.
    limits:     how large a frame may be, and frames that are decoded together: what a file claims is held to them
                before anything makes room for it.

    Raises MissingData, InvalidValue, UnknownName, and CodecError: not such a file, too large, other weights, damage.
    """
    check_container(container, READ)
    if container == COMPRESSAI or (container == AUTO and not is_ahc(path)):
        yield _open_compressai(path, device, weights, frames, limits)
        return
    with AhcReader(path, salvage, limits.frame_pixels) as reader:
        header = reader.header
        selected = frame_range(frames, len(reader))
        codec = _codec(header, device, weights, path)
        yield Decoded(
            header.medium,
            header.source,
            header.time_base,
            len(selected),
            len(selected) < len(reader),
            _clips(reader, codec, selected, limits),
            header.notes,
            header.presentation,
        )


def _open_compressai(
    path: Path, device: torch.device, weights: str | None, frames: Selection, limits: sources.Limits
) -> Decoded:
    file = foreign.read(path, limits)
    count = len(file.frames)
    selected = frame_range(frames, count)

    def clips() -> Iterator[DecodedClip]:
        codec = codecs.make(foreign.point_of(file), device, weights)
        bitstream = foreign.bitstream_of(file, codec)
        ticks = tuple(range(count)) if file.is_video else ()
        names = () if file.is_video else (path.stem,)
        segment = Segment(bitstream, file.height, file.width, ticks, names)
        yield from _decode(codec, segment, 0, selected, limits)

    medium = "video" if file.is_video else "stills"
    return Decoded(medium, path.stem, Fraction(1, 25), len(selected), len(selected) < count, clips())


def _clips(reader: AhcReader, codec: AnyCodec, selected: FrameRange, limits: sources.Limits) -> Iterator[DecodedClip]:
    for number in range(reader.locate(selected.start), reader.locate(selected.stop - 1) + 1):
        yield from _decode(codec, reader.segment(number), reader.locations[number].first, selected, limits)


def _decode(
    codec: AnyCodec, segment: Segment, first: int, selected: FrameRange, limits: sources.Limits
) -> Iterator[DecodedClip]:
    """A segment as its decoder gives it, block by block: those with selected frames, numbered from `first` on.

    Raises CodecError for a codec's header that is at odds with the container's.
    """
    height, width, count = segment.height, segment.width, len(segment.bitstream.units)
    _check_size(segment)
    done, together = 0, limits.clip_frames(UNITS_AT_ONCE, height, width)
    for frames in _blocks(codec, segment.bitstream, together):
        if frames.shape[1:] != (3, height, width) or done + len(frames) > count:
            got = f"{done} and then {tuple(frames.shape)}"
            raise CodecError(f"{count} frames of {width} x {height}", got, _BROKEN)
        inside = slice(done, done + len(frames))
        clip = DecodedClip(first + done, frames, segment.ticks[inside], segment.names[inside])
        done += len(frames)
        if first + done > selected.start and clip.first < selected.stop:
            yield clip.part(selected.start, selected.stop)
        if first + done >= selected.stop:
            return
    if done != count:
        raise CodecError(f"{count} frames of {width} x {height}", f"{done}", _BROKEN)


def _check_size(segment: Segment) -> None:
    """Before the codec makes room for frames of the size that its own header says. Raises CodecError."""
    header = segment.bitstream.header
    size = header["size"] if "size" in header else [header.get("height"), header.get("width")]
    if size != [segment.height, segment.width]:
        raise CodecError(f"frames of {segment.width} x {segment.height} pixels", f"a header of {size}", _BROKEN)


def _blocks(codec: AnyCodec, bitstream: Bitstream, together: int) -> Iterator[Tensor]:
    """What the decoder gives, `together` units at a time, so that a long segment is never decoded as a whole.

    Raises CodecError, also for a header with an intact CRC that is not of this codec's making.
    """
    expected = f"a stream that {codec.point} reads"
    with decoding_errors(expected):
        decoder = open_decoder(codec, bitstream.header)
    for start in range(0, len(bitstream.units), together):
        with decoding_errors(expected):
            frames = decoder.push(bitstream.units[start : start + together])
        yield from frames
    with decoding_errors(expected):
        frames = decoder.finish()
    yield from frames


def _codec(header: FileHeader, device: torch.device, weights: str | None, path: Path) -> AnyCodec:
    """The codec that the file names. Raises CodecError where its weights are not those that wrote the file."""
    written = header.shared.get("weights")
    if weights is None and isinstance(written, str) and written.startswith(_RANDOM):
        weights = written
    codec = codecs.make(codecs.decoding_point(header.point), device, weights)
    if isinstance(codec, codecs.LearnedCodec):
        _check_weights(codec, header, path)
    return codec


def _check_weights(codec: codecs.LearnedCodec, header: FileHeader, path: Path) -> None:
    kinds = {"weights": "SHA-256 of the weights", "cdf": "hash of the CDF tables"}
    for name, kind in kinds.items():
        here, written = codec.identity.get(name), header.shared.get(name)
        if written != here:
            todo = "name the checkpoint that wrote it with --weights"
            raise CodecError(f"the {kind} that {path} was written with, {written}", str(here), todo)
