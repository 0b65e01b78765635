"""Images and video through DALI: its CPU pipeline on the CPU, nvJPEG and NVDEC (`sources.nvdec`) on a GPU.

On the CPU the results are those of the other sources, bit for bit. On the CPU DALI decodes VP8, VP9 and MJPEG video
only, and always with BT.601 and centred chroma: streams of another colour are refused. nvJPEG's pixels are not bit-equal
to libjpeg's, which is why "auto" leaves images to Pillow.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import torch

from ahc_stream.core.clip import Clip, FrameKey, Item
from ahc_stream.core.errors import MediaError, MissingData, MissingExtra
from ahc_stream.sources import nvdec
from ahc_stream.sources.dali_pipeline import outputs_of
from ahc_stream.sources.gather import BrokenStill, Frame, clips_of
from ahc_stream.sources.images import image_errors, sequence_seconds
from ahc_stream.sources.probe import Video, probe
from ahc_stream.sources.watchdog import watched

if TYPE_CHECKING:
    from nvidia.dali.tensors import TensorListCPU, TensorListGPU

_CPU_CODECS = frozenset({"vp8", "vp9", "mjpeg"})
_CPU_PIXEL_FORMATS = frozenset({"yuv420p", "yuvj420p", "yuv444p"})
_IMAGE_FORMATS = frozenset({"JPEG", "PNG", "BMP", "WEBP", "TIFF", "JPEG2000"})


def open_item(item: Item, clip_frames: int, device: torch.device) -> Iterator[Clip | BrokenStill]:
    """The clips of an item. Raises MissingExtra without DALI, and MediaError for what DALI does not decode right."""
    if find_spec("nvidia.dali") is None:
        raise MissingExtra.of("nvidia-dali", "dali")
    if item.medium != "video":
        yield from _open_images(item, clip_frames, device)
        return
    video = probe(item.paths[0])
    reason = nvdec.refusal(video, device) if device.type == "cuda" else cpu_refusal(video)
    if reason:
        raise MediaError(
            f"a stream that DALI decodes as the others do at {video.path}", reason, "choose the source pyav"
        )
    if device.type == "cuda":
        yield from nvdec.open_video(item, video, clip_frames, device)
    else:
        frames = _video_frames(watched(_sequences(video, clip_frames), item.name), item, video)
        yield from clips_of(frames, clip_frames, device, consecutive=True)


def cpu_refusal(video: Video) -> str | None:
    """Why DALI's CPU pipeline would not give the RGB that the other sources give, or None."""
    if video.codec not in _CPU_CODECS:
        return f"{video.codec}, which DALI decodes on a GPU only"
    if video.pixel_format not in _CPU_PIXEL_FORMATS or video.width % 2 or video.height % 2:
        return f"{video.pixel_format} of {video.width} x {video.height}"
    if video.colour.matrix != "bt601":
        return f"the matrix {video.colour.matrix}, where DALI applies bt601"
    return video.damage


def _sequences(video: Video, clip_frames: int) -> Iterator[TensorListCPU]:
    """uint8 RGB [1, clip_frames, H, W, 3] each, the last one padded."""
    from nvidia.dali import Pipeline, fn

    pipeline = Pipeline(batch_size=1, num_threads=1, device_id=None, prefetch_queue_depth=1)
    with pipeline:
        frames = fn.experimental.readers.video(
            device="cpu",
            filenames=[str(video.path)],
            sequence_length=min(clip_frames, len(video.pts_seconds)),
            step=min(clip_frames, len(video.pts_seconds)),
            pad_mode="edge",
        )
        pipeline.set_outputs(frames)
    yield from outputs_of(pipeline, video, clip_frames)


def _video_frames(outputs: Iterator[TensorListCPU], item: Item, video: Video) -> Iterator[Frame]:
    index = 0
    for output in outputs:
        for planes in np.from_dlpack(output[0]).transpose(0, 3, 1, 2):
            if index < len(video.pts_seconds):
                yield Frame(FrameKey(item.dataset, item.name, index), video.pts_seconds[index], planes)
            index += 1


def _open_images(item: Item, clip_frames: int, device: torch.device) -> Iterator[Clip | BrokenStill]:
    """Runs of equal size become clips; unlike `sources.images`, the order of stills is kept. A broken still gives way to
    the others, a broken frame of a sequence ends it."""
    for start in range(0, len(item.paths), clip_frames):
        yield from _clips_of(item, range(start, min(start + clip_frames, len(item.paths))), device)


def _clips_of(item: Item, indices: range, device: torch.device) -> Iterator[Clip | BrokenStill]:
    try:
        outputs = _decoded(item, indices, device)
    except (MediaError, MissingData) as error:
        if item.medium != "stills":
            raise
        if len(indices) == 1:
            yield BrokenStill(item.names[indices[0]], error)
            return
        outputs = None  # outside of `except`: the error would keep the failed call's memory alive
    if outputs is None:
        for index in indices:
            yield from _clips_of(item, range(index, index + 1), device)
        return
    images = [torch.from_dlpack(outputs[i]).permute(2, 0, 1) for i in range(len(outputs))]
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


def _decoded(item: Item, indices: range, device: torch.device) -> TensorListCPU | TensorListGPU:
    from nvidia.dali import Pipeline, fn, types

    encoded = [_encoded(item, i) for i in indices]
    cuda = device.type == "cuda"
    pipeline = Pipeline(
        batch_size=len(encoded), num_threads=2, device_id=(device.index or 0) if cuda else None, prefetch_queue_depth=1
    )
    with pipeline:
        data = fn.external_source(name="encoded", device="cpu", batch=True)
        pipeline.set_outputs(
            fn.decoders.image(data, device="mixed" if cuda else "cpu", output_type=types.RGB, adjust_orientation=False)
        )
    try:
        pipeline.build()
        pipeline.feed_input("encoded", encoded)
        return pipeline.run()[0]
    except RuntimeError as error:
        paths = f"{item.paths[indices[0]]} to {item.paths[indices[-1]].name}"
        raise MediaError(f"images that DALI decodes, {paths}", str(error), "choose the source images") from error


def _encoded(item: Item, index: int) -> np.ndarray:
    """The file's bytes, if Pillow's header says that DALI gives the pixels that `sources.images` gives."""
    from PIL import Image

    path = item.paths[index]
    with image_errors(path), Image.open(path) as image:
        plain = image.format in _IMAGE_FORMATS and image.mode in ("RGB", "L") and not image.has_transparency_data
        if not plain:
            got = f"{image.format}, mode {image.mode}"
            raise MediaError(f"8-bit grey or RGB without alpha at {path}", got, "choose the source images")
    return np.fromfile(path, np.uint8)
