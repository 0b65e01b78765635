"""The nine-class set of skin lesions that Kaggle hosts ("Skin Cancer ISIC"): {Train,Test}/CLASS/*.jpg.

The set holds byte-identical files, most of them under two labels and some in both splits: what a model learned from the
one it would be asked about in the other. They are found by their bytes, and left out unless asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import pyarrow as pa

from ahc_stream.core import class_names
from ahc_stream.core.clip import Item
from ahc_stream.core.labels import CLASSES
from ahc_stream.datasets.files import children
from ahc_stream.datasets.items import item_names, stills_items
from ahc_stream.datasets.media import images_in, passed_over
from ahc_stream.store import sha256_of

FOLDER = "Skin cancer ISIC The International Skin Imaging Collaboration"
LESIONS = class_names.ISIC

WHERE = (
    "fetch the archive of https://www.kaggle.com/datasets/nodoubttome/skin-cancer9-classesisic (sign in first) and "
    f'unpack its folder "{FOLDER}"'
)

Split = Literal["Train", "Test"]
SPLITS: tuple[Split, ...] = ("Train", "Test")


def open_split(
    folder: Path, dataset: str, split: Split = "Test", clean: bool = True
) -> tuple[tuple[Item, ...], Mapping[str, pa.Table]]:
    """The images of one split, called "CLASS/FILE" (`items.item_names`), up to 32 an item, and the class of each.

    clean:  without what `Copies.spoilt` lists.
    """
    every_file = split_files(folder, split)
    name_of = dict(zip(every_file, item_names([Path(file.parent.name, file.name) for file in every_file]), strict=True))
    spoilt = Copies.among(folder).spoilt if clean else frozenset()
    files = [file for file in every_file if file not in spoilt]
    names = [name_of[file] for file in files]
    labels = {
        "dataset": [dataset] * len(files),
        "item": names,
        "frame": [0] * len(files),
        "class_name": [file.parent.name for file in files],
    }
    return stills_items(dataset, files, names), {"classification": pa.table(labels, schema=CLASSES)}


def lacks(folder: Path) -> list[str]:
    """The class folders that hold no image, in both splits: cleaning compares the two."""
    return [
        f"{split}/{lesion}/*.jpg" for split in SPLITS for lesion in LESIONS if not images_in(folder / split / lesion)
    ]


def notes(folder: Path) -> list[str]:
    """How many files are copies of another, how many of each split cleaning leaves out, and which are no images."""
    copies = Copies.among(folder)
    files = {split: split_files(folder, split) for split in SPLITS}
    left_out = {split: sum(file in copies.spoilt for file in paths) for split, paths in files.items()}
    cleaning = ", ".join(f"{left_out[split]} of {len(files[split])} images of {split}" for split in SPLITS)
    return [
        f"{len(copies.groups)} groups of byte-identical files: {copies.under_two_labels} under two labels, "
        f"{copies.across_splits} across the splits; cleaning leaves out {cleaning}",
        *passed_over(file for split in SPLITS for lesion in LESIONS for file in children(folder / split / lesion)),
    ]


def split_files(folder: Path, split: Split) -> list[Path]:
    """Every image of a split, absolute, by class and name."""
    root = folder.absolute() / split
    return [file for lesion in LESIONS for file in images_in(root / lesion)]


@dataclass(frozen=True)
class Copies:
    """groups: the byte-identical files, each group in the order Train before Test, then class, then name."""

    groups: tuple[tuple[Path, ...], ...]

    @classmethod
    def among(cls, folder: Path) -> Copies:
        """The groups in both splits of a tree. Reads only files that share their size with another."""
        files = [file for split in SPLITS for file in split_files(folder, split)]
        same_size = _grouped(files, [file.stat().st_size for file in files])
        candidates = [file for group in same_size for file in group]
        return cls(tuple(map(tuple, _grouped(candidates, map(sha256_of, candidates)))))

    @property
    def under_two_labels(self) -> int:
        """Groups whose files have more than one label."""
        return sum(_disagrees(group) for group in self.groups)

    @property
    def across_splits(self) -> int:
        """Groups with files in both splits."""
        return sum(len({file.parent.parent for file in group}) > 1 for group in self.groups)

    @cached_property
    def spoilt(self) -> frozenset[Path]:
        """What cleaning leaves out: all copies where they have different labels, else all but the first, which is the
        one in Train if there is one there."""
        return frozenset(file for group in self.groups for file in (group if _disagrees(group) else group[1:]))


def _disagrees(group: Sequence[Path]) -> bool:
    return len({file.parent.name for file in group}) > 1


def _grouped(files: Iterable[Path], keys: Iterable[object]) -> list[list[Path]]:
    """Files of equal keys, where there are two or more, in their order."""
    groups: dict[object, list[Path]] = defaultdict(list)
    for key, file in zip(keys, files, strict=True):
        groups[key].append(file)
    return [group for group in groups.values() if len(group) > 1]
