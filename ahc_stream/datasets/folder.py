"""Any folder of images and videos, or one such file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError, MissingData

IMAGES = {
    ".avif",
    ".bmp",
    ".j2k",
    ".jfif",
    ".jp2",
    ".jpeg",
    ".jpg",
    ".jxl",
    ".pgm",
    ".png",
    ".ppm",
    ".tif",
    ".tiff",
    ".webp",
}
VIDEOS = {
    ".avi",
    ".h264",
    ".h265",
    ".hevc",
    ".ivf",
    ".m2ts",
    ".m4v",
    ".mkv",
    ".mov",
    ".mp4",
    ".mpeg",
    ".mpg",
    ".mts",
    ".obu",
    ".ts",
    ".webm",
    ".y4m",
}
STILLS_PER_ITEM = 32
"""Grain of resume and sharding: few enough to lose little, enough to fill a batch."""


def open_folder(path: Path, dataset: str) -> tuple[Item, ...]:
    """The items of a file or of a tree, sorted by path: one per video, and images by up to 32.

    A file's item name is its path inside the tree without suffix, or with it where two files would share a name.
    Hidden files and folders are left out, and so is every other suffix. Raises MissingData (nothing there, or nothing
    of these suffixes) and MediaError (a file of another suffix).
    """
    names = _names(path)
    stills = [file for file in names if file.suffix.lower() in IMAGES]
    videos = [file for file in names if file.suffix.lower() in VIDEOS]
    return (
        *(Item(dataset, names[video], "video", (video,)) for video in videos),
        *stills_items(dataset, stills, [names[still] for still in stills]),
    )


def stills_items(
    dataset: str, paths: Sequence[Path], names: Sequence[str], per_item: int = STILLS_PER_ITEM
) -> tuple[Item, ...]:
    """Images in items of up to `per_item`. Such an item is called after its images: "kodim01..kodim08"."""
    return tuple(
        _stills(dataset, tuple(paths[start : start + per_item]), tuple(names[start : start + per_item]))
        for start in range(0, len(paths), per_item)
    )


def _stills(dataset: str, paths: tuple[Path, ...], names: tuple[str, ...]) -> Item:
    name = names[0] if len(names) == 1 else f"{names[0]}..{names[-1]}"
    return Item(dataset, name, "stills", paths, names)


def _names(path: Path) -> dict[Path, str]:
    """The media files, absolute and in order, and what each is called."""
    if path.is_file():
        if not _is_media(path):
            raise MediaError(f"an image or video ({_suffixes()})", str(path), "name a file of such a suffix")
        return {path.absolute(): path.stem}
    if not path.is_dir():
        raise MissingData("a folder or file", f"nothing at {path}", "check the path")
    files = sorted(_visible(path, path.absolute().rglob("*")))
    if not files:
        todo = f"put media files there; suffixes looked for: {_suffixes()}"
        raise MissingData("images or videos", f"none in {path}", todo)
    return dict(zip(files, _without_suffix_clash([file.relative_to(path.absolute()) for file in files]), strict=True))


def _visible(root: Path, files: Iterable[Path]) -> Iterator[Path]:
    for file in files:
        hidden = any(part.startswith(".") for part in file.relative_to(root.absolute()).parts)
        if not hidden and _is_media(file) and file.is_file():
            yield file


def _without_suffix_clash(relative: Sequence[Path]) -> list[str]:
    bare = [path.with_suffix("").as_posix() for path in relative]
    count = Counter(bare)
    return [path.as_posix() if count[name] > 1 else name for path, name in zip(relative, bare, strict=True)]


def _is_media(path: Path) -> bool:
    return path.suffix.lower() in IMAGES | VIDEOS


def _suffixes() -> str:
    return " ".join(sorted(IMAGES | VIDEOS))
