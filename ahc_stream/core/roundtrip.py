"""The trial: a clip through a codec and back."""

from __future__ import annotations

from ahc_stream.core.clip import Clip
from ahc_stream.core.cuda import seconds_of
from ahc_stream.core.errors import CodecError
from ahc_stream.core.protocols import Codec
from ahc_stream.core.trial import Trial


def roundtrip(codec: Codec, clip: Clip) -> Trial:
    """Encodes and decodes `clip`, each timed as a whole with the device synchronised before and after.

    Raises CodecError as the codec does, and where the decoded frames are not those of the clip in shape or type.
    """
    bitstream, encode_seconds = seconds_of(clip.device, lambda: codec.encode(clip))
    frames, decode_seconds = seconds_of(clip.device, lambda: codec.decode(bitstream))
    if frames.shape != clip.frames.shape or frames.dtype != clip.frames.dtype or frames.device != clip.device:
        raise CodecError(_describe(clip.frames), _describe(frames), f"report this decoder: {codec.point}")
    return Trial(clip, clip.with_frames(frames), bitstream, codec.point, encode_seconds, decode_seconds)


def _describe(frames) -> str:
    return f"{frames.dtype} frames {list(frames.shape)} on {frames.device}"
