"""Two labelled photos in YOLO's layout, from those that the ultralytics package carries.

python make_data.py FOLDER
"""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

YAML = """\
path: .
val: images/val
names: {0: person, 1: bus}
"""

# class, then centre and size of the box as shares of the photo
ROWS = {
    "bus": [
        "0 0.165 0.597 0.196 0.460",
        "0 0.922 0.580 0.156 0.470",
        "0 0.347 0.589 0.156 0.425",
        "1 0.514 0.465 0.960 0.502",
    ],
    "zidane": ["0 0.740 0.526 0.325 0.940", "0 0.341 0.630 0.454 0.740"],
}

spec = find_spec("ultralytics")
if spec is None or spec.origin is None:
    sys.exit("the photos are in the package ultralytics: pip install 'ahc-stream[detection]'")
root, assets = Path(sys.argv[1]), Path(spec.origin).parent / "assets"
for kind in ("images", "labels"):
    (root / kind / "val").mkdir(parents=True, exist_ok=True)
for name, rows in ROWS.items():
    shutil.copy(assets / f"{name}.jpg", root / "images" / "val")
    (root / "labels" / "val" / f"{name}.txt").write_text("\n".join(rows))
(root / "data.yaml").write_text(YAML)
