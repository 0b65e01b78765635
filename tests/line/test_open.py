"""open: works for every operating point, ends that follow, and failures in place of what cannot be opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ahc_stream import sources
from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError
from ahc_stream.core.failure import Failure
from ahc_stream.core.note import ItemNote
from ahc_stream.core.point import OperatingPoint
from ahc_stream.lanes import End
from ahc_stream.line.open import Opening, make_open
from ahc_stream.line.work import NoEarlierWork, Work
from tests.pictures import write_pictures
from tests.whole_runs import SHORT, make_dataset

CPU = torch.device("cpu")
POINTS = (OperatingPoint("jpeg", 50.0), OperatingPoint("identity"))


class DoneAt(NoEarlierWork):
    """One point of every item, and the first still of another, are done."""

    def __init__(self, point: OperatingPoint) -> None:
        self._point = point

    def item(self, item, points) -> bool:
        return all(point == self._point for point in points)

    def stream(self, dataset, item, first, point) -> bool:
        return item == "000"


def opened(item: Item, clip_frames: int = 4, source: str = "auto", done=None, device: torch.device = CPU) -> list:
    return list(make_open(Opening(source, clip_frames, device), POINTS, done or NoEarlierWork())(item))


def sequence(folder: Path, *sizes: tuple[int, int]) -> Item:
    """Numbered pictures, one of each size (width, height)."""
    folder.mkdir()
    for number, (width, height) in enumerate(sizes):
        Image.fromarray(np.full((height, width, 3), number, np.uint8)).save(folder / f"{number}.png")
    return Item("d", "walk", "sequence", tuple(sorted(folder.iterdir())), frames_per_second=10)


def told(things: list) -> list[str]:
    """In short: a work's first frame, frames and codec; an end's first frame, and whether it is complete and final."""
    short = []
    for thing in things:
        match thing:
            case Work(at, clip):
                short.append(f"{clip.keys[0].frame}+{len(clip)} {at.point.codec}")
            case End(at, note):
                short.append(f"end of {at.stream.first} {at.point.codec} {note.complete} {note.final}")
            case Failure():
                short.append(f"failure of {thing.item}")
    return short


def test_a_video_gives_its_clips_at_every_point_and_then_its_ends(tmp_path: Path) -> None:
    path = make_dataset(tmp_path / "data") / SHORT
    things = opened(Item("d", "short", "video", (path,)))
    assert told(things) == [
        *("0+4 jpeg", "0+4 identity", "4+1 jpeg", "4+1 identity"),
        *("end of 0 jpeg True True", "end of 0 identity True True"),
    ]
    first, second, *_ = (thing for thing in things if isinstance(thing, Work))
    assert first.at.stream.frames_per_second == 25 and first.clip is second.clip


def test_another_size_begins_another_stream(tmp_path: Path) -> None:
    item = sequence(tmp_path / "walk", (8, 6), (8, 6), (6, 8))
    assert [text for text in told(opened(item)) if "jpeg" in text] == [
        *("0+2 jpeg", "end of 0 jpeg True False", "2+1 jpeg", "end of 2 jpeg True True")
    ]


@pytest.mark.parametrize("damage", ["missing", "broken"])
def test_a_frame_that_is_not_there_is_a_failure_and_the_stream_ends_early(tmp_path: Path, damage: str) -> None:
    item = sequence(tmp_path / "walk", *[(8, 6)] * 5)
    item.paths[3].unlink()
    if damage == "broken":
        item.paths[3].write_bytes(b"no picture")
    assert [text for text in told(opened(item)) if "identity" not in text] == [
        *("0+3 jpeg", "failure of walk", "end of 0 jpeg False False")
    ]


def test_a_file_that_cannot_be_probed_is_a_failure_on_a_gpu_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the source is chosen by a look into the file."""

    def refuse(item: Item, device: torch.device, limits: sources.Limits) -> str:
        raise MediaError("a video", "damage", "fetch it again")

    monkeypatch.setattr(sources, "choose", refuse)
    item = Item("d", "film", "video", (tmp_path / "film.mp4",))
    assert told(opened(item, device=torch.device("cuda"))) == ["failure of film"]


