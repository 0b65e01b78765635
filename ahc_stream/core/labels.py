"""What datasets know and tasks are scored against: Arrow schemas shared by both, so that neither imports the other."""

import pyarrow as pa

KEY = [("dataset", pa.string()), ("item", pa.string()), ("frame", pa.int32())]

BOXES = pa.schema(
    [
        *KEY,
        ("track_id", pa.int32()),  # one object over time; -1 where the dataset does not track
        ("class_name", pa.string()),  # COCO's names: "person", "car" ...
        ("x1", pa.float64()),  # pixels of the original frame; x2 and y2 are exclusive
        ("y1", pa.float64()),
        ("x2", pa.float64()),
        ("y2", pa.float64()),
        ("area", pa.float64()),  # pixels^2 of the object's mask, or of its box where the dataset has no masks
        ("ignore", pa.bool_()),  # a region where a detection counts neither for nor against (COCO: iscrowd)
    ]
)
"""Ground truth of detection and tracking, `labels["detection"]`: one row per box."""

MASKS = pa.schema(
    [
        *BOXES,
        ("height", pa.int32()),  # of the mask, in pixels; null where polygons stand
        ("width", pa.int32()),
        ("mask", pa.binary()),  # its run lengths, see core.run_lengths; null where polygons stand
        ("polygons", pa.list_(pa.list_(pa.float64()))),  # x, y, x, y ... in pixels of the original frame; else null
    ]
)
"""Ground truth of segmentation, `labels["segmentation"]`: one row per object, with its mask as its owner drew it."""

KEYPOINTS = pa.schema(
    [
        *BOXES,
        ("keypoints", pa.list_(pa.float64())),  # x, y, v of each: v is 0 unlabelled, 1 hidden, 2 visible
    ]
)
"""Ground truth of pose, `labels["pose"]`: one row per object. One without a labelled keypoint is not to be found."""

ORIENTED_BOXES = pa.schema(
    [
        *BOXES,
        ("corners", pa.list_(pa.float64(), 8)),  # x, y of four corners in their order; the box is the one around them
    ]
)
"""Ground truth of obb, `labels["obb"]`: one row per object, an outline of four corners whose sides do not cross. One to
ignore is what DOTA calls difficult."""

CLASSES = pa.schema([*KEY, ("class_name", pa.string())])
"""Ground truth of classification, `labels["classification"]`: one row per image or, at frame 0, per video."""

TEXTS = pa.schema([*KEY, ("text", pa.string())])
"""Ground truth of reading, `labels["ocr"]`: one row per image, the text as its owner writes it."""

BOUNDARIES = pa.schema(
    [
        *KEY,
        ("annotator", pa.int32()),
        ("height", pa.int32()),
        ("width", pa.int32()),
        ("boundary", pa.binary()),  # numpy.packbits of the map bool [height, width], row by row: 1 is an edge
    ]
)
"""Ground truth of edges, `labels["edges"]`: one row per image and annotator."""
