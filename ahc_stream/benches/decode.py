"""Files to frames on the device: every source that takes them, beside the loops that people write."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ahc_stream import sources
from ahc_stream.benches.material import stills, video, write_film
from ahc_stream.benches.row import Row
from ahc_stream.benches.size import Size
from ahc_stream.benches.timing import finished, median_seconds, require
from ahc_stream.core.clip import Item

CLIP = 16


def film(size: Size) -> list[Row]:
    """H.264 to RGB; the peer is torchcodec where it is installed, else PyAV's plain loop."""
    clip = video(size.frames, size.height, size.width, torch.device("cpu"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        write_film(path, clip)
        item = Item("bench", "film", "video", (path,))
        names = ["pyav", "dali"] if _has_nvdec(size) else ["pyav"]  # decord does not interpolate chroma: refused
        works = {name: _opening(item, name, size) for name in names}
        peer_name, peer = _film_peer(path, size)
        works["peer"] = peer
        seconds = median_seconds({name: finished(size.device, work) for name, work in works.items()}, size.rounds)
    return [
        _row(f"H.264, {size.of_frames}, {name}", size.frames, seconds[name], seconds["peer"], peer_name)
        for name in names
    ]


def pictures(size: Size) -> list[Row]:
    """JPEG to RGB; the peer is Pillow's loop and one copy to the device."""
    from PIL import Image

    clip = stills(size.images, size.still, torch.device("cpu"))
    with tempfile.TemporaryDirectory() as folder:
        paths = tuple(Path(folder) / f"{number}.jpg" for number in range(size.images))
        for path, planes in zip(paths, clip.frames.permute(0, 2, 3, 1).contiguous().numpy(), strict=True):
            Image.fromarray(planes).save(path, quality=90)
        item = Item("bench", "stills", "stills", paths, tuple(path.stem for path in paths))

        def by_pillow() -> torch.Tensor:
            arrays = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
            return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous().to(size.device)

        ours = torch.cat([clip.frames for clip in _clips(item, "images", size)])
        require(torch.equal(ours, by_pillow()), "our pixels are Pillow's")
        works = {"images": _opening(item, "images", size), "peer": by_pillow}
        seconds = median_seconds({name: finished(size.device, work) for name, work in works.items()}, size.rounds)
    name = f"JPEG of {clip.width} x {clip.height}, images"
    return [_row(name, size.images, seconds["images"], seconds["peer"], "Pillow")]


PARTS = (film, pictures)


def _row(name: str, frames: int, ours: float, theirs: float, peer: str) -> Row:
    return Row(name, "frames/s", frames / ours, frames / theirs, peer, higher_is_better=True)


def _has_nvdec(size: Size) -> bool:
    """DALI's pipeline for the CPU decodes no H.264."""
    return size.device.type == "cuda" and find_spec("nvidia.dali") is not None


def _clips(item: Item, name: str, size: Size) -> list[Any]:
    return list(sources.open_item(item, CLIP, size.device, name))


def _opening(item: Item, name: str, size: Size) -> Callable[[], object]:
    return lambda: _clips(item, name, size)


def _film_peer(path: Path, size: Size) -> tuple[str, Callable[[], object]]:
    if find_spec("torchcodec"):
        from importlib import import_module

        decoders: Any = import_module("torchcodec.decoders")
        return "torchcodec", lambda: list(decoders.VideoDecoder(str(path), device=str(size.device)))
    return "PyAV, one frame after the other", lambda: _by_pyav(path, size)


def _by_pyav(path: Path, size: Size) -> list[torch.Tensor]:
    import av

    with av.open(str(path)) as container:
        arrays = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return [torch.from_numpy(array).to(size.device).permute(2, 0, 1) for array in arrays]
