"""Importing ultralytics leaves the process as it was, whatever other threads do meanwhile."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ahc_stream.core.threads import processors

SEVERAL_LANES = """
import sys, threading
import torch
from PIL import Image
from ahc_stream.tasks.networks import ultralytics_import

sys.setswitchinterval(1e-4)
before = Image.open, torch.save
begin = threading.Barrier(4)

def load(module):
    begin.wait()
    ultralytics_import.load(module, "detection")

modules = "nn.tasks", "trackers.byte_tracker", "trackers.bot_sort"
lanes = [threading.Thread(target=load, args=(module,)) for module in modules]
for lane in lanes:
    lane.start()
begin.wait()
seen = set()
while any(lane.is_alive() for lane in lanes):
    seen.add((Image.open, torch.save))
assert seen == {before}, seen
assert "ultralytics.utils.patches" in sys.modules and (Image.open, torch.save) == before
Image.open = torch.save = print  # whoever wants to replace them later may
assert Image.open is torch.save is print
"""


def test_lanes_that_import_at_once_never_show_others_a_replaced_function() -> None:
    subprocess.run([sys.executable, "-c", SEVERAL_LANES], check=True)


A_MODULE_THAT_FAILS = """
import torch
from PIL import Image
from ahc_stream.core.errors import MissingExtra
from ahc_stream.tasks.networks import ultralytics_import

before = Image.open, torch.save, type(Image), type(torch)
try:
    ultralytics_import.load("nowhere", "detection")
except MissingExtra as error:
    assert "ahc-stream[detection]" in str(error)
else:
    raise AssertionError("no error")
assert (Image.open, torch.save, type(Image), type(torch)) == before
"""


def test_a_module_that_is_not_there_leaves_them_as_well() -> None:
    subprocess.run([sys.executable, "-c", A_MODULE_THAT_FAILS], check=True)


THREADS_OF_LATER_LANES = """
import os, threading
import torch
from ahc_stream.tasks.networks import ultralytics_import

seen = []
def compute():
    torch.ones(1 << 20).sum()
    seen.append(torch.get_num_threads())

def in_a_thread():
    thread = threading.Thread(target=compute)
    thread.start()
    thread.join()

os.environ.pop("OMP_NUM_THREADS", None)
in_a_thread()
ultralytics_import.load("nn.tasks", "detection")
in_a_thread()
assert seen[0] == seen[1], seen
assert "OMP_NUM_THREADS" not in os.environ
os.environ["OMP_NUM_THREADS"] = "3"
ultralytics_import.load("utils.nms", "detection")
assert os.environ["OMP_NUM_THREADS"] == "3"
"""


def test_threads_that_start_later_compute_with_as_many_threads_as_before() -> None:
    if processors() == 1:
        pytest.skip("one processor: ultralytics names as many threads as torch would take")  # nothing could differ
    subprocess.run([sys.executable, "-c", THREADS_OF_LATER_LANES], check=True)
