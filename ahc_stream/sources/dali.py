"""Images and video through DALI: its CPU pipeline on the CPU, nvJPEG and NVDEC (`sources.nvdec`) on a GPU.

On the CPU the results are those of the other sources, bit for bit. On the CPU DALI decodes VP8, VP9 and MJPEG video
only, and always with BT.601 and centred chroma: streams of another colour are refused. nvJPEG's pixels are not
bit-equal to libjpeg's, which is why "auto" leaves images to Pillow.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
import torch.utils.dlpack
from numpy.typing import NDArray

from ahc_stream.core.clip import Clip, FrameKey, Item
from ahc_stream.core.errors import MediaError, MissingData, MissingExtra
from ahc_stream.sources import nvdec
from ahc_stream.sources.dali_pipeline import library, outputs_of
from ahc_stream.sources.discoveries import Discoveries
from ahc_stream.sources.frames import BrokenStill, Frame
from ahc_stream.sources.gather import clips_of
from ahc_stream.sources.images import image_notes, opened_image, sequence_seconds
from ahc_stream.sources.limits import DEFAULT_LIMITS, Limits
from ahc_stream.sources.probe import Video, probe
from ahc_stream.sources.watchdog import watched

_CPU_CODECS = frozenset({"vp8", "vp9", "mjpeg"})
_CPU_PIXEL_FORMATS = frozenset({"yuv420p", "yuvj420p", "yuv444p"})
_IMAGE_FORMATS = frozenset({"JPEG", "PNG", "BMP", "WEBP", "TIFF", "JPEG2000"})


def open_item(
    found: Discoveries, clip_frames: int, device: torch.device, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Clip | BrokenStill]:
    """The clips of an item. Raises MissingExtra without DALI, and MediaError for what DALI does not decode right."""
    item = found.item
    if find_spec("nvidia.dali") is None:
        raise MissingExtra.of("nvidia-dali", "dali")
    if item.medium != "video":
        yield from _open_images(found, clip_frames, device, limits)
        return
    video = probe(item.paths[0], item.stream, limits)
    reason = nvdec.refusal(video, device) if device.type == "cuda" else cpu_refusal(video)
    if reason:
        raise MediaError(
            f"a stream that DALI decodes as the others do at {video.path}", reason, "choose the source pyav"
        )
    found.take(video.notes, video.presentation)
    at_once = limits.clip_frames(clip_frames, video.height, video.width)
    if device.type == "cuda":
        yield from nvdec.open_video(item, video, at_once, device)
    else:
        frames = _video_frames(watched(_sequences(video, at_once), item.name), item, video)
        yield from clips_of(frames, at_once, device, consecutive=True)


def cpu_refusal(video: Video) -> str | None:
    """Why DALI's CPU pipeline would not give the RGB that the other sources give, or None."""
    if video.codec not in _CPU_CODECS:
        return f"{video.codec}, which DALI decodes on a GPU only"
    if video.pixel_format not in _CPU_PIXEL_FORMATS or video.width % 2 or video.height % 2:
        return f"{video.pixel_format} of {video.width} x {video.height}"
    if video.colour.matrix != "bt601":
        return f"the matrix {video.colour.matrix}, where DALI applies bt601"
    return video.damage or video.peculiarity


def _sequences(video: Video, clip_frames: int) -> Iterator[Any]:
    """uint8 RGB [1, clip_frames, H, W, 3] each, the last one padded."""
    dali, length = library(), min(clip_frames, len(video.pts_seconds))
    pipeline = dali.Pipeline(batch_size=1, num_threads=1, device_id=None, prefetch_queue_depth=1)
    with pipeline:
        frames = dali.fn.experimental.readers.video(
            device="cpu", filenames=[str(video.path)], sequence_length=length, step=length, pad_mode="edge"
        )
        pipeline.set_outputs(frames)
    yield from outputs_of(pipeline, video, clip_frames)


def _video_frames(outputs: Iterator[Any], item: Item, video: Video) -> Iterator[Frame]:
    index = 0
    for output in outputs:
        for planes in np.from_dlpack(output[0]).transpose(0, 3, 1, 2):
            if index < len(video.pts_seconds):
                yield Frame(FrameKey(item.dataset, item.name, index), video.pts_seconds[index], planes)
            index += 1


