"""What kind of data lies at a path: the order of the table, what is ambiguous, and what an option means nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ahc_stream import datasets
from ahc_stream.core.errors import InvalidValue, MediaError, MissingData, UnknownName
from ahc_stream.datasets import ReadOptions
from ahc_stream.datasets.own import KINDS
from tests.datasets.own.trees import put, yolo

SEQUENCE = {
    "A/seqinfo.ini": "[Sequence]\nframeRate=30\n",
    "A/img1/000001.jpg": "",
    "A/gt/gt.txt": "1,1,1,1,5,5,1,1,1\n",
}


def instances(*files: str) -> str:
    """COCO's: a box of a bird on each."""
    return json.dumps({
        "images": [{"id": number, "file_name": file} for number, file in enumerate(files)],
        "categories": [{"id": 7, "name": "bird"}],
        "annotations": [{"image_id": n, "category_id": 7, "bbox": [1, 2, 3, 4]} for n in range(len(files))],
    })  # fmt: skip


def read(root: Path, **options: object) -> datasets.Dataset:
    return datasets.load(root, reading=ReadOptions.of(options))


def kind_of(root: Path, **options: object) -> str:
    note = next(iter(read(root, **options).notes), "")
    return note.removeprefix("read as ").split()[0] if note.startswith("read as ") else "files"


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"data.yaml": "val: images\nnames: [a]\n", "images/a.png": "", "labels/a.txt": "0 .5 .5 1 1"}, "yolo"),
        ({"images/a.png": "", "labels/a.txt": "0 .5 .5 1 1"}, "yolo"),
        ({"images/a.png": "", "labelTxt/a.txt": "1 1 5 1 5 5 1 5 ship 0"}, "dota"),
        ({"val/images/a.png": "", "val/labelTxt/a.txt": "gsd:1"}, "dota"),
        ({"annotations/instances_val2017.json": instances("a.png"), "val2017/a.png": ""}, "coco"),
        ({"labels.json": instances("a.png"), "data/a.png": ""}, "coco"),
        ({"valid/_annotations.coco.json": instances("a.png"), "valid/a.png": ""}, "coco"),
        (SEQUENCE, "mot"),
        ({"cat/a.png": "", "dog/b.png": ""}, "imagefolder"),
        ({"train/cat/a.png": "", "val/cat/a.png": "", "val/dog/a.png": ""}, "imagefolder"),
        ({"cat/a.png": ""}, "files"),
        ({"a.png": "", "cat/b.png": "", "dog/c.png": ""}, "files"),
        ({"x/y/a.png": "", "z/b.png": ""}, "files"),
        ({"a.png": "", "config.yaml": "lr: 0.1\n"}, "files"),
    ],
)
def test_a_layout_is_recognised(tmp_path: Path, files: dict[str, str], kind: str) -> None:
    assert kind_of(put(tmp_path, files)) == kind


def test_every_kind_is_known_by_what_asks_for_it(tmp_path: Path) -> None:
    assert [kind.name for kind in KINDS] == ["yolo", "dota", "coco", "mot", "imagefolder", "list", "files"]
    with pytest.raises(UnknownName, match="Did you mean 'imagefolder'"):
        kind_of(put(tmp_path, {"a.png": ""}), read_as="image-folder")


def test_two_kinds_at_one_place_are_a_question(tmp_path: Path) -> None:
    put(yolo(tmp_path), {"annotations/instances_val.json": instances("a.png")})
    with pytest.raises(InvalidValue, match=r"yolo \(data\.yaml\) and coco .*Choose --as yolo or --as coco"):
        kind_of(tmp_path)
    assert kind_of(tmp_path, read_as="coco") == "coco"
    assert kind_of(tmp_path, read_as="yolo") == "yolo"
    assert kind_of(tmp_path, read_as="files") == "files"


def test_an_option_that_the_data_has_no_use_for_is_refused(tmp_path: Path) -> None:
    put(tmp_path, {"a.png": ""})
    for options, flag in (({"split": "val"}, "--split"), ({"images": tmp_path}, "--images")):
        with pytest.raises(InvalidValue, match=flag):
            read(tmp_path, **options)
    with pytest.raises(InvalidValue, match="--as"):
        read(Path("kodak"), read_as="files")


