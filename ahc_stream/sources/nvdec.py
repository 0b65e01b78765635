"""Video on the GPU: NVDEC through DALI, with our own colour.

DALI's conversion to RGB knows BT.601 only and centres all chroma, and it hands out no 4:2:0. So we take what comes
before it: Y'CbCr in float32, the chroma already brought to full size by bilinear interpolation about centred positions.
One kernel (`kernels/colour_cuda.py`) undoes of that what the stream's siting asks for, and converts.

The reader numbers frames by constant frame rate and by the container's count, so streams that have neither are
refused, as is what Hopper's NVDEC does not take (H.264 of 10 bits or 4:2:2, for instance). One stream of every kind is
compared with FFmpeg's first frame before DALI is trusted with that kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.utils.dlpack

from ahc_stream.core.clip import Clip, FrameKey, Item
from ahc_stream.core.colour import Colour, frame_to_planes
from ahc_stream.core.decoder_colour import samples_to_planes
from ahc_stream.core.errors import MediaError
from ahc_stream.sources.dali_pipeline import lack, library, outputs_of
from ahc_stream.sources.probe import Video
from ahc_stream.sources.video_file import media_errors, opened
from ahc_stream.sources.watchdog import watched

CODECS = frozenset({"h264", "hevc", "vp8", "vp9"})
"""What `fn.readers.video` decodes. AV1 is read by `fn.experimental.readers.video` alone, which gives 8 bits: of chroma
that was interpolated and then rounded, siting cannot be undone within one grey level."""
PIXEL_FORMATS = frozenset({"yuv420p", "yuvj420p"})

SURFACE_BYTES = 22 * 3 // 2
"""Per pixel of a frame: NV12 surfaces of one decoder, 20 that DALI's parser asks for at most (cuvideoparser.h,
ulMaxNumDecodeSurfaces) and 2 more (additional_decode_surfaces); 1.5 bytes each."""
SEQUENCE_BYTES = 3 * 3 * 4
"""Per pixel of a clip: sequences of float32 Y'CbCr, the one in hand, the one that the pipeline has ready
(prefetch_queue_depth=1) and the one that its reader fills."""
POOL_BYTES = 300 << 20
"""Of DALI's own pools and of the decoder's session; an estimate, to be measured on a GPU."""

_verdicts: dict[tuple[str, str, Colour, torch.device], str | None] = {}


def refusal(video: Video, device: torch.device) -> str | None:
    """Why NVDEC does not open this video on this device, or None."""
    if reason := lack() or _unfit(video):
        return reason
    kind = (video.codec, video.pixel_format, video.colour, device)
    if kind not in _verdicts:
        _verdicts[kind] = _disagreement(video, device)
    return _verdicts[kind]


def open_video(item: Item, video: Video, clip_frames: int, device: torch.device) -> Iterator[Clip]:
    """The clips of a video that `refusal` does not refuse.

    The decoder's memory stays referenced until the reader asks for the next clip. A lane has fenced by then, so no
    kernel of ours still reads it when DALI takes it back.
    """
    outputs = watched(_sequences(video, clip_frames, device), item.name)
    for start, output in zip(range(0, len(video.pts_seconds), clip_frames), outputs, strict=True):
        times = video.pts_seconds[start : start + clip_frames]
        samples = torch.utils.dlpack.from_dlpack(output[0])[: len(times)]
        frames = samples_to_planes(samples, video.colour)
        keys = tuple(FrameKey(item.dataset, item.name, start + i) for i in range(len(times)))
        yield Clip(frames, keys, torch.tensor(times, dtype=torch.float64), consecutive=True)
        del samples, output


def _unfit(video: Video) -> str | None:
    if video.codec == "av1":
        return "AV1, which DALI decodes in a reader alone that rounds interpolated chroma to 8 bits"
    if video.codec not in CODECS:
        return f"NVDEC through DALI does not take {video.codec}"
    if video.pixel_format not in PIXEL_FORMATS:
        return f"NVDEC through DALI does not take {video.codec} in {video.pixel_format}"
    if video.width % 2 or video.height % 2:
        return f"an odd size, {video.width} x {video.height}"
    if video.damage:
        return f"a damaged file, {video.damage}"
    if video.peculiarity:
        return video.peculiarity
    if not video.steady:
        return "a variable frame rate"
    if video.claimed_frames not in (0, len(video.pts_seconds)):
        return f"a container that claims {video.claimed_frames} frames and has {len(video.pts_seconds)}"
    return None


def _disagreement(video: Video, device: torch.device) -> str | None:
    """Why DALI's first frame is not FFmpeg's within one grey level, or None."""
    with opened(video.path) as file, media_errors(video.path, file.stream.index):
        first = next(file.container.decode(file.stream))
        expected = torch.from_numpy(frame_to_planes(first, video.colour))
    try:
        output = next(watched(_sequences(video, 1, device), video.path.name))
    except MediaError as error:
        return f"DALI failed on it: {error.got}"
    frame = samples_to_planes(torch.utils.dlpack.from_dlpack(output[0])[:1], video.colour)[0].cpu()
    if frame.shape != expected.shape:
        return f"DALI decodes it to {tuple(frame.shape[1:])} instead of {tuple(expected.shape[1:])}"
    worst = int((frame.int() - expected.int()).abs().max())
    return f"DALI's frame differs from FFmpeg's by {worst} grey levels" if worst > 1 else None


def _sequences(video: Video, clip_frames: int, device: torch.device) -> Iterator[Any]:
    """float32 Y'CbCr [1, clip_frames, H, W, 3] each, the last one padded."""
    dali = library()
    pipeline = dali.Pipeline(batch_size=1, num_threads=1, device_id=device.index or 0, prefetch_queue_depth=1)
    with pipeline:
        frames = dali.fn.readers.video(
            device="gpu",
            filenames=[str(video.path)],
            sequence_length=clip_frames,
            step=clip_frames,
            pad_sequences=True,
            skip_vfr_check=True,  # checked by the packets: DALI's own check reads the container's claims
            image_type=dali.types.YCbCr,
            dtype=dali.types.FLOAT,
        )
        pipeline.set_outputs(frames)
    yield from outputs_of(pipeline, video, clip_frames)
