"""A short pedestrian sequence that needs no network: a camera path over a photo that ultralytics ships.

24 frames of 640 x 480 at 25 frames/s in MOTChallenge layout, stored as PNG. A window pans and zooms over the photo of
four persons and a bus; each frame is the window, resampled. The persons' boxes go through the same map, so the ground
truth is exact. Nothing of the photo is kept in this repository: the frames are made on first use.
"""

from __future__ import annotations

import importlib.util
import json
import math
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ahc_stream.core.errors import MediaError, MissingExtra
from ahc_stream.store import locked, sha256_of, storage_errors

VERSION = 1  # raise it with every change of the frames or boxes: older copies are then made anew
FRAMES, WIDTH, HEIGHT, FRAMES_PER_SECOND = 24, 640, 480, 25
PHOTO_SIZE = (810, 1080)
SEQUENCE = "bus"

PERSONS = (
    (51.0, 398.0, 246.0, 902.0),  # man in a sheepskin jacket
    (224.0, 406.0, 344.0, 860.0),  # man in a black coat
    (669.0, 394.0, 810.0, 880.0),  # man at the right edge
    (0.0, 552.0, 78.0, 873.0),  # person at the left edge, of whom the photo shows half
)
"""Boxes (x1, y1, x2, y2) of the persons in the photo's pixels, measured by eye."""

IGNORED_BELOW = 0.5
"""A person of whom the window shows a smaller share of the box is a region to ignore: cut so far, the box is no longer
tight around what shows."""


@dataclass(frozen=True)
class View:
    """A part of the photo in its pixels, of the aspect ratio of a frame."""

    left: float
    top: float
    width: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x1, y1, x2, y2."""
        return self.left, self.top, self.left + self.width, self.top + self.width * HEIGHT / WIDTH


def view_of(frame: int) -> View:
    """Where the camera looks: one slow sway to both sides and up, while it moves in by an eighth."""
    time = frame / (FRAMES - 1)
    width = 800.0 - 100.0 * time
    sway = (PHOTO_SIZE[0] - width) / 2 * math.sin(2.0 * math.pi * time)
    centre_x = PHOTO_SIZE[0] / 2 + sway
    centre_y = 650.0 - 40.0 * math.sin(math.pi * time)
    return View(centre_x - width / 2, centre_y - width * HEIGHT / WIDTH / 2, width)


def boxes(frame: int) -> Iterator[tuple[int, tuple[float, float, float, float], float]]:
    """(person, box in the frame's pixels clipped to it, visible share) of every person of whom something shows."""
    view = view_of(frame)
    scale = WIDTH / view.width
    for person, (x1, y1, x2, y2) in enumerate(PERSONS, start=1):
        left, right = (min(max((x - view.left) * scale, 0.0), WIDTH) for x in (x1, x2))
        top, bottom = (min(max((y - view.top) * scale, 0.0), HEIGHT) for y in (y1, y2))
        share = (right - left) * (bottom - top) / ((x2 - x1) * (y2 - y1) * scale**2)
        if share > 0:
            yield person, (left, top, right, bottom), share


def is_made(folder: Path) -> bool:
    """Whether `folder` holds this version of the sequence."""
    stamp = folder / "sample.json"
    return stamp.is_file() and json.loads(stamp.read_text()).get("version") == VERSION


def make(folder: Path) -> None:
    """Writes the sequence to `folder`, whole or not at all, replacing another version.

    Raises MissingExtra without ultralytics, MediaError for another photo, StorageError.
    """
    photo = _photo()
    with storage_errors(folder), locked(folder):
        if is_made(folder):
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".sample-", dir=folder.parent))
        try:
            _write(photo, draft)
            shutil.rmtree(folder, ignore_errors=True)  # another version, or none
            draft.chmod(0o755)  # mkdtemp's folders are private, datasets are not
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)  # gone already where all went well


def _photo() -> Path:
    """The photo in the installed package, found without importing it (which takes seconds and looks up hosts)."""
    package = importlib.util.find_spec("ultralytics")
    if package is None or package.origin is None:
        raise MissingExtra.of("ultralytics", "detection")
    return Path(package.origin).parent / "assets" / "bus.jpg"


def _write(path: Path, folder: Path) -> None:
    sequence = folder / "train" / SEQUENCE
    (sequence / "img1").mkdir(parents=True)
    (sequence / "gt").mkdir()
    photo = _open(path)
    for frame in range(FRAMES):
        picture = photo.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC, box=view_of(frame).box)
        picture.save(sequence / "img1" / f"{frame + 1:06d}.png", compress_level=6)
    (sequence / "gt" / "gt.txt").write_text("".join(_lines()))
    (sequence / "seqinfo.ini").write_text(_seqinfo())
    (folder / "sample.json").write_text(json.dumps({"version": VERSION, "photo_sha256": sha256_of(path)}) + "\n")


def _open(path: Path) -> Image.Image:
    todo = "install another ultralytics (8.3.200 or later has it), or take a real dataset such as mot17-mini"
    try:
        photo = Image.open(path).convert("RGB")
    except OSError as error:
        raise MediaError(f"the photo {path}", str(error), todo) from error
    if photo.size != PHOTO_SIZE:
        raise MediaError(f"a photo of {PHOTO_SIZE[0]} x {PHOTO_SIZE[1]} at {path}", f"{photo.size}", todo)
    return photo


def _lines() -> Iterator[str]:
    """gt.txt: pixels and frames count from 1, class 1 is pedestrian, flag 0 marks what is to be ignored."""
    for frame in range(FRAMES):
        for person, (x1, y1, x2, y2), share in boxes(frame):
            box = f"{x1 + 1:.4f},{y1 + 1:.4f},{x2 - x1:.4f},{y2 - y1:.4f}"
            yield f"{frame + 1},{person},{box},{int(share >= IGNORED_BELOW)},1,{share:.4f}\n"


def _seqinfo() -> str:
    return (
        f"[Sequence]\nname={SEQUENCE}\nimDir=img1\nframeRate={FRAMES_PER_SECOND}\nseqLength={FRAMES}\n"
        f"imWidth={WIDTH}\nimHeight={HEIGHT}\nimExt=.png\n"
    )
