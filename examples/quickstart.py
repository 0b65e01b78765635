"""A first experiment from Python: a folder of images through JPEG, and the table per operating point.

python examples/quickstart.py FOLDER
"""

import sys
from pathlib import Path

from rich.console import Console

import ahc_stream as ahc
from ahc_stream.report import print_report

out = Path("runs/quickstart")
experiment = ahc.Experiment(dataset=sys.argv[1], codecs=("jpeg@10,50,90", "webp@50"), out=out)
for rows in ahc.run(experiment):
    print(rows.point, rows.frames, "frames")
print_report(out, Console())
