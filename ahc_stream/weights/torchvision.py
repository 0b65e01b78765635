"""torchvision's own checkpoints: its addresses and the first digits of their hashes."""

from __future__ import annotations

from ahc_stream.store import Url
from ahc_stream.weights.entry import Weight


def torchvision_weight(architecture: str, prefix: str, accuracy: float, data: str, kind: str) -> Weight:
    """`prefix` of the SHA-256 and `accuracy`, top-1 in percent, as torchvision states them. data: "ImageNet" or
    "Kinetics-400". kind: what it is, for people, such as "image classifier"."""
    file = f"{architecture}-{prefix}.pth"
    url = Url(f"https://download.pytorch.org/models/{file}", prefix)
    name = f"{architecture}-{data.lower().replace('-', '')}"
    note = f"{kind} of torchvision, {data} top-1 {accuracy:.1f} %"
    return Weight(name, f"weights/{file}", url, prefix, "BSD-3-Clause", note)
