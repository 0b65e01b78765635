"""Any picture model of CompressAI's registry in CompressAI's own loop, one that a user's code has entered too:
`compressai:elic2022-official:weights=elic.pth`."""

from __future__ import annotations

import warnings
from typing import Any

import torch

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.entry import CodecEntry
from ahc_stream.codecs.knob import Knob
from ahc_stream.codecs.own.building import built
from ahc_stream.codecs.own.network import NetworkCodec, is_network
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import AnyCodec

PREFIX = "compressai:"
_QUALITIES = 16
_CLOUDS, _VIDEO = "-pcc-", ("ssf2020",)
"""What the registry has beside models of pictures: models of point clouds, and of video."""


def model_entry(name: str) -> CodecEntry:
    """The row of a model. Raises UnknownName for one that the registry of this CompressAI lacks, or that codes no
    pictures."""
    if name not in _registry():
        raise UnknownName.among("picture model of CompressAI's registry", name, _registry())
    return CodecEntry(
        maker="ahc_stream.codecs.own.compressai_models:make",
        description=f"CompressAI's {name}",
        family="learned",
        medium="still",
        knob=Knob("index of the checkpoint", 1, _QUALITIES, (), higher_is_better=True),
    )


def make(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> AnyCodec:
    """The codec for one lane. Raises CodecError, MissingData, and InvalidValue where the class makes no codec."""
    name = point.codec.removeprefix(PREFIX)
    model = built(lambda: _model(name, point.quality), point, weights)
    if not is_network(model):
        raise InvalidValue(f"{point.codec} with compress and decompress", type(model).__name__, "choose another model")
    return NetworkCodec(point, model, device)


def _registry() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # it compiles a function with torch.jit at import
        from compressai import models, registry  # its models enter themselves into the registry on import

    assert models, "imported for that"
    return {name: made for name, made in registry.MODELS.items() if _CLOUDS not in name and name not in _VIDEO}


def _model(name: str, quality: float | None) -> Any:
    """With the widths that CompressAI's zoo gives it at that quality, else its class's own."""
    from compressai.zoo import image

    widths = image.cfgs.get(name, {}).get(quality or 1, ())
    return _registry()[name](*widths)
