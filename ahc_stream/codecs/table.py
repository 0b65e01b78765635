"""The table of codecs: a literal dict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ahc_stream.codecs.entry import CodecEntry, FramesHeld, Medium, none_held
from ahc_stream.codecs.knob import Knob
from ahc_stream.codecs.learned.gops import frames_held
from ahc_stream.codecs.learned.named_transforms import COMPRESSAI, TRANSFORMS, settle_transforms
from ahc_stream.codecs.row_options import choice
from ahc_stream.codecs.still_rows import STILLS
from ahc_stream.codecs.traditional.coding import GOP, SEGMENT
from ahc_stream.codecs.video_rows import VIDEOS
from ahc_stream.core.option import Option

_TRAINED_FOR = "What the weights were trained for."
_MSE: Mapping[str, Option] = {"metric": choice("mse", "mse", _TRAINED_FOR)}
_METRICS: Mapping[str, Option] = {"metric": choice("mse", "mse ms-ssim", _TRAINED_FOR)}

_TRANSFORMS: Mapping[str, Option] = {
    TRANSFORMS: choice(
        COMPRESSAI,
        f"{COMPRESSAI} fixed tf32",
        "Arithmetic of the transforms: CompressAI's; fixed, for the CPU, some three times as fast and not dependent on "
        "threads or processor; tf32, for a GPU's tensor cores.",
    )
}
"""Of the image codecs."""

_CONTEXT: Mapping[str, Option] = {
    "order": choice(
        "raster",
        "raster wave",
        "Order of the symbols in a string: CompressAI's, or the wavefront order, which decodes in fewer steps.",
    ),
    "arithmetic": choice(
        "float64", "float64 float32", "Arithmetic of the context model: fast, or CompressAI's to the last bit."
    ),
}
"""Of the codecs with a context model."""

_FLOW: Mapping[str, Option] = {
    "gop": replace(GOP, default="12"),
    "segment": SEGMENT,
    "transforms": choice(
        "float32",
        "float32 tf32 float16 fixed compressai",
        "Arithmetic of the networks: tf32 and float16 need a GPU, fixed the CPU.",
    ),
}
"""Of scale-space flow."""


def _learned(
    maker: str,
    description: str,
    qualities: int,
    options: Mapping[str, Option],
    medium: Medium = "still",
    frames_held: FramesHeld = none_held,
) -> CodecEntry:
    """A codec of CompressAI's zoo. `maker`: its module and function among the learned codecs."""
    indexes = tuple(range(1, qualities + 1))
    knob = Knob("index of the checkpoint", 1, qualities, indexes, higher_is_better=True)
    maker = f"ahc_stream.codecs.learned.{maker}"
    if medium == "video":
        return CodecEntry(maker, description, "learned", medium, knob, options, frames_held=frames_held)
    options = {**options, **_TRANSFORMS}
    return CodecEntry(maker, description, "learned", medium, knob, options, settle=settle_transforms)


def _variable_rate(maker: str, description: str, options: Mapping[str, Option]) -> CodecEntry:
    """A codec of CompressAI's zoo whose one checkpoint serves every quality: its default ones are CompressAI's."""
    gains = (0.1, 0.139, 0.193, 0.269, 0.373, 0.518, 0.72, 1)
    knob = Knob("scale of the latent", 0.02, 4, gains, higher_is_better=True, whole=False)
    return replace(_learned(maker, f"{description}, variable rate", 1, options), knob=knob, variable_rate=True)


def _lite(entry: CodecEntry, qualities: int) -> CodecEntry:
    """The same codec with narrow networks, whose weights are part of the package."""
    indexes = tuple(range(1, qualities + 1))
    knob = Knob("index of the checkpoint, in the package", 1, qualities, indexes, higher_is_better=True)
    description = f"{entry.description}, narrow, trained by us for tests and demos"
    return replace(entry, description=description, knob=knob, options={**entry.options, **_MSE})


_MBT2018_MEAN = _learned("mbt2018:mean_scale", "Minnen 2018, mean-scale hyperprior", 8, _METRICS)
_CHENG2020_ANCHOR = _learned(
    "cheng2020:anchor", "Cheng 2020, residual blocks and context model", 6, {**_METRICS, **_CONTEXT}
)
_SSF2020 = _learned("ssf2020:codec", "Agustsson 2020, scale-space flow", 9, {**_METRICS, **_FLOW}, "video", frames_held)

CODECS: dict[str, CodecEntry] = {
    **STILLS,
    **VIDEOS,
    "bmshj2018-factorized": _learned("bmshj2018:factorized", "Balle 2018, factorized prior", 8, _METRICS),
    "bmshj2018-factorized-relu": _learned(
        "bmshj2018:factorized_relu", "Balle 2018, factorized prior, ReLU for GDN; no weights are published", 8, _METRICS
    ),
    "bmshj2018-hyperprior": _learned("bmshj2018:hyperprior", "Balle 2018, scale hyperprior", 8, _METRICS),
    "bmshj2018-hyperprior-vbr": _variable_rate("vbr:hyperprior", "Balle 2018, scale hyperprior", _MSE),
    "mbt2018-mean": _MBT2018_MEAN,
    "mbt2018-mean-lite": _lite(_MBT2018_MEAN, 3),
    "mbt2018-mean-vbr": _variable_rate("vbr:mean_scale", "Minnen 2018, mean-scale hyperprior", _MSE),
    "mbt2018": _learned("mbt2018:context", "Minnen 2018, hyperprior and context model", 8, {**_METRICS, **_CONTEXT}),
    "mbt2018-vbr": _variable_rate("vbr:context", "Minnen 2018, hyperprior and context model", {**_MSE, **_CONTEXT}),
    "cheng2020-anchor": _CHENG2020_ANCHOR,
    "cheng2020-anchor-lite": _lite(_CHENG2020_ANCHOR, 3),
    "cheng2020-anchor-checkerboard": _learned(
        "cheng2020:checkerboard", "Cheng 2020, He 2021's checkerboard context; no weights are published", 6, _METRICS
    ),
    "cheng2020-attn": _learned("cheng2020:attention", "Cheng 2020, with attention", 6, {**_METRICS, **_CONTEXT}),
    "elic2022-official": _learned(
        "elic2022:official", "He 2022, groups of channels, each a checkerboard; no weights are published", 8, _METRICS
    ),
    "elic2022-chandelier": _learned(
        "elic2022:chandelier",
        "He 2022 as Chandelier has it: a group sees the first and the one before it; no weights are published",
        8,
        _METRICS,
    ),
    "ssf2020": _SSF2020,
    "ssf2020-lite": _lite(_SSF2020, 2),
}
"""Every codec of the package by name. `codecs.add` puts one of your own among them, and `ffmpeg:<encoder>` names any
other encoder of PyAV's FFmpeg: see `registry`."""

BUILT_IN = frozenset(CODECS)
"""The names that no plug-in may have."""
