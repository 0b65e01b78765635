"""Teams that OpenMP keeps: that they end when they are given up, and are made again by the next loop."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="teams of GNU's OpenMP, which torch has on Linux")

TEAMS = """
import os, threading
import torch
from ahc_stream.core.cuda import lane
from ahc_stream.core.openmp import give_up_team

def threads():
    return len(os.listdir("/proc/self/task"))

def compute():
    return float(torch.ones(1 << 20).cos_().sum())

torch.set_num_threads(3)
compute()
give_up_team()  # what else torch starts with its first loop stays
alone = threads()
expected = compute()
assert threads() == alone + 2, (threads(), alone)
give_up_team()
give_up_team()  # without a team, nothing happens
assert threads() == alone, (threads(), alone)
assert torch.get_num_threads() == 3 and compute() == expected
assert threads() == alone + 2, (threads(), alone)

counted = []
def work():
    with lane(torch.device("cpu"), 2) as fence:
        counted.append(torch.get_num_threads())
        compute()
        counted.append(threads())
        fence()
        counted.append(threads())

worker = threading.Thread(target=work)
worker.start()
worker.join()
assert counted == [2, alone + 4, alone + 3], (counted, alone)  # the lane, its helper, and the main thread's two
"""


def test_a_team_ends_when_it_is_given_up_and_a_fence_gives_up_the_lanes_own() -> None:
    subprocess.run([sys.executable, "-c", TEAMS], check=True)
