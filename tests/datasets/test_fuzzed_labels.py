"""Label files with random damage: whatever comes in, what comes out is a dataset or one of our errors."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ahc_stream.core.class_names import read_class_names
from ahc_stream.core.errors import AhcStreamError
from ahc_stream.datasets import bsds500, coco, mot, plates, ucf101
from ahc_stream.datasets.own.dota_rows import read_dota_rows
from tests.datasets.test_bsds500 import write_truth
from tests.datasets.test_coco_truth import BOX, write
from tests.datasets.test_foreign_trees import put
from tests.datasets.test_mot import SEQINFO, sequence

TRIALS = 90  # of each of nine kinds: 810 files
ODD_TOKENS = (
    *(b"nan", b"-inf", b"1e400", b"-1", b"1.5", b"9" * 30, b"9" * 5000, b"null", b"{}", b"[]", b"[" * 3000, b"\0"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b",", b"\t", b'"', b"../", b"/", b"\\", b"\\ud800", b"%s", b"="),
    *(b"[x]", b"\xe9", b"\xf0\x9f"),
)


def damaged(data: bytes, generator: random.Random) -> bytes:
    """Some bytes changed, cut out, doubled, or odd words put in."""
    for _ in range(generator.randint(1, 4)):
        start = generator.randrange(len(data) + 1)
        stop = min(len(data), start + generator.choice((0, 1, 3, 20)))
        middle = generator.choice((
            b"",
            bytes(generator.randrange(256) for _ in range(stop - start)),
            data[start:stop] * 2,
            generator.choice(ODD_TOKENS),
        ))  # fmt: skip
        data = data[:start] + middle + data[stop:]
    return data[: generator.randrange(len(data) + 1)] if generator.random() < 0.1 else data


def coco_file(root: Path) -> tuple[Path, Callable[[], object]]:
    shapes = [
        {"segmentation": [[1, 2, 3.5, 4, 5, 6], [7, 8, 9, 10, 11, 12]], "keypoints": [1, 2, 2, 3.5, 4, 0]},
        {"segmentation": {"size": [4, 3], "counts": [2, 5, 5]}},
        {"segmentation": {"size": [4, 3], "counts": "255"}, "keypoints": []},
        {"segmentation": []},
    ]
    boxes = [{**BOX, **shape, "id": n, "area": 12.5, "iscrowd": n % 2} for n, shape in enumerate(shapes)]
    path = write(root, annotations=boxes) / coco.ANNOTATIONS
    json.loads(path.read_text())
    return path, lambda: (coco.open_coco(root, "c"), coco.notes(root), coco.lacks(root))


def gt_file(root: Path) -> tuple[Path, Callable[[], object]]:
    lines = "".join(f"{number % 2 + 1},{number},{number}.5,2,30,40,1,{number % 9},0.5\n" for number in range(1, 9))
    folder = sequence(root / "A", truth=lines)
    return folder / "gt" / "gt.txt", lambda: mot.open_tree(root, "m")


def ini_file(root: Path) -> tuple[Path, Callable[[], object]]:
    folder = sequence(root / "A", truth="1,1,1,1,5,5,1,1,1\n", info=SEQINFO)
    return folder / "seqinfo.ini", lambda: (mot.open_tree(root, "m"), mot.notes(root))


def plates_file(root: Path) -> tuple[Path, Callable[[], object]]:
    put(root, {"groundtruth.csv": "image,text\na.png,AB 12\nb.png,ak,0LD\n", "a.png": "", "b.png": "", "c.jpg": ""})
    path = put(root, {"c.txt": "c.jpg\t187\t189\t133\t65\tHRK2017\nc.jpg 5 6 30 10 AB\n"}) / "c.txt"
    return path, lambda: (plates.open_plates(root, "p"), plates.notes(root), plates.lacks(root))


def csv_file(root: Path) -> tuple[Path, Callable[[], object]]:
    _, read = plates_file(root)
    return root / "groundtruth.csv", read


def split_file(root: Path) -> tuple[Path, Callable[[], object]]:
    put(root, {"A/v_A_g01_c01.avi": "", "B/v_B_g01_c01.avi": ""})
    path = put(root, {f"{ucf101.LISTS}/testlist01.txt": "A/v_A_g01_c01.avi 1\nB/v_B_g01_c01.avi 2\n"})
    return path / ucf101.LISTS / "testlist01.txt", lambda: (ucf101.open_tree(root, "u"), ucf101.lacks(root))


def names_file(root: Path) -> tuple[Path, Callable[[], object]]:
    path = put(root, {"names.txt": "1 ApplyEyeMakeup\n2 Archery\n3 Baby Crawling\n"}) / "names.txt"
    return path, lambda: (read_class_names(path), read_class_names(path, are_numbered=True))


def mat_file(root: Path) -> tuple[Path, Callable[[], object]]:
    write_truth(root / "a.mat", [np.eye(8, 9), np.ones((8, 9))])
    return root / "a.mat", lambda: bsds500.read_truth(root / "a.mat")


def dota_file(root: Path) -> tuple[Path, Callable[[], object]]:
    rows = "".join(f"{n} 2.5 30 4 31 20.25 5 18 small-vehicle {n % 2}\n" for n in range(4))
    put(root, {"images/a.png": "", "labelTxt/a.txt": f"imagesource:GoogleEarth\ngsd:0.15\n{rows}"})
    return root / "labelTxt" / "a.txt", lambda: read_dota_rows(root / "labelTxt" / "a.txt")


KINDS = (dota_file, coco_file, gt_file, ini_file, plates_file, csv_file, split_file, names_file, mat_file)


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_a_dataset_or_an_error_of_ours(tmp_path: Path, kind: Callable[[Path], tuple[Path, Callable]]) -> None:
    path, read = kind(tmp_path)
    read()
    whole, generator, refused = path.read_bytes(), random.Random(kind.__name__), 0
    for number in range(TRIALS):
        path.write_bytes(damaged(whole, generator))
        try:
            read()
        except AhcStreamError as error:
            refused += 1
            assert str(error).encode() and len(str(error)) < 4000
        except Exception as error:
            pytest.fail(f"trial {number} of {kind.__name__}: {error!r} for {path.read_bytes()!r}")
    assert refused > 0, "the damage does damage"
