"""COCO's instances of one's own: a JSON of annotations, and a folder of the images that it lists.

    ROOT/annotations/instances_val2017.json    ROOT/val2017/           as the official set unpacks
    ROOT/labels.json                           ROOT/data/              as FiftyOne exports
    ROOT/valid/_annotations.coco.json          ROOT/valid/             as Roboflow exports

`--labels FILE --images DIR` names others. What the fields of the file mean is in `datasets.coco_truth`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ahc_stream.core.errors import InvalidValue, MediaError, MissingData
from ahc_stream.core.threads import spread
from ahc_stream.core.wording import abridged, are, counted
from ahc_stream.datasets.coco import instances, odd_shapes, paths_of
from ahc_stream.datasets.coco_truth import CocoTruth, read_truth
from ahc_stream.datasets.dataset import Dataset
from ahc_stream.datasets.files import children, is_file, walk
from ahc_stream.datasets.folder import dataset_name
from ahc_stream.datasets.media import is_image
from ahc_stream.datasets.own.place import Place
from ahc_stream.datasets.own.splits import NAMES, choose, part_of
from ahc_stream.datasets.own.upright import canvas_of

FOLDER = "annotations"
NAMED_SO = ("*.coco.json", "instances*.json", "annotations.json", "labels.json", "coco.json")
IMAGE_FOLDERS = ("images", "data")
NAMED_FILES = 5
"""Files that a message names."""


def find_coco(place: Place) -> str | None:
    """Files that are named as COCO's annotations are; they are not read."""
    files = _candidates(place)
    return ", ".join(map(place.shown, files)) if files else None


def open_coco_json(place: Place) -> Dataset:
    """The images that are listed and here, their boxes, masks and keypoints.

    Raises MissingData, MediaError and InvalidValue.
    """
    annotations = _annotations(place)
    truth = read_truth(annotations)
    folders = list(_image_folders(place, annotations))
    images = next((folder for folder in folders if paths_of(truth, folder)), None)
    if images is None:
        got = f"none of its {counted(len(truth.files), 'image')} in {', '.join(map(str, folders))}"
        todo = "name their folder with --images, or take the pictures without labels: --as files"
        raise MissingData(f"images of {annotations}", got, todo)
    dataset = dataset_name(place.path if place.path.is_dir() else _root(annotations))
    items, labels = instances(truth, images, dataset)
    return Dataset(dataset, items, labels, notes=tuple(_notes(truth, place.shown(annotations), images)))


def _candidates(place: Place) -> list[Path]:
    """The file that is named, or those of a folder: of annotations/ and, in each folder right below, of these names."""
    if place.reading.labels is not None:
        return [place.reading.labels.absolute()]
    if place.path.is_file():
        return [place.path] if place.path.suffix.lower() == ".json" else []
    folders = [place.path, *filter(Path.is_dir, children(place.path))]
    named = {path for folder in folders for pattern in NAMED_SO for path in folder.glob(pattern)}
    within = {path for path in children(place.path / FOLDER) if path.suffix.lower() == ".json"}
    instances = {path for path in within if path.name.startswith("instances")}
    return sorted(path for path in named | (instances or within) if is_file(path) and not path.name.startswith("."))


def _annotations(place: Place) -> Path:
    """The one file; of several, that of the split. Raises MissingData and InvalidValue."""
    files = _candidates(place)
    if not files:
        todo = "name the file with --labels"
        raise MissingData("COCO's annotations", f"no .json of them in {place.path}", todo)
    parts = {path: _part(path) for path in files}
    if len(files) == 1 and (place.reading.split is None or place.reading.labels is not None):
        return files[0]
    if None in parts.values() or len(set(parts.values())) < len(files):
        got = abridged(list(map(place.shown, files)), NAMED_FILES)
        todo = "name one with --labels, or take the pictures without labels: --as files"
        raise InvalidValue(f"one file of annotations in {place.path}", got, todo)
    chosen = choose([part for part in parts.values() if part], place.reading.split, str(place.path))
    return next(path for path, part in parts.items() if part == chosen)


def _part(annotations: Path) -> str | None:
    """The split that a file is of, by its name or its folder's: "instances_val2017", "valid/_annotations.coco"."""
    words = annotations.stem.lower().replace("-", "_").split("_")
    by_name = (part_of(word.rstrip("0123456789")) for word in words)
    return next(filter(None, by_name), None) or part_of(annotations.parent.name)


def _image_folders(place: Place, annotations: Path) -> Iterator[Path]:
    """The folder that is named, or those where images lie beside such a file, the most particular one first.

    Raises MissingData.
    """
    if place.reading.images is not None:
        if not place.reading.images.is_dir():
            raise MissingData("a folder of images", f"none at {place.reading.images}", "check --images")
        yield place.reading.images.absolute()
        return
    root = place.path if place.path.is_dir() else _root(annotations)
    part = _part(annotations)
    suffix = annotations.stem.partition("_")[2]
    names = [suffix, *(NAMES[part] if part else ())]
    roots = dict.fromkeys((annotations.parent, root))
    inner = [folder / name for folder in (root, *(root / name for name in IMAGE_FOLDERS)) for name in names if name]
    outer = [folder / name for folder in roots for name in IMAGE_FOLDERS]
    yield from filter(Path.is_dir, dict.fromkeys((*inner, *outer, *roots)))


def _root(annotations: Path) -> Path:
    """The folder of the set that a file of annotations belongs to."""
    folder = annotations.parent
    return folder.parent if folder.name == FOLDER else folder


def _notes(truth: CocoTruth, name: str, images: Path) -> Iterator[str]:
    """How many images are listed and not here, or here and not listed."""
    listed = set(paths_of(truth, images).values())
    if len(listed) < len(truth.files):
        yield f"{len(listed)} of the {len(truth.files)} images of {name} are here"
    yield from _other_sizes(truth, paths_of(truth, images), name)
    yield from odd_shapes(truth)
    others = sum(is_image(path) and path not in listed for path in walk(images).files)
    if others:
        yield f"{counted(others, 'image')} of {images.name}/ that {name} does not list passed over"


def _other_sizes(truth: CocoTruth, paths: Mapping[str, Path], name: str) -> Iterator[str]:
    """How many pictures are not of the size that their boxes were drawn on: scaled since, or turned."""
    told = [(path, truth.sizes[image]) for image, path in paths.items() if image in truth.sizes]
    stored = spread(_stored_size, [path for path, _ in told])
    others = [(path, said, size) for (path, said), size in zip(told, stored, strict=True) if size and size != said]
    if others:
        path, (width, height), size = others[0]
        example = f"{path.name} is {size[0]} x {size[1]} and not {width} x {height}"
        which = f"{counted(len(others), 'image')} {are(len(others))} of another size than {name} says"
        yield f"{which} ({example}): boxes are taken as they stand, and are wrong where an image was scaled"


def _stored_size(path: Path) -> tuple[int, int] | None:
    """None of a picture that cannot be opened: it will fail by itself."""
    try:
        canvas = canvas_of(path)
    except MediaError:
        return None
    return (canvas.width, canvas.height) if canvas else None
