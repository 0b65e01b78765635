"""Ladders: every quality of a codec once, from the lowest to the highest, as a run takes them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ahc_stream import codecs
from ahc_stream.choosing.bisection import Bisection, most_steps
from ahc_stream.choosing.ladder import ladders
from ahc_stream.core.errors import InvalidValue


@pytest.mark.parametrize("name", [name for name, entry in codecs.CODECS.items() if entry.knob])
def test_a_ladder_has_the_whole_range_and_rises(name: str):
    (rungs,) = ladders([name], {})
    knob = codecs.find(name).knob
    assert knob is not None
    qualities = [rung.point.quality or 0 for rung in rungs]
    assert {min(qualities), max(qualities)} <= {knob.low, knob.high} or not knob.whole
    assert all((a < b) == knob.higher_is_better for a, b in pairwise(qualities))
    for rung in rungs:
        assert codecs.parse(rung.text) == (rung.point,)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("h264@20..24", "h264@24", "h264@20"),
        ("jpeg@90,10,50", "jpeg@10", "jpeg@90"),
        ("h264@500k,2M,1M:preset=fast", "h264@500k:preset=fast", "h264@2M:preset=fast"),
        ("h264@20..24:preset=fast", "h264@24:preset=fast", "h264@20:preset=fast"),
    ],
)
def test_named_qualities_are_the_rungs(text: str, first: str, last: str):
    (rungs,) = ladders([text], {})
    assert (rungs[0].text, rungs[-1].text) == (first, last)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jpeg", "jpeg@24"),
        ("ffmpeg:libx265@28:x265-params=rd=6\\:aq-mode=2", "ffmpeg:libx265@24:x265-params=rd=6\\:aq-mode=2"),
        ("exec:a@b/vtm.toml@22,27:preset=slow", "exec:a@b/vtm.toml@24:preset=slow"),
        ("my@folder/codec.py:Name", "my@folder/codec.py:Name@24"),
    ],
)
def test_a_quality_takes_the_place_of_those_that_are_named(text: str, expected: str):
    assert codecs.at_quality(text, "24") == expected
    assert codecs.names_qualities(text) == (text.count("@") == expected.count("@"))


def test_options_make_curves_of_the_codecs_that_take_them():
    found = ladders(["h264", "jpeg"], {"preset": ("fast", "slow"), "tune": ("none", "psnr")})
    assert len(found) == 4 + 1
    assert {dict(ladder[0].point.options).get("preset") for ladder in found} == {"fast", "slow", None}


@pytest.mark.parametrize(
    ("texts", "over", "message"),
    [
        (["identity"], {}, "quality can be searched"),
        (["jpeg@50"], {}, "two qualities"),
        (["jpeg"], {"preset": ("fast",)}, "codec that takes preset"),
        (["h264@23,30,100k"], {}, "qualities of one kind"),
    ],
)
def test_what_cannot_be_searched_is_refused(texts: list[str], over: dict[str, tuple[str, ...]], message: str):
    with pytest.raises(InvalidValue, match=message):
        ladders(texts, over)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 52, 100])
def test_a_bisection_finds_every_boundary_in_as_many_steps_as_it_says(count: int):
    for boundary in range(count + 1):
        bisection, steps = Bisection(count), 0
        while (rung := bisection.next) is not None:
            bisection.tell(rung >= boundary)
            steps += 1
        assert bisection.chosen == (boundary if boundary < count else None) and steps <= most_steps(count)
