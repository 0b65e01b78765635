"""Which row is of which labelled image, whatever a program calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.submissions.answers import ImageAnswer, matched, one_each

FILE = Path("x.csv")


def answers(*images: str) -> list[ImageAnswer[str]]:
    return [ImageAnswer(line, image, image) for line, image in enumerate(images, start=2)]


@pytest.mark.parametrize(
    ("labelled", "called"),
    [
        ("cat/a.png", "cat/a.png"),
        ("cat/a.png", "./cat\\a.png"),
        ("cat/a", "cat/a.png"),
        ("cat/a.png", "cat/a.jpg"),
        ("cat/a.png", "/data/val/cat/a.png"),
        ("cat/a.png", "a.png"),
        ("cat/a", "a"),
        ("a.b", "a.b.png"),
    ],
)
def test_an_image_is_found_by_what_is_left_of_its_name(labelled: str, called: str) -> None:
    got = matched(FILE, answers(called, "dog/b.png"), [labelled, "dog/b.png"])
    assert list(got.values.items()) == [(labelled, called), ("dog/b.png", "dog/b.png")]
    assert bool(got.notes) is (labelled != called.removeprefix("./").replace("\\", "/"))


def test_a_short_name_of_two_images_is_of_none() -> None:
    with pytest.raises(MissingData, match=r"none for 2 of them: cat/a.png, dog/a.png .*without a label: a\.png"):
        matched(FILE, answers("a.png"), ["cat/a.png", "dog/a.png"])
    got = matched(FILE, answers("x.png", "x.jpg"), ["x.jpg", "x.png"])
    assert got.values == {"x.jpg": "x.jpg", "x.png": "x.png"} and list(got.values) == ["x.jpg", "x.png"]


def test_rows_of_other_images_are_left_out_and_named() -> None:
    got = matched(FILE, answers("a", *"bcdefgh"), ["a"])
    assert got.values == {"a": "a"} and got.notes == ("7 images without a label left out: b, c, d, e, f and 2 more",)


def test_missing_images_are_named() -> None:
    with pytest.raises(
        MissingData, match=r"each of 8 labelled images in x\.csv; got none for 7 of them: b, c, d, e, f and 2"
    ):
        matched(FILE, answers("a"), list("abcdefgh"))


def test_one_answer_for_each_image() -> None:
    again = [ImageAnswer(2, "a", "X"), ImageAnswer(3, "./a", "X")]
    assert one_each(FILE, again) == {"a": "X"}
    with pytest.raises(MediaError, match=r"one answer for 'a' in x\.csv, line 4; got 'Y', and 'X' in line 2"):
        one_each(FILE, [*again, ImageAnswer(4, "a", "Y")])
    with pytest.raises(MediaError, match=r"line 3; got 'Y', and 'X' in line 2"):  # one image under two names
        matched(FILE, [ImageAnswer(2, "a.png", "X"), ImageAnswer(3, "in/a.jpg", "Y")], ["in/a.png", "b"])
