"""Detection: boxes of objects, by any YOLO; scored as COCO scores them."""
