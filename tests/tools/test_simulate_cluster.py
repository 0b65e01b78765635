"""The simulation does all of the work, whatever dies, and is worth what its parts say."""

from __future__ import annotations

import itertools

import pytest

from tools.simulate_cluster import Cluster, Job, simulate

CALM = {"start": 0.0, "piece": 0.0, "commit": 0.0, "begin": 0.0, "slow": 0.0, "failures": 0.0}
JOB = Job(items=2000, frames=1, points=7, row_seconds=0.1)


def test_one_worker_without_any_cost_takes_what_its_rows_take():
    result = simulate(JOB, Cluster(1, **CALM))
    assert result.seconds == pytest.approx(1400.0) and result.efficiency == pytest.approx(1.0)


def test_more_workers_are_faster_as_long_as_there_is_work_for_each():
    seconds = [simulate(JOB, Cluster(workers, **CALM)).seconds for workers in (1, 2, 4, 8)]
    assert all(after < 0.55 * before for before, after in itertools.pairwise(seconds))


def test_deaths_cost_their_pieces_and_no_more():
    calm = simulate(JOB, Cluster(4, **CALM))
    deadly = simulate(JOB, Cluster(4, **(CALM | {"failures": 60.0})), seed=1)
    assert deadly.deaths > 5 and 0 < deadly.lost < 15 * deadly.deaths
    assert deadly.seconds < calm.seconds + deadly.lost + 15


def test_a_driver_that_cannot_keep_up_is_seen():
    assert simulate(JOB, Cluster(64, **(CALM | {"commit": 0.5}))).driver_share > 0.8