def _open_images(
    found: Discoveries, clip_frames: int, device: torch.device, limits: Limits
) -> Iterator[Clip | BrokenStill]:
    """Runs of equal size become clips; unlike `sources.images`, the order of stills is kept. A broken still gives way
    to the others, a broken frame of a sequence ends it."""
    count = len(found.item.paths)
    for start in range(0, count, clip_frames):
        yield from _clips_of(found, range(start, min(start + clip_frames, count)), device, limits)


def _clips_of(found: Discoveries, indices: range, device: torch.device, limits: Limits) -> Iterator[Clip | BrokenStill]:
    item = found.item
    try:
        outputs = _decoded(found, indices, device, limits)
    except (MediaError, MissingData) as error:
        if item.medium != "stills":
            raise
        if len(indices) == 1:
            yield BrokenStill(item.names[indices[0]], error)
            return
        outputs = None  # outside of `except`: the error would keep the failed call's memory alive
    if outputs is None:
        for index in indices:
            yield from _clips_of(found, range(index, index + 1), device, limits)
        return
    images = [torch.utils.dlpack.from_dlpack(outputs[i]).permute(2, 0, 1) for i in range(len(outputs))]
    first = 0
    for last in range(1, len(images) + 1):
        if last == len(images) or images[last].shape != images[first].shape:
            yield _image_clip(item, indices[first], torch.stack(images[first:last]))
            first = last
    del images, outputs  # only now: the lane has fenced, no kernel reads DALI's memory any more


def _image_clip(item: Item, start: int, frames: torch.Tensor) -> Clip:
    indices = range(start, start + len(frames))
    if item.medium == "stills":
        keys = tuple(FrameKey(item.dataset, item.names[i], 0) for i in indices)
        return Clip(frames, keys, torch.zeros(len(frames), dtype=torch.float64), consecutive=False)
    keys = tuple(FrameKey(item.dataset, item.name, i) for i in indices)
    seconds = torch.tensor([sequence_seconds(item, i) for i in indices], dtype=torch.float64)
    return Clip(frames, keys, seconds, consecutive=True)


def _decoded(found: Discoveries, indices: range, device: torch.device, limits: Limits) -> Any:
    """DALI's list of uint8 [H, W, 3] images, on the device."""
    item = found.item
    encoded = [_encoded(found, index, limits) for index in indices]
    cuda, dali = device.type == "cuda", library()
    pipeline = dali.Pipeline(
        batch_size=len(encoded), num_threads=2, device_id=(device.index or 0) if cuda else None, prefetch_queue_depth=1
    )
    where = "mixed" if cuda else "cpu"
    with pipeline:
        data = dali.fn.external_source(name="encoded", device="cpu", batch=True)
        images = dali.fn.decoders.image(data, device=where, output_type=dali.types.RGB, adjust_orientation=False)
        pipeline.set_outputs(images)
    try:
        pipeline.build()
        pipeline.feed_input("encoded", encoded)
        return pipeline.run()[0]
    except RuntimeError as error:
        paths = f"{item.paths[indices[0]]} to {item.paths[indices[-1]].name}"
        raise MediaError(f"images that DALI decodes, {paths}", str(error), "choose the source images") from error


def _encoded(found: Discoveries, index: int, limits: Limits) -> NDArray[np.uint8]:
    """The file's bytes, if Pillow's header says that DALI gives the pixels that `sources.images` gives."""
    item = found.item
    path = item.paths[index]
    with opened_image(path, limits) as image:
        plain = image.format in _IMAGE_FORMATS and image.mode in ("RGB", "L") and not image.has_transparency_data
        if not plain:
            got = f"{image.format}, mode {image.mode}"
            raise MediaError(f"8-bit grey or RGB without alpha at {path}", got, "choose the source images")
        remarks = image_notes(image, path)
    for text in remarks:
        found.note(text, item.names[index] if item.names else None)
    return np.fromfile(path, np.uint8)