def test_coco_lies_where_it_is_said_to(tmp_path: Path) -> None:
    put(tmp_path, {"x/truth.json": instances("a.png", "gone.png"), "y/a.png": "", "y/b.png": ""})
    for dataset in (
        read(tmp_path / "x" / "truth.json", images=tmp_path / "y"),
        read(tmp_path / "y", labels=tmp_path / "x" / "truth.json"),
        read(tmp_path, labels=tmp_path / "x" / "truth.json", images=str(tmp_path / "y")),
    ):
        assert dataset.names == ("a",) and dataset.labels["detection"]["class_name"].to_pylist() == ["bird"]
        assert any(note.startswith("1 of the 2 images of") for note in dataset.notes)
        assert any(note.startswith("1 image of y/ that") for note in dataset.notes)


def test_of_several_annotations_the_split_decides(tmp_path: Path) -> None:
    files = {f"annotations/instances_{split}2017.json": instances(f"{split}.png") for split in ("train", "val")}
    put(
        tmp_path, {**files, "train2017/train.png": "", "val2017/val.png": "", "annotations/captions_val2017.json": "{}"}
    )
    assert read(tmp_path).names == ("val",)
    assert read(tmp_path, split="train").names == ("train",)
    with pytest.raises(InvalidValue, match="'test'"):
        read(tmp_path, split="test")
    put(tmp_path, {"annotations/instances_val_more.json": instances("val.png")})
    with pytest.raises(InvalidValue, match="--labels"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({"labels.json": instances("gone.png"), "data/a.png": ""}, {}, "none of its 1 image in .*--images"),
        ({"a.png": ""}, {"read_as": "coco"}, "COCO's annotations"),
        ({"labels.json": instances("a.png"), "a.png": ""}, {"images": "/nowhere"}, "check --images|Check --images"),
    ],
)
def test_labels_without_images_are_one_message(
    tmp_path: Path, files: dict[str, str], options: dict[str, str], message: str
) -> None:
    with pytest.raises(MissingData, match=message):
        read(put(tmp_path, files), **options)


def test_a_class_is_the_folder_and_loose_pictures_have_none(tmp_path: Path) -> None:
    put(tmp_path, {"train/cat/a.png": "", "val/cat/a.png": "", "val/dog/deep/b.png": "", "val/dog/b.png": ""})
    dataset = read(tmp_path, read_as="imagefolder")
    table = dataset.labels["classification"].to_pylist()
    assert {row["item"]: row["class_name"] for row in table} == {"cat/a": "cat", "dog/b": "dog", "dog/deep/b": "dog"}
    put(tmp_path, {"val/c.png": ""})
    with pytest.raises(MissingData, match=r"c\.png right in it"):
        read(tmp_path, read_as="imagefolder")


def test_a_tree_of_sequences_has_its_boxes(tmp_path: Path) -> None:
    dataset = read(put(tmp_path, SEQUENCE))
    assert dataset.names == ("A",) and dataset.labels["detection"].num_rows == 1
    put(tmp_path, {"dev/" + name: content for name, content in SEQUENCE.items()})
    assert read(tmp_path, split="dev").names == ("A",)
    with pytest.raises(InvalidValue, match="'gone'"):
        read(tmp_path, read_as="mot", split="gone")


def test_a_list_names_files_relative_to_itself(tmp_path: Path) -> None:
    put(tmp_path, {"in/a.png": "", "in/b.mp4": "", "in/list.txt": "# mine\n./b.mp4\na.png\n"})
    dataset = read(tmp_path / "in" / "list.txt")
    assert dataset.names == ("b", "a") and [item.medium for item in dataset.items] == ["video", "stills"]
    outside = put(tmp_path, {"lists/all.txt": f"{tmp_path}/in/a.png\n../in/b.mp4\n"})
    assert read(outside / "lists" / "all.txt").names == ("b", "a")


@pytest.mark.parametrize("line", ["gone.png", "a.png", "list.txt"])
def test_an_odd_line_of_a_list_is_named(tmp_path: Path, line: str) -> None:
    put(tmp_path, {"a.png": "", "list.txt": f"a.png\n{line}\n"})
    with pytest.raises(MediaError, match=r"list\.txt, line 2"):
        read(tmp_path / "list.txt")


def test_a_dataset_of_a_program_is_itself(tmp_path: Path) -> None:
    dataset = read(put(tmp_path, {"a.png": ""}))
    assert datasets.load(dataset) is dataset and str(dataset) == tmp_path.name
