"""line/lane_counts.py: how many lanes each stage has."""

from __future__ import annotations

import pytest
import torch

from ahc_stream.line.lane_counts import LaneCounts, lane_counts

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize(("threads", "encoders"), [(1, 1), (2, 1), (7, 1), (8, 2), (16, 4), (64, 16)])
def test_on_the_cpu_encoders_fill_the_budget_and_the_rest_spreads_from_one_lane(threads: int, encoders: int):
    assert lane_counts(CPU, threads, has_networks=False) == LaneCounts(1, encoders, 1)


def test_networks_take_all_threads_from_one_lane():
    assert lane_counts(CPU, 64, has_networks=True) == LaneCounts(1, 1, 1)


def test_a_gpu_has_three_of_each_whatever_the_processors():
    assert lane_counts(GPU, 2, has_networks=True) == lane_counts(GPU, 64, has_networks=False) == LaneCounts(3, 3, 3)


def test_it_is_told_in_words():
    assert str(LaneCounts(1, 1, 1)) == "1 lane per stage"
    assert str(LaneCounts(3, 3, 3)) == "3 lanes per stage"
    assert str(LaneCounts(1, 4, 1)) == "lanes: 1 open, 4 codec, 1 measure"
