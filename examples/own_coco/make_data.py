"""Two photos with annotations in COCO's JSON, from those that the ultralytics package carries, and a map of classes.

python make_data.py FOLDER
"""

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

# left, top, width and height of each box in pixels
BOXES = {
    "bus.jpg": [
        ("pedestrian", [54, 396, 158, 497]),
        ("pedestrian", [683, 373, 127, 507]),
        ("pedestrian", [218, 407, 126, 459]),
        ("coach", [28, 231, 777, 542]),
    ],
    "zidane.jpg": [("pedestrian", [739, 40, 416, 677]), ("pedestrian", [146, 187, 581, 533])],
}
MAP = "pedestrian: person\ncoach: bus\n"

spec = find_spec("ultralytics")
if spec is None or spec.origin is None:
    sys.exit("the photos are in the package ultralytics: pip install 'ahc-stream[detection]'")
root, assets = Path(sys.argv[1]), Path(spec.origin).parent / "assets"
(root / "photos").mkdir(parents=True, exist_ok=True)
for name in BOXES:
    shutil.copy(assets / name, root / "photos")
categories = ["pedestrian", "coach"]
labels = [
    {"image_id": image, "category_id": categories.index(kind), "bbox": box}
    for image, boxes in enumerate(BOXES.values())
    for kind, box in boxes
]
instances = {
    "images": [{"id": image, "file_name": name} for image, name in enumerate(BOXES)],
    "categories": [{"id": number, "name": name} for number, name in enumerate(categories)],
    "annotations": labels,
}
(root / "truth.json").write_text(json.dumps(instances))
(root / "map.yaml").write_text(MAP)
