"""What an option takes, and options as text."""

from __future__ import annotations

import pytest

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.option import TEXT, Option, Real, Values, Whole, one_of
from ahc_stream.core.option_text import not_taken, read


@pytest.mark.parametrize(
    ("values", "text", "spelling"),
    [
        (TEXT, "a:b", "a:b"),
        (one_of("yes", "no"), "no", "no"),
        (Whole(1, 16), "016", "16"),
        (Whole(1, 16), "16.0", "16"),
        (Whole(0, 16), "-0", "0"),
        (Real(0.0, 1.0), ".250", "0.25"),
        (Real(0.0, 1.0), "1", "1.0"),
    ],
)
def test_a_value_has_one_spelling_and_it_reads_back(values: Values, text: str, spelling: str):
    option = Option(spelling, "an option", values)
    assert option.check("it", "x", text) == option.check("it", "x", spelling) == spelling


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (one_of("yes", "no"), "No"),
        (Whole(1, 16), "0"),
        (Whole(1, 16), "17"),
        (Whole(1, 16), "1.5"),
        (Whole(1, 16), "inf"),
        (Whole(1, 16), "nan"),
        (Whole(1, 16), "many"),
        (Real(0.0, 1.0), "nan"),
        (Real(0.0, 1.0), "1.0000001"),
        (Real(0.0, 1.0), "half"),
    ],
)
def test_what_an_option_does_not_take_is_refused_with_what_it_takes_and_its_default(values: Values, text: str):
    with pytest.raises(InvalidValue) as error:
        Option("a default", "an option", values).check("jpeg", "effort", text)
    assert error.value.expected == f"effort={values.takes} for jpeg" and error.value.got == repr(text)
    assert error.value.todo == "its default is effort=a default"


def test_an_option_may_mean_something_beside_one_value_of_another_only():
    option = Option("hed-bsds500", "weights", only_with=("detector", "hed"))
    assert option.is_used({"detector": "hed"}) and not option.is_used({"detector": "canny"})
    assert Option("1", "always").is_used({})


@pytest.mark.parametrize(
    ("pieces", "name", "options"),
    [
        (["identity"], "identity", {}),
        (["ffmpeg", "mpeg4@3", "bf=2"], "ffmpeg:mpeg4@3", {"bf": "2"}),
        (["detection", "model=/a", "b", "c.pt", "size=320"], "detection", {"model": "/a:b:c.pt", "size": "320"}),
        (["it", "x=a=b"], "it", {"x": "a=b"}),
    ],
)
def test_a_piece_without_an_equals_sign_belongs_to_the_one_before(pieces, name, options):
    assert read(":".join(pieces), pieces, "") == (name, options)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["it", "x="], "options as key=value"),
        (["it", "=1"], "options as key=value"),
        (["it", "x=1", "x=2"], "the option x once"),
    ],
)
def test_a_piece_that_is_no_option_and_an_option_named_twice_are_refused(pieces, expected):
    with pytest.raises(InvalidValue, match=expected):
        read(":".join(pieces), pieces, "write it:x=1")


def test_both_ends_of_a_range_are_in_it():
    assert [Whole(-2, 16).spelling(text) for text in ("-2", "16")] == ["-2", "16"]
    assert [Real(0.5, 1.0).spelling(text) for text in ("0.5", "1")] == ["0.5", "1.0"]
    for values, text in ((Real(0.5, 1.0), "0.4999999"), (Real(0.5, 1.0), "inf"), (Whole(2, 3), "1.9")):
        with pytest.raises(ValueError, match=text):
            values.spelling(text)


def test_what_an_option_takes_is_said_in_words():
    assert [values.takes for values in (one_of("420", "422"), Whole(1, 16), Real(0.0, 1.5), TEXT)] == [
        *("420|422", "a whole number 1..16", "a number 0..1.5", "text")
    ]


@pytest.mark.parametrize(
    ("text", "todo"),
    [
        ("h264@23;preset=fast", "write h264@23:preset=fast"),
        ("h264@23, gop=3", "write h264@23:gop=3"),
        ("preset=fast", "see the list"),
    ],
)
def test_an_option_behind_another_sign_than_a_colon_is_written_right(text, todo):
    with pytest.raises(InvalidValue, match="options as key=value behind a colon") as error:
        read(text, text.split(":"), "see the list")
    assert error.value.todo == todo


def test_an_option_that_its_owner_lacks_is_told_with_those_that_it_has():
    error = not_taken("jpeg", "gop", "3", {"effort": Option("1", "effort", Whole(1, 3))}, ["more"])
    assert (error.expected, error.got) == ("an option that jpeg takes", "gop=3")
    assert error.todo == "it takes effort=a whole number 1..3, more"
    assert not_taken("identity", "gop", "3", {}).todo == "it takes none"
