"""The line inside your own program: stages of your own, threads and backpressure from `ahc_stream.lanes`.

python examples/embed.py IMAGE...
"""

import sys
from pathlib import Path

import torch

import ahc_stream as ahc
from ahc_stream import codecs
from ahc_stream.lanes import Line, Stage, bottleneck
from ahc_stream.metrics import measure
from ahc_stream.sources import BrokenStill, open_item

DEVICE = torch.device("cpu")


def make_open():
    return lambda item: open_item(item, 1, DEVICE)


def make_encode():
    codec = codecs.make(codecs.parse("webp@60")[0], DEVICE)
    return lambda clip: [clip if isinstance(clip, BrokenStill) else ahc.roundtrip(codec, clip)]


paths = [Path(word).absolute() for word in sys.argv[1:]]
items = [ahc.Item("mine", path.stem, "stills", (path,), names=(path.stem,)) for path in paths]
line = Line(items, [Stage("open", make_open), Stage("encode", make_encode, lanes=2)])
for trip in line:
    if isinstance(trip, BrokenStill):
        print(trip.name, trip.error)
        continue
    values = measure(trip.reference.frames, trip.decoded.frames, ["psnr", "ssim"])
    print(trip.reference.keys[0].item, {name: round(value.item(), 4) for name, value in values.items()})
print("bottleneck:", bottleneck(line.loads))
