"""Any folder of images and videos, or one such file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.file_names import readable
from ahc_stream.core.raw_video import RawVideo
from ahc_stream.datasets.dataset import Dataset
from ahc_stream.datasets.files import absolute, walk
from ahc_stream.datasets.items import item_names, stills_items
from ahc_stream.datasets.media import SUFFIXES, is_image, is_video, passed_over, unread
from ahc_stream.datasets.raw_names import is_raw, raw_notes, raw_video
from ahc_stream.datasets.read_options import NOTHING_TOLD, ReadOptions

FOLDER_ASSUMES = (
    "A suffix says what a file is; images are unrelated stills, also those with numbers; hidden files are left out, "
    "links followed, other suffixes noted; there are no labels."
)


def open_folder(path: Path, stream: int | None = None, told: ReadOptions = NOTHING_TOLD) -> Dataset:
    """The media of a file or of a tree, sorted by path: an item per video, and images by up to 32.

    stream:  of one video that has several, FFmpeg's number of the one to take.
    told:    size, pixel format and rate of raw video, where its name does not say them.

    An item is called after its file (`items.item_names`), the dataset after the folder or file. Hidden files are left
    out and links followed (`files`); a note tells of files of other suffixes. Raises MissingData (nothing there, or
    nothing of these suffixes, or raw video of unknown size), InvalidValue (what is told of raw video) and MediaError (a
    file of another suffix, or a stream of what is no video).
    """
    dataset = dataset_name(path)
    if path.is_file():
        return Dataset(dataset, _of_file(path, dataset, stream, told), notes=tuple(_raw_notes([path], told)))
    if stream is not None:
        raise _no_video(path)
    if not path.is_dir():
        raise MissingData("a folder or file", f"nothing at {path}", "check the path")
    tree = walk(path)
    media = [file for file in tree.files if is_image(file) or is_video(file)]
    notes = (*passed_over(tree.files, tree.runs), *unread(tree))
    if not media:
        todo = f"put media files there; suffixes looked for: {SUFFIXES}"
        raise MissingData("images or videos", "; ".join([f"none in {path}", *notes]), todo)
    root = path.absolute()
    names = item_names([file.relative_to(root) for file in media])
    items = media_items(dict(zip(media, names, strict=True)), dataset, told)
    return Dataset(dataset, items, notes=(*notes, *_raw_notes(media, told)))


def dataset_name(path: Path) -> str:
    """What a folder or file is called, also where "." or ".." names it."""
    return readable(absolute(path).name) or "files"


def _of_file(path: Path, dataset: str, stream: int | None, told: ReadOptions) -> tuple[Item, ...]:
    name = readable(path.stem)
    if is_video(path):
        if stream is None:
            return media_items({path.absolute(): name}, dataset, told)
        item = f"{name}#{stream}"
        return (Item(dataset, item, "video", (path.absolute(),), stream=stream),)
    if not is_image(path):
        raise MediaError(f"an image or video ({SUFFIXES})", str(path), "name a file of such a suffix")
    if stream is not None:
        raise _no_video(path)
    return stills_items(dataset, [path.absolute()], [name])


def _no_video(path: Path) -> MediaError:
    return MediaError("a video, for a stream of it", str(path), "leave the number behind # out")


def media_items(names: Mapping[Path, str], dataset: str, told: ReadOptions) -> tuple[Item, ...]:
    """An item for each video, then the images by up to 32, in the order of `names`: file -> what it is called.

    Raises MissingData for raw video of unknown size, and InvalidValue.
    """
    stills = [file for file in names if is_image(file)]
    videos = [file for file in names if is_video(file)]
    return (
        *(Item(dataset, names[video], "video", (video,), raw=_raw(video, told)) for video in videos),
        *stills_items(dataset, stills, [names[still] for still in stills]),
    )


def _raw(path: Path, told: ReadOptions) -> RawVideo | None:
    return raw_video(path, told) if is_raw(path) else None


def _raw_notes(paths: Iterable[Path], told: ReadOptions) -> Iterator[str]:
    return raw_notes(list(filter(is_raw, paths)), told)
