"""Image files through Pillow, on the CPU: stills and numbered sequences.

What comes out are the *stored* pixels: an EXIF orientation is not applied, because labels (COCO's, for instance) are
in stored pixels. Transparent images lie over black. Grey is repeated three times; 16-bit grey is scaled to 8 bits,
rounded; of 16-bit colour Pillow keeps the upper byte. CMYK is converted by Pillow's formula: profiles are not applied.
An animation gives its first frame. Floating-point and 32-bit images are a MediaError: nothing says what their white is.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from ahc_stream.core.clip import Clip, FrameKey, Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.sources.gather import BrokenStill, Frame, clips_of
from ahc_stream.sources.probe import DEFAULT_RATE


def open_images(item: Item, clip_frames: int, device: torch.device) -> Iterator[Clip | BrokenStill]:
    """The clips of stills (stacked by size, in order within a size) or of a sequence (in order).

    Broken stills come after all the others; a broken frame of a sequence ends it.
    """
    if item.medium == "video":
        raise MediaError("image files", f"the video {item.name}", "choose the source pyav")
    if item.medium == "sequence":
        yield from clips_of(_sequence(item), clip_frames, device, consecutive=True)
        return
    broken: list[BrokenStill] = []
    for indices in _by_size(item, broken):
        yield from clips_of(_stills(item, indices, broken), clip_frames, device, consecutive=False)
    yield from broken


def sequence_seconds(item: Item, index: int) -> float:
    """Presentation time of a sequence's frame."""
    return index / (item.frames_per_second or DEFAULT_RATE)


def read_image(path: Path) -> np.ndarray:
    """uint8 [H, W, 3] RGB of one file. Raises MediaError and MissingData."""
    from PIL import Image

    with image_errors(path), Image.open(path) as image:
        if image.mode in ("I;16", "I;16L", "I;16B", "I;16N"):
            grey = np.rint(np.asarray(image).astype(np.float64) * (255 / 65535)).astype(np.uint8)
            return np.repeat(grey[..., None], 3, axis=2)
        if image.mode in ("I", "F"):
            raise MediaError(f"8 or 16 bits per sample in {path}", f"mode {image.mode}", "convert it to 8 bits")
        if image.has_transparency_data:
            image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image.convert("RGBA"))
        return np.asarray(image.convert("RGB"))


@contextmanager
def image_errors(path: Path) -> Iterator[None]:
    """Turns what Pillow raises about `path` into MediaError and MissingData."""
    from PIL import Image

    try:
        yield
    except FileNotFoundError as error:
        raise MissingData(
            f"an image at {path}", "no such file", "check the path, or fetch the dataset again"
        ) from error
    except (
        OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError, ImportError
    ) as error:  # fmt: skip  # what Pillow's decoders raise for damaged files; a host program that imports ultralytics
        # has Image.open replaced by one that wants pi_heif for every file it cannot identify: ImportError
        raise MediaError(f"a readable image at {path}", str(error) or type(error).__name__, "fetch it again") from error


def _sequence(item: Item) -> Iterator[Frame]:
    for index, path in enumerate(item.paths):
        key = FrameKey(item.dataset, item.name, index)
        yield Frame(key, sequence_seconds(item, index), read_image(path).transpose(2, 0, 1))


def _stills(item: Item, indices: list[int], broken: list[BrokenStill]) -> Iterator[Frame]:
    for index in indices:
        try:
            planes = read_image(item.paths[index]).transpose(2, 0, 1)
        except (MediaError, MissingData) as error:
            broken.append(BrokenStill(item.names[index], error))
        else:
            yield Frame(FrameKey(item.dataset, item.names[index], 0), 0.0, planes)


def _by_size(item: Item, broken: list[BrokenStill]) -> list[list[int]]:
    """Indices of the files of each size, by their headers, so that no more than one clip is held decoded."""
    from PIL import Image

    groups: dict[tuple[int, int], list[int]] = {}
    for index, path in enumerate(item.paths):
        try:
            with image_errors(path), Image.open(path) as image:
                groups.setdefault(image.size, []).append(index)
        except (MediaError, MissingData) as error:
            broken.append(BrokenStill(item.names[index], error))
    return list(groups.values())
