"""Tables of numbers on narrow and wide terminals: every digit is printed."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ahc_stream.core.text_table import print_numbers
from ahc_stream.core.wording import counted

HEADINGS = ["codec", "quality", "frames", "bpp", "mse", "psnr", "ms_ssim", "encode_fps"]
ROWS = [["h265", "37", "24", "0.114", "137.52", "27.32", "0.9053", "16.0"], ["jpeg"] + ["-"] * 7]


def printed(width: int, headings: list[str], rows: list[list[str]], keys: int = 3, title: str = "") -> str:
    console = Console(file=io.StringIO(), width=width)
    print_numbers(console, headings, rows, keys, title)
    return console.file.getvalue()


def test_a_table_that_fits_is_one_table() -> None:
    text = printed(120, HEADINGS, ROWS, title="detection")
    assert text.startswith("detection") and text.count("codec") == 1


@pytest.mark.parametrize("width", [45, 60, 72])
def test_a_wider_one_is_cut_into_blocks_that_begin_with_its_keys(width: int) -> None:
    """Rich cut digits off: 137.52 became 13... where twelve columns met a terminal of 80."""
    text = printed(width, HEADINGS, ROWS, title="detection")
    assert max(map(len, text.splitlines())) <= width
    blocks = text.count("detection")
    assert blocks > 1 and text.count("codec") == text.count("37 ") == blocks
    for word in [*HEADINGS[3:], *ROWS[0][3:]]:
        assert text.count(f" {word} ") == 1, word
    assert "\u2026" not in text


@given(
    widths=st.lists(st.integers(1, 12), min_size=1, max_size=12), keys=st.integers(0, 2), console=st.integers(45, 200)
)
def test_every_column_stands_in_one_block(widths: list[int], keys: int, console: int) -> None:
    headings = [chr(ord("a") + index) * width for index, width in enumerate(widths)]
    keys = min(keys, len(headings) - 1)
    text = printed(console, headings, [], keys)
    assert max(map(len, text.splitlines())) <= console
    for heading in headings[keys:]:
        assert text.count(f" {heading} ") == 1


def test_brackets_and_colons_are_text() -> None:
    text = printed(80, ["point", "[b]"], [["[red]x", ":smile:"]], keys=1, title="[i] minus :B:")
    for words in ("[red]x", ":smile:", "[i] minus :B:", "[b]"):
        assert words in text


def test_one_is_singular() -> None:
    assert [counted(count, "item") for count in (0, 1, 2)] == ["0 items", "1 item", "2 items"]
    assert counted(2, "entry", "entries") == "2 entries" and counted(1, "entry", "entries") == "1 entry"


def dropped(width: int, ranks: list[int]) -> tuple[str, list[str]]:
    console = Console(file=io.StringIO(), width=width)
    left_out = print_numbers(console, HEADINGS, ROWS, keys=3, most_blocks=1, ranks=ranks)
    return console.file.getvalue(), left_out


def test_what_matters_least_is_left_out_and_named() -> None:
    text, left_out = dropped(60, [0, 0, 0, 0, 2, 1, 2, 3])
    assert left_out == ["ms_ssim", "encode_fps"]
    assert all((f" {heading} " in text) != (heading in left_out) for heading in HEADINGS)
    assert max(map(len, text.splitlines())) <= 60 and text.count("codec") == 1
    assert dropped(200, [0] * 8)[1] == []


@given(ranks=st.permutations(range(5)), width=st.integers(45, 90))
def test_nothing_is_left_out_before_what_matters_less(ranks: list[int], width: int) -> None:
    _, left_out = dropped(width, [0, 0, 0, *ranks])
    rank_of = dict(zip(HEADINGS[3:], ranks, strict=True))
    shown = [heading for heading in HEADINGS[3:] if heading not in left_out]
    assert shown and max(rank_of[each] for each in shown) < min((rank_of[each] for each in left_out), default=99)


def test_a_long_name_goes_over_several_lines_before_it_pushes_numbers_out() -> None:
    rows = [["h264 preset=ultrafast tune=zerolatency profile=baseline level=4.1 rc=crf", "37", "24", "0.114"]]
    text = printed(60, HEADINGS[:4], rows)
    assert max(map(len, text.splitlines())) <= 60 and " 0.114 " in text
    for word in rows[0][0].split():
        assert word in text


def test_a_block_is_as_wide_as_the_console_and_no_wider() -> None:
    """Three columns of 4 and their frames of 3, and one line more: 22."""
    headings, rows = ["aaaa", "bbbb", "cccc"], [["1", "2", "3"]]
    assert [printed(width, headings, rows, keys=1).count("aaaa") for width in (22, 21)] == [1, 2]


def test_keys_stand_at_the_left_and_numbers_at_the_right() -> None:
    line = printed(80, ["key", "number"], [["a", "1"]], keys=1).splitlines()[3]
    assert line == "\u2502 a   \u2502      1 \u2502"


def test_a_table_without_a_title_begins_with_its_frame() -> None:
    assert printed(80, ["key"], [["a"]], keys=1).startswith("\u250f")
