"""A coded file -> frames, and frames -> pictures or video. Some frames of one segment are in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import torch
from torch import Tensor

from ahc_stream import codecs
from ahc_stream.container import AhcReader, FileHeader, Segment, is_ahc
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.cuda import lane
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.sessions import AnyCodec, open_decoder
from ahc_stream.transcode import foreign
from ahc_stream.transcode.encode import CONTAINERS, Told

UNITS_AT_ONCE = 16

Frames = tuple[int, int]
"""First frame, and the one after the last."""


@dataclass(frozen=True, eq=False)
class DecodedClip:
    """Frames of one segment, as many as its decoder gave at once.

    first:   number of the first one in the file.
    frames:  uint8 [N, 3, H, W] RGB on the codec's device.
    ticks:   of video, the time of each; names: of stills, the name of each.
    """

    first: int
    frames: Tensor
    ticks: tuple[int, ...]
    names: tuple[str, ...]

    def part(self, start: int, stop: int) -> DecodedClip:
        """The frames whose numbers in the file are in start <= number < stop."""
        inside = slice(max(0, start - self.first), stop - self.first)
        first = self.first + inside.start
        return DecodedClip(first, self.frames[inside], self.ticks[inside], self.names[inside])


@dataclass(frozen=True, eq=False)
class Decoded:
    """A file that is being decoded: `clips` does the work, once. `count` frames will come, of which the whole file has
    as many, or `is_part` is set."""

    medium: str
    source: str
    time_base: Fraction
    count: int
    is_part: bool
    clips: Iterator[DecodedClip]


@contextmanager
def opened(
    path: Path,
    device: torch.device,
    *,
    weights: str | None = None,
    frames: tuple[int | None, int | None] | None = None,
    container: str = "auto",
    salvage: bool = False,
) -> Iterator[Decoded]:
    """A coded file, ready to be decoded on `device`.

    weights:    of a learned codec, as for a run; a stream of random weights names its own.
    frames:     (a, b): frames a <= number < b only; None for an end that is open. Other segments are not read.
    container:  "ahc", "compressai", or "auto", which looks.
    salvage:    take an unfinished .ahc file, up to the cut.

    Raises MissingData, InvalidValue, and CodecError: not such a file, other weights, damage.
    """
    if container not in (*CONTAINERS, "auto"):
        raise InvalidValue(f"a container of {', '.join(CONTAINERS)}, auto", repr(container), "choose one")
    if container == "compressai" or (container == "auto" and not is_ahc(path)):
        yield _opened_compressai(path, device, weights, frames)
        return
    with AhcReader(path, salvage) as reader:
        wanted = _range(frames, len(reader))
        codec = _codec(reader.header, device, weights, path)
        header = reader.header
        clips = _clips(reader, codec, wanted)
        count = wanted[1] - wanted[0]
        yield Decoded(header.medium, header.source, header.time_base, count, count < len(reader), clips)


def decode_file(
    path: Path,
    out: Path,
    device: torch.device,
    *,
    weights: str | None = None,
    frames: tuple[int | None, int | None] | None = None,
    container: str = "auto",
    salvage: bool = False,
    force: bool = False,
    told: Told = lambda frames: None,
) -> str:
    """Decodes a file into `out`, which appears when it is complete; says what was written, in words.

    out:  by its suffix a video (.mkv lossless, .mp4 nearly), one picture (.png), or, without one, a folder of PNGs.
    The rest as `opened`. Raises what it raises, StorageError, and InvalidValue for an output that cannot hold it.
    """
    from ahc_stream.transcode.outputs import check_free
    from ahc_stream.transcode.written import writer_of

    write = writer_of(out)
    check_free(out, force)
    with (
        lane(device),
        opened(path, device, weights=weights, frames=frames, container=container, salvage=salvage) as decoded,
    ):
        return write(decoded, out, force, told)


def _opened_compressai(
    path: Path, device: torch.device, weights: str | None, frames: tuple[int | None, int | None] | None
) -> Decoded:
    file = foreign.read(path)
    wanted = _range(frames, len(file.frames))

    def clips() -> Iterator[DecodedClip]:
        codec = codecs.make(foreign.point_of(file), device, weights)
        bitstream = foreign.bitstream_of(file, codec)
        ticks, names = (tuple(range(len(file.frames))), ()) if file.is_video else ((), (path.stem,))
        segment = Segment(bitstream, file.height, file.width, ticks, names)
        yield from _decode(codec, segment, 0, wanted)

    medium, count = "video" if file.is_video else "stills", wanted[1] - wanted[0]
    return Decoded(medium, path.stem, Fraction(1, 25), count, count < len(file.frames), clips())


def _clips(reader: AhcReader, codec: AnyCodec, wanted: Frames) -> Iterator[DecodedClip]:
    for number in range(reader.locate(wanted[0]), reader.locate(wanted[1] - 1) + 1):
        yield from _decode(codec, reader.segment(number), reader.places[number].first, wanted)


def _decode(codec: AnyCodec, segment: Segment, first: int, wanted: Frames) -> Iterator[DecodedClip]:
    """A segment as its decoder gives it, block by block: those with wanted frames, numbered from `first` on.

    Raises CodecError for a codec's header that is at odds with the container's.
    """
    bitstream, height, width = segment.bitstream, segment.height, segment.width
    header, count = bitstream.header, len(bitstream.units)
    sizes = [header["size"]] if "size" in header else [[header.get("height"), header.get("width")]]
    if sizes != [[height, width]]:  # before the codec makes room for them
        raise CodecError(f"frames of {width} x {height} pixels", f"a header of {sizes[0]}", _BROKEN)
    done = 0
    for block in _blocks(codec, bitstream):
        if block.shape[1:] != (3, height, width) or done + len(block) > count:
            got = f"{done} and then {tuple(block.shape)}"
            raise CodecError(f"{count} frames of {width} x {height}", got, _BROKEN)
        inside = slice(done, done + len(block))
        clip = DecodedClip(first + done, block, segment.ticks[inside], segment.names[inside])
        done += len(block)
        if first + done > wanted[0] and clip.first < wanted[1]:
            yield clip.part(*wanted)
        if first + done >= wanted[1]:
            return
    if done != count:
        raise CodecError(f"{count} frames of {width} x {height}", f"{done}", _BROKEN)


def _blocks(codec: AnyCodec, bitstream: Bitstream) -> Iterator[Tensor]:
    """What the decoder gives, some units at a time, so that a long segment is never decoded as a whole."""
    try:
        decoder = open_decoder(codec, bitstream.header)
        for start in range(0, len(bitstream.units), UNITS_AT_ONCE):
            yield from decoder.push(bitstream.units[start : start + UNITS_AT_ONCE])
        yield from decoder.finish()
    except (KeyError, TypeError, IndexError) as error:  # a header with an intact CRC, but not of this codec's making
        raise CodecError(f"a header that {codec.point} reads", f"{type(error).__name__} {error}", _BROKEN) from error


def _codec(header: FileHeader, device: torch.device, weights: str | None, path: Path) -> AnyCodec:
    """The codec that the file names. Raises CodecError where its weights are not those that wrote the file."""
    written = header.shared.get("weights")
    if weights is None and isinstance(written, str) and written.startswith("random:"):
        weights = written
    codec = codecs.make(header.point, device, weights)
    if codecs.find(header.point.codec).family == "learned":
        for name in ("weights", "cdf"):
            here = codec.model.identity[name]  # type: ignore[attr-defined]  # every learned codec has its model
            if header.shared.get(name) != here:
                what = "SHA-256 of the weights" if name == "weights" else "hash of the CDF tables"
                todo = "name the checkpoint that wrote it with --weights"
                raise CodecError(f"the {what} that {path} was written with, {header.shared.get(name)}", str(here), todo)
    return codec


def _range(frames: tuple[int | None, int | None] | None, count: int) -> Frames:
    first, end = frames or (None, None)
    start, stop = first or 0, count if end is None else min(end, count)
    if not 0 <= start < stop:
        asked = f"{'' if first is None else first}:{'' if end is None else end}"
        raise InvalidValue(f"frames within 0:{count}", asked, "write --frames A:B with A below B")
    return start, stop


_BROKEN = "fetch the file again, or report its writer"
