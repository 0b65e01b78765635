"""The table of datasets: what each is, where it lies, how it comes here, how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa

from ahc_stream.core.clip import Item
from ahc_stream.datasets import bsds500, coco, imagenet, isic, kodak, mot, mot17_mini, plates, sample, ucf101
from ahc_stream.store import Source

Opener = Callable[[Path, str], tuple[tuple[Item, ...], Mapping[str, pa.Table]]]
"""(folder, dataset name) -> items and labels."""


@dataclass(frozen=True)
class DatasetEntry:
    """One dataset.

    tasks:    what a run does on it unless told otherwise, as task specs.
    assumes:  what its reader takes for granted of the files, in a sentence that `ahc-stream list datasets` shows.
    folder:   where it lies under `datasets/` of a root.
    open:     reads a complete folder.
    lacks:    what a folder lacks to be complete, one phrase each; empty: nothing.
    sources:  path inside the folder ("": the folder) -> what is downloaded to it.
    make:     writes the folder, where it is made here rather than downloaded.
    where:    how a person gets it, where neither of the two brings it.
    unclean:  reads it with what `open` leaves out because it would spoil a score; None: it leaves out nothing.
    notes:    what is good to know of a folder that lacks nothing, such as how much of the official set it is.
    """

    description: str
    licence: str
    tasks: tuple[str, ...]
    assumes: str
    folder: str
    open: Opener
    lacks: Callable[[Path], list[str]]
    sources: Mapping[str, Source] = field(default_factory=dict)
    make: Callable[[Path], None] | None = None
    where: str = ""
    unclean: Opener | None = None
    notes: Callable[[Path], list[str]] = lambda folder: []


def hashes(sources: Mapping[str, Source], folder: Path) -> dict[Path, str | None]:
    """Every file that `sources` bring to `folder`, with its SHA-256 where one is known."""
    found: dict[Path, str | None] = {}
    for relative, source in sources.items():
        found |= source.files(folder / relative)
    return found


def _lacks_files(sources: Mapping[str, Source], folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in hashes(sources, folder) if not path.is_file()]


def _lacks_sequences(folder: Path) -> list[str]:
    return [] if mot.sequence_folders(folder) else ["[train/]SEQUENCE/seqinfo.ini"]


def _lacks_sample(folder: Path) -> list[str]:
    return [] if sample.is_made(folder) else [f"the frames of version {sample.VERSION}"]


MOT_ASSUMES = (
    "Frames are the numbered images, at the rate of seqinfo.ini; pixels and frames of gt.txt count from 1; pedestrians "
    "are to be found, and what is like a person is a region to ignore."
)
COCO_ASSUMES = (
    "Boxes are left, top, width, height in stored pixels (no EXIF orientation); a missing area is width x height, a "
    "missing iscrowd 0; what has no mask or keypoints is a label for detection alone; names of categories are the "
    "model's."
)
ISIC_ASSUMES = "An image's class is the name of its folder; files of the same bytes are the same picture."
IMAGENET_ASSUMES = "An image's class is the WordNet number at the head of its path."
UCF_ASSUMES = "A clip's class is the name of its folder."
BSDS_ASSUMES = "Boundaries are drawn on images of the same size, each annotator's a map of their own."
PLATES_ASSUMES = (
    "A text is as its owner typed it, O and 0 apart; regions are left, top, width, height in stored pixels."
)


DATASETS: dict[str, DatasetEntry] = {
    "mot17": DatasetEntry(
        "MOT17 pedestrians (or any MOTChallenge tree, with --root); of the three copies of a recording, FRCNN's",
        "CC BY-NC-SA 3.0",
        ("detection:model=yolov5n:size=1280", "tracking"),
        MOT_ASSUMES,
        "MOT17",
        mot.open_tree,
        _lacks_sequences,
        where="fetch MOT17.zip (5.5 GB) from https://motchallenge.net/data/MOT17 and unpack its train folder",
        notes=mot.notes,
    ),
    "mot17-mini": DatasetEntry(
        "twelve real frames 1920 x 1080 of MOT17-02 and MOT17-04, with ground truth (9.5 MB)",
        "CC BY-NC-SA 3.0",
        ("detection:model=yolov5n:size=1280", "tracking"),
        MOT_ASSUMES,
        "mot17-mini",
        mot.open_tree,
        partial(_lacks_files, {"": mot17_mini.SOURCE}),
        sources={"": mot17_mini.SOURCE},
    ),
    "coco": DatasetEntry(
        "COCO val2017, 5,000 photos with boxes and masks of 80 classes, or as many of them as are there",
        "annotations CC BY 4.0; each photo its own Creative Commons licence",
        ("detection:model=yolov5n:size=640",),
        COCO_ASSUMES,
        "coco",
        coco.open_coco,
        coco.lacks,
        where=coco.WHERE,
        notes=coco.notes,
    ),
    "isic": DatasetEntry(
        "nine classes of skin lesions, the test images of Kaggle's tree; cleaned of copies unless --no-clean",
        "CC0 and CC BY-NC 4.0, per image",
        ("classification:model=densenet201-isic",),
        ISIC_ASSUMES,
        isic.FOLDER,
        isic.open_split,
        isic.lacks,
        where=isic.WHERE,
        unclean=partial(isic.open_split, clean=False),
        notes=isic.notes,
    ),
    "isic-train": DatasetEntry(
        "the training images of the same tree, to train on; cleaned of copies unless --no-clean",
        "CC0 and CC BY-NC 4.0, per image",
        (),
        ISIC_ASSUMES,
        isic.FOLDER,
        partial(isic.open_split, split="Train"),
        isic.lacks,
        where=isic.WHERE,
        unclean=partial(isic.open_split, split="Train", clean=False),
        notes=isic.notes,
    ),
    "imagenet-sample": DatasetEntry(
        "photos of ImageNet classes, one file each, named by their class (n01440764_tench.JPEG)",
        "research, each photo its owner's",
        ("classification:model=mobilenet_v2-imagenet",),
        IMAGENET_ASSUMES,
        "imagenet-sample",
        imagenet.open_photos,
        imagenet.lacks,
        notes=imagenet.notes,
        where="put such files, for instance those of https://github.com/EliSchwartz/imagenet-sample-images,",
    ),
    "ucf101": DatasetEntry(
        "UCF101, 320 x 240: the test half of split 1, 3,783 clips; without the split files every clip that is there",
        "no licence stated; clips of YouTube videos, published for research",
        ("video:model=i3d-kinetics400:names=ucf101",),
        UCF_ASSUMES,
        "UCF-101",
        ucf101.open_tree,
        ucf101.lacks,
        where=ucf101.WHERE,
        notes=ucf101.notes,
    ),
    **{
        f"ucf101-split{split}": DatasetEntry(
            f"UCF101: the test half of split {split}",
            "no licence stated; clips of YouTube videos, published for research",
            ("video:model=i3d-kinetics400:names=ucf101",),
            UCF_ASSUMES,
            "UCF-101",
            partial(ucf101.open_tree, split=split),
            partial(ucf101.lacks, split=split),
            where=ucf101.WHERE,
        )
        for split in (2, 3)
    },
    "ucf101-mini": DatasetEntry(
        "two clips of UCF101's kind, tai chi and horse riding, 320 x 240 (1.8 MB)",
        "no licence stated; clips of YouTube videos, published for research",
        ("video:model=i3d-kinetics400:names=ucf101",),
        UCF_ASSUMES,
        "ucf101-mini",
        partial(ucf101.open_tree, split=None),
        partial(_lacks_files, {"": ucf101.MINI}),
        sources={"": ucf101.MINI},
    ),
    "bsds500": DatasetEntry(
        "BSDS500's 200 test images, 481 x 321 or upright, with the boundaries that about five people drew",
        bsds500.LICENCE,
        ("edges",),
        BSDS_ASSUMES,
        bsds500.FOLDER,
        bsds500.open_split,
        bsds500.lacks,
        where=bsds500.WHERE,
        notes=bsds500.notes,
    ),
    **{
        f"bsds500-{split}": DatasetEntry(
            f"BSDS500's images for {use} and their boundaries",
            bsds500.LICENCE,
            ("edges",),
            BSDS_ASSUMES,
            bsds500.FOLDER,
            partial(bsds500.open_split, split=split),
            partial(bsds500.lacks, split=split),
            where=bsds500.WHERE,
            notes=partial(bsds500.notes, split=split),
        )
        for split, use in (("train", "training"), ("val", "validation"))
    },
    "kodak": DatasetEntry(
        "the 24 Kodak images, 768 x 512 (15 MB)",
        "free to use",
        (),
        "Images are sRGB, and labels there are none.",
        "kodak",
        kodak.open_kodak,
        partial(_lacks_files, kodak.SOURCES),
        sources=kodak.SOURCES,
    ),
    "sample": DatasetEntry(
        "24 frames 640 x 480 of four persons, made here from a photo in the ultralytics package; needs no network",
        "AGPL-3.0, as the package that ships the photo",
        ("detection:model=yolov5n:size=640",),
        MOT_ASSUMES,
        "sample",
        mot.open_tree,
        _lacks_sample,
        make=sample.make,
    ),
    "us-plates": DatasetEntry(
        "licence plates of the USA, cut out, with their texts (or any photos in openalpr's layout, with --root)",
        "AGPL-3.0 (openalpr/benchmarks)",
        ("ocr:model=ppocr-v3",),
        PLATES_ASSUMES,
        "us-license-plates",
        plates.open_plates,
        plates.lacks,
        where="fetch seg_and_ocr (cut-out plates) of https://github.com/openalpr/benchmarks, or endtoend/us (photos),",
        notes=plates.notes,
    ),
}

BUILT_IN = frozenset(DATASETS)
"""The names that no plug-in may have."""
