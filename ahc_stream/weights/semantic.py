"""torchvision's networks of semantic segmentation, trained on COCO's photos of Pascal VOC's twenty classes.

The eight digits in a file's name are the first ones of its SHA-256; numbers are torchvision's own, mean IoU in percent
on COCO val2017's objects of these classes. A test compares both with the installed torchvision.
"""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.store import Url
from ahc_stream.weights.entry import Weight

FILES: Mapping[str, tuple[str, float]] = {
    "lraspp_mobilenet_v3_large": ("lraspp_mobilenet_v3_large-d234d4ea", 57.9),
    "deeplabv3_mobilenet_v3_large": ("deeplabv3_mobilenet_v3_large-fc3c493d", 60.3),
    "deeplabv3_resnet50": ("deeplabv3_resnet50_coco-cd0a2569", 66.4),
    "deeplabv3_resnet101": ("deeplabv3_resnet101_coco-586e9e4e", 67.4),
    "fcn_resnet50": ("fcn_resnet50_coco-1167a1af", 60.5),
    "fcn_resnet101": ("fcn_resnet101_coco-7ecb50ca", 63.7),
}
"""Architecture -> its file without the suffix, and its mean IoU."""

SUFFIX = "-voc"
"""What our name of a file adds to its architecture's."""


def _weight(architecture: str, file: str, mean_iou: float) -> Weight:
    prefix = file.rpartition("-")[2]
    url = Url(f"https://download.pytorch.org/models/{file}.pth", prefix)
    note = f"semantic segmentation of torchvision, COCO photos of VOC's classes, mIoU {mean_iou} %"
    return Weight(f"{architecture}{SUFFIX}", f"weights/{file}.pth", url, prefix, "BSD-3-Clause", note)


SEMANTIC: Mapping[str, Weight] = {
    f"{architecture}{SUFFIX}": _weight(architecture, *facts) for architecture, facts in FILES.items()
}
