"""Which files are images and videos, by their suffixes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from ahc_stream.datasets.files import Tree, children

IMAGES = frozenset({
    ".avif", ".bmp", ".j2k", ".jfif", ".jp2", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp",
})  # fmt: skip
VIDEOS = frozenset({
    ".3gp", ".asf", ".avi", ".flv", ".h264", ".h265", ".hevc", ".ivf", ".m2ts", ".m2v", ".m4v", ".mkv", ".mov", ".mp4",
    ".mpeg", ".mpg", ".mts", ".mxf", ".obu", ".ogv", ".ts", ".vob", ".webm", ".wmv", ".y4m", ".yuv",
})  # fmt: skip
SUFFIXES = " ".join(sorted(IMAGES | VIDEOS))

CLUTTER = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini"})
"""What file managers leave behind: nobody takes it for data, so no note tells of it."""

RUN_SUFFIXES = frozenset({".parquet", ".json", ".html", ".csv", ".tex"})
"""What runs and reports write."""


def is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGES


def is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEOS


def images_in(folder: Path) -> list[Path]:
    """The image files right in a folder, in order."""
    return [path for path in children(folder) if is_image(path) and path.is_file()]


def passed_over(files: Iterable[Path], runs: Collection[Path] = ()) -> list[str]:
    """A note of the files that are neither image nor video, by suffix; none where there is nothing to say.

    runs:  folders that runs write to: their tables and pages are not told of.
    """
    others = [path for path in files if not is_image(path) and not is_video(path)]
    return counted_by_suffix([path for path in others if not _is_clutter(path, runs)])


def _is_clutter(path: Path, runs: Collection[Path]) -> bool:
    is_of_run = path.suffix in RUN_SUFFIXES and any(folder in runs for folder in path.parents)
    return is_of_run or path.name.lower() in CLUTTER


def counted_by_suffix(files: Sequence[Path]) -> list[str]:
    """A note such as "3 files passed over: 2 .gif, 1 .jxl"; none without files."""
    if not files:
        return []
    counts = Counter(path.suffix.lower() or "without suffix" for path in files)
    suffixes = ", ".join(f"{count} {suffix}" for suffix, count in sorted(counts.items()))
    return [f"{len(files)} file{'s' if len(files) > 1 else ''} passed over: {suffixes}"]


def unread(tree: Tree) -> list[str]:
    """A note of what could not be followed."""
    if not tree.unread:
        return []
    names = ", ".join(tree.unread[:3]) + (" ..." if len(tree.unread) > 3 else "")
    return [f"{len(tree.unread)} broken links or folders that may not be read: {names}"]
