"""Image files through Pillow, on the CPU: stills and numbered sequences.

What comes out are the *stored* pixels: an orientation that a file asks a viewer for is not applied, because labels
(COCO's, for instance) are in stored pixels. Transparent images lie over black. Grey is repeated three times; deeper
grey is scaled to 8 bits, rounded; of 16-bit colour Pillow keeps the upper byte. CMYK is converted by Pillow's formula:
profiles are not applied. An animation gives its first frame. `sources.samples` says what samples mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.clip import FrameKey, Item
from ahc_stream.core.errors import AhcStreamError, MediaError, MissingData
from ahc_stream.core.image_header import FORMATS, UPRIGHT, orientation_of, stored_size
from ahc_stream.core.threads import budget, spread, worth_a_thread
from ahc_stream.sources.discoveries import Discoveries
from ahc_stream.sources.frames import BrokenStill, Frame
from ahc_stream.sources.limits import DEFAULT_LIMITS, Limits
from ahc_stream.sources.probe import DEFAULT_RATE
from ahc_stream.sources.samples import rgb_of, sample_notes

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_AT_ONCE = 8  # files of each thread that are read together


def sequence_seconds(item: Item, index: int) -> float:
    """Presentation time of a sequence's frame."""
    return index / (item.frames_per_second or DEFAULT_RATE)


def read_image(path: Path, limits: Limits = DEFAULT_LIMITS) -> NDArray[np.uint8]:
    """uint8 [H, W, 3] RGB of one file. Raises MediaError and MissingData."""
    return _read(path, limits)[0]


def _read(path: Path, limits: Limits) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The pixels of one file, and what should be said of them."""
    with opened_image(path, limits) as image:
        remarks = tuple(sample_notes(image, path))
        turned_by_pillow = orientation_of(image) if image.format == "TIFF" else UPRIGHT
        rgb = _as_stored(rgb_of(image, path), turned_by_pillow)
        orientation = max(turned_by_pillow, orientation_of(image))
        return np.ascontiguousarray(rgb), (*remarks, *_orientation_notes(orientation))


def image_notes(image: ImageFile, path: Path) -> tuple[str, ...]:
    """What should be said of an opened image whose pixels were not read yet."""
    return (*sample_notes(image, path), *_orientation_notes(orientation_of(image)))


def _orientation_notes(orientation: int) -> Iterator[str]:
    if orientation != UPRIGHT:
        yield f"a viewer turns or mirrors it (orientation {orientation}): pixels are as stored"


@dataclass(frozen=True)
class _Picture:
    """A file's pixels, uint8 [3, H, W] RGB, and what should be said of them."""

    planes: NDArray[np.uint8]
    remarks: tuple[str, ...]


@contextmanager
def opened_image(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[ImageFile]:
    """A file's header, held to the limits; its pixels are read when they are asked for.

    Raises MediaError for whatever is raised inside about the file, and MissingData.
    """
    from PIL import Image

    with image_errors(path):
        limits.check_image_file(path.stat().st_size, path)
        if Image.MAX_IMAGE_PIXELS is not None:  # Pillow's own budget, where ours was raised above it
            Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, limits.frame_pixels)
        with Image.open(path, formats=FORMATS) as image:
            limits.check_frame(*image.size, path)
            yield image


@contextmanager
def image_errors(path: Path) -> Iterator[None]:
    """Turns what is raised about the image at `path` into MediaError and MissingData.

    Everything, and not a list: Pillow's plugins raise errors of nine kinds for damaged files, and one bad image must
    end no run. A host program that imports ultralytics has Image.open replaced by one that raises ImportError.
    """
    from PIL import Image

    try:
        yield
    except AhcStreamError:
        raise
    except FileNotFoundError as error:
        raise MissingData(
            f"an image at {path}", "no such file", "check the path, or fetch the dataset again"
        ) from error
    except Image.DecompressionBombError as error:  # twice as large as the budget: Pillow is first
        raise MediaError(f"an image within the budget at {path}", str(error), "raise --max-pixels") from error
    except Exception as error:  # nine kinds and more, see above
        got = str(error) or type(error).__name__
        raise MediaError(f"a readable image at {path}", got, "open it elsewhere, or leave it out") from error


def sequence_frames(found: Discoveries, limits: Limits) -> Iterator[Frame]:
    """The frames of a numbered sequence that are taken, each by its number in the whole.

    Raises MediaError and MissingData at the first that cannot be read.
    """
    item = found.item
    numbers = range(len(item.paths))[_slice(item.cut)]
    for index, picture in zip(numbers, _pictures([item.paths[index] for index in numbers], limits), strict=True):
        if isinstance(picture, AhcStreamError):
            raise picture
        for text in picture.remarks:
            found.note(text)
        yield Frame(FrameKey(item.dataset, item.name, index), sequence_seconds(item, index), picture.planes)


def _slice(cut: range | None) -> slice:
    return slice(None) if cut is None else slice(cut.start, cut.stop, cut.step)


def still_frames(found: Discoveries, indices: list[int], broken: list[BrokenStill], limits: Limits) -> Iterator[Frame]:
    """The stills of these numbers; those that cannot be read are added to `broken`."""
    item = found.item
    pictures = _pictures([item.paths[index] for index in indices], limits)
    for index, picture in zip(indices, pictures, strict=True):
        if isinstance(picture, AhcStreamError):
            broken.append(BrokenStill(item.names[index], picture))
            continue
        for text in picture.remarks:
            found.note(text, item.names[index])
        yield Frame(FrameKey(item.dataset, item.names[index], 0), 0.0, picture.planes)


def _pictures(paths: Sequence[Path], limits: Limits) -> Iterator[_Picture | MediaError | MissingData]:
    """Each file in order, read or why it cannot be; some for every thread at once, and fewer where they are large: no
    more than a clip's bytes are held."""
    read, at_once, least = 0, 1, 1
    while read < len(paths):
        pictures = spread(partial(_picture, limits=limits), paths[read : read + at_once], least)
        yield from pictures
        read += len(pictures)
        sizes = [picture.planes.shape[1:] for picture in pictures if isinstance(picture, _Picture)]
        if sizes:
            height, width = max(sizes, key=math.prod)
            at_once, least = limits.clip_frames(_AT_ONCE * budget(), height, width), worth_a_thread(height * width)


def _picture(path: Path, limits: Limits) -> _Picture | MediaError | MissingData:
    try:
        rgb, remarks = _read(path, limits)
    except (MediaError, MissingData) as error:
        return error
    return _Picture(rgb.transpose(2, 0, 1), remarks)


def by_size(item: Item, broken: list[BrokenStill], limits: Limits) -> list[list[int]]:
    """Indices of the files of each size, by their headers, so that no more than one clip is held decoded."""
    groups: dict[tuple[int, int], list[int]] = {}
    for index, path in enumerate(item.paths):
        try:
            with opened_image(path, limits) as image:
                groups.setdefault(stored_size(image), []).append(index)
        except (MediaError, MissingData) as error:
            broken.append(BrokenStill(item.names[index], error))
    return list(groups.values())


def _as_stored(rgb: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Takes back the turn that Pillow gives a TIFF when it loads it (EXIF 2.32, Orientation)."""
    match orientation:
        case 2:
            return rgb[:, ::-1]
        case 3:
            return rgb[::-1, ::-1]
        case 4:
            return rgb[::-1]
        case 5:
            return rgb.swapaxes(0, 1)
        case 6:
            return np.rot90(rgb)
        case 7:
            return rgb[::-1, ::-1].swapaxes(0, 1)
        case 8:
            return np.rot90(rgb, -1)
        case _:
            return rgb
