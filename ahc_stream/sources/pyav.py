"""Video through FFmpeg: every codec and pixel format that can be right, on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ahc_stream.core.clip import FrameKey
from ahc_stream.core.colour import colour_of, frame_to_planes
from ahc_stream.core.errors import MediaError
from ahc_stream.sources.accounting import FrameAccount
from ahc_stream.sources.discoveries import Discoveries
from ahc_stream.sources.frames import Frame
from ahc_stream.sources.limits import Limits
from ahc_stream.sources.packets import PacketCheck
from ahc_stream.sources.raw import raw_frames
from ahc_stream.sources.video_file import CHECK_FILE, media_errors, opened
from ahc_stream.sources.video_notes import presentation_of, stream_notes

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

TimedFrame = tuple["VideoFrame", float]
"""A frame and its presentation time in seconds."""
BEGIN_ANYWHERE = frozenset({"mpeg4", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "h263", "flv1"})
"""Codecs whose decoders take any picture for a beginning, and show what its vectors make of a grey one."""


def video_frames(found: Discoveries, limits: Limits) -> Iterator[Frame]:
    """The frames of a video in presentation order, as stored: a rotation that a player is asked for is not applied.

    A damaged or cut file gives the frames before the damage, then MediaError.
    """
    item = found.item
    if item.raw is not None:
        yield from raw_frames(found, item.raw, limits)
        return
    path = item.paths[0]
    with opened(path, item.stream, limits) as video:
        stream = video.stream
        stream.thread_type = "AUTO"
        stream.codec_context.copy_opaque = True
        codec = stream.codec_context.codec.canonical_name
        for note in video.notes:
            found.note(note)
        check, account = PacketCheck(path, video.container, stream), FrameAccount(stream)
        shown = 0
        for frame, seconds in _from_key_frame(_decoded(path, check, account, stream), codec, found):
            with media_errors(path, stream.index):
                colour = colour_of(frame, codec)
                planes = frame_to_planes(frame, colour)
            if shown == 0:
                found.take(stream_notes(frame, stream, colour), presentation_of(frame, stream))
            yield Frame(FrameKey(item.dataset, item.name, shown), seconds, planes)
            shown += 1
        damage = check.damage()
        lost = account.finish()
        for note in account.notes():
            found.note(note)
    if damage:
        raise MediaError(f"a whole video at {path}", damage, "fetch the file again")
    if lost or not shown:
        raise MediaError(f"a frame from every packet of {path}", lost or "no frame that begins a stream", CHECK_FILE)


def _decoded(path: Path, check: PacketCheck, account: FrameAccount, stream: VideoStream) -> Iterator[TimedFrame]:
    """Frames in presentation order. After an error the frames still in the decoder come first: they precede it."""
    decoder = stream.codec_context
    with media_errors(path, stream.index):
        packets = check.packets()
        while True:
            try:
                packet = next(packets, None)
                frames = _at_a_join(decoder) if account.is_joined_before(packet) else []
                if packet is not None:
                    account.send(packet)
                frames += decoder.decode(packet)
            except Exception:  # whatever it is: `media_errors` names it
                for frame in _drained(decoder):
                    account.receive(frame)
                    yield frame, account.seconds[-1]
                raise
            for frame in frames:
                _check(frame, path, account)
                yield frame, account.seconds[-1]
            if packet is None:
                return


def _at_a_join(decoder: VideoCodecContext) -> list[VideoFrame]:
    """The rest of a recording before the next one begins: a decoder would order the two by one count, and drop some."""
    frames = decoder.decode(None)
    decoder.flush_buffers()
    return frames


def _drained(decoder: VideoCodecContext) -> list[VideoFrame]:
    import av

    try:
        return [frame for frame in decoder.decode(None) if not frame.is_corrupt]
    except av.FFmpegError:  # the same damage again, which the caller is raising
        return []


def _check(frame: VideoFrame, path: Path, account: FrameAccount) -> None:
    """Takes a frame into the account. Raises MediaError for one that is a guess, or that others are missing before."""
    if frame.is_corrupt:
        raise MediaError(f"intact frames in {path}", "a frame that the decoder had to conceal", CHECK_FILE)
    lost = account.receive(frame)
    if lost is not None:
        raise MediaError(f"a frame from every packet of {path}", lost, CHECK_FILE)


def _from_key_frame(frames: Iterator[TimedFrame], codec: str, found: Discoveries) -> Iterator[TimedFrame]:
    """The same, without what comes before the first key frame, of codecs whose decoders do not see to that."""
    skipped, begun = 0, codec not in BEGIN_ANYWHERE
    for frame, seconds in frames:
        begun |= frame.key_frame
        if begun:
            yield frame, seconds
        skipped += not begun
    if skipped:
        found.note(f"{skipped} frames before the first key frame are left out: what they refer to is not there")