def test_each_still_that_cannot_be_opened_is_a_failure_of_its_own(tmp_path: Path) -> None:
    paths = sorted(write_pictures(tmp_path / "in", 4).iterdir())
    paths[1].write_bytes(b"no picture")
    paths[2].unlink()
    item = Item("d", "000..003", "stills", tuple(paths), tuple(path.stem for path in paths))
    things = opened(item)
    assert [text for text in told(things) if "identity" not in text] == ["0+2 jpeg", "failure of 001", "failure of 002"]
    assert [key.item for key in things[0].clip.keys] == ["000", "003"]


def test_what_is_done_is_passed_over(tmp_path: Path) -> None:
    paths = sorted(write_pictures(tmp_path / "in", 3).iterdir())
    item = Item("d", "000..002", "stills", tuple(paths), tuple(path.stem for path in paths))
    (work,) = opened(item, done=DoneAt(POINTS[1]))
    assert work.at.point == POINTS[0] and [key.item for key in work.clip.keys] == ["001", "002"]


def test_stills_of_which_none_is_done_go_as_they_came(tmp_path: Path) -> None:
    paths = sorted(write_pictures(tmp_path / "in", 3).iterdir())
    item = Item("d", "000..002", "stills", tuple(paths), tuple(path.stem for path in paths))
    first, second = opened(item)
    assert first.clip is second.clip and first.at.stream == second.at.stream
    assert not first.at.stream.consecutive


def test_clips_and_ends_say_what_decoded_them_and_notes_come_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_dataset(tmp_path / "data") / SHORT
    things = opened(Item("d", "short", "video", (path,)), source="pyav")
    assert {thing.clip.source for thing in things if isinstance(thing, Work)} == {"pyav"}
    assert {thing.note.source for thing in things if isinstance(thing, End)} == {"pyav"}
    note = ItemNote("d", "short", "dark")
    monkeypatch.setattr(sources.OpenedItem, "notes", (note,))
    first, *others = opened(Item("d", "short", "video", (path,)), source="pyav")
    assert first == note and note not in others  # before the rows that it is about, and once


def test_a_file_that_cannot_be_opened_names_the_source_that_was_asked_for(tmp_path: Path) -> None:
    item = Item("d", "film", "video", (tmp_path / "film.mp4",))
    (failure,) = opened(item, source="pyav")
    assert (failure.dataset, failure.item, failure.stage, failure.key) == ("d", "film", "open", None)


def test_an_item_that_is_done_at_every_point_is_not_opened(tmp_path: Path) -> None:
    class Done(NoEarlierWork):
        def item(self, item, points) -> bool:
            return True

    assert opened(Item("d", "film", "video", (tmp_path / "film.mp4",)), done=Done()) == []


def test_a_stream_that_is_done_at_a_point_is_passed_over_there(tmp_path: Path) -> None:
    class Done(NoEarlierWork):
        def stream(self, dataset, item, first, point) -> bool:
            return (dataset, item, first, point) == ("d", "walk", 2, POINTS[0])

    item = sequence(tmp_path / "walk", (8, 6), (8, 6), (6, 8))
    assert told(opened(item, done=Done())) == [
        *("0+2 jpeg", "0+2 identity", "end of 0 jpeg True False", "end of 0 identity True False"),
        *("2+1 identity", "end of 2 identity True True"),
    ]


def test_items_are_opened_in_this_process_unless_that_is_asked_for() -> None:
    assert not Opening("auto", 4, CPU).isolate


def test_an_end_names_the_source_that_was_chosen_and_not_auto(tmp_path: Path) -> None:
    things = opened(sequence(tmp_path / "walk", (8, 6), (8, 6)))
    named = {thing.clip.source for thing in things if isinstance(thing, Work)}
    assert len(named) == 1 and "auto" not in named
    assert {thing.note.source for thing in things if isinstance(thing, End)} == named
