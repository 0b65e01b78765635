"""Order and choice of lines by hand."""

from __future__ import annotations

import numpy as np

from ahc_stream.tasks.ocr.lines import line_heights, number_of_plate, reading_order


def box(left: float, top: float, width: float, height: float, slope: float = 0.0) -> list[list[float]]:
    fall = width * slope
    right, bottom = left + width, top + height
    return [[left, top], [right, top + fall], [right, bottom + fall], [left, bottom]]


STATE = box(100, 5, 120, 25)
NUMBER = box(20, 40, 280, 90)
SLOGAN = box(80, 135, 160, 15)


def test_lines_are_read_from_top_to_bottom():
    assert reading_order(np.array([SLOGAN, NUMBER, STATE])).tolist() == [2, 1, 0]


def test_lines_of_one_row_are_read_from_left_to_right_though_one_is_higher():
    assert reading_order(np.array([box(200, 38, 90, 80), box(10, 45, 90, 80), STATE])).tolist() == [2, 1, 0]


def test_rows_that_overlap_a_little_stay_rows():
    assert reading_order(np.array([box(10, 0, 100, 40), box(0, 30, 100, 40)])).tolist() == [0, 1]


def test_the_number_of_a_plate_is_its_tallest_print():
    assert number_of_plate(np.array([STATE, SLOGAN, NUMBER])).tolist() == [2]


def test_a_number_in_two_parts_is_taken_whole_in_its_order():
    assert number_of_plate(np.array([box(180, 42, 120, 88), STATE, box(20, 40, 120, 90)])).tolist() == [2, 0]


def test_small_print_beside_the_number_is_left_out():
    month = box(2, 70, 15, 30)
    assert number_of_plate(np.array([month, NUMBER])).tolist() == [1]


def test_the_parts_of_a_tilted_number_are_found_along_its_tilt():
    """The right part is 60 pixels lower: out of the band of an upright plate, in that of this one."""
    left, right = box(0, 0, 100, 50, slope=0.4), box(150, 60, 100, 50, slope=0.4)
    below = box(0, 95, 100, 45, slope=0.4)
    assert number_of_plate(np.array([right, below, left])).tolist() == [2, 0]


def test_no_line_is_no_number():
    empty = np.empty((0, 4, 2))
    assert reading_order(empty).tolist() == number_of_plate(empty).tolist() == []


def test_the_height_of_a_tilted_line_is_that_of_its_sides():
    assert line_heights(np.array([box(0, 0, 100, 50, slope=0.4)])).tolist() == [50.0]
