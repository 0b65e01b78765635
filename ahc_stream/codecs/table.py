"""The table of codecs: a literal dict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ahc_stream.codecs.entry import CodecEntry, FramesHeld, Medium, none_held
from ahc_stream.codecs.knob import Knob
from ahc_stream.codecs.learned.gops import frames_held
from ahc_stream.codecs.learned.named_transforms import COMPRESSAI, TRANSFORMS, settle_transforms
from ahc_stream.codecs.traditional import delay
from ahc_stream.codecs.traditional.coding import BUFFER, CODING_OPTIONS, GOP, RATE, SEGMENT, settle_svtav1, settle_x26x
from ahc_stream.core.option import Option, Whole, one_of

_STILL = "ahc_stream.codecs.traditional.still:Still"
_FFMPEG = "ahc_stream.codecs.traditional.ffmpeg:Ffmpeg"

_X26X_PRESETS = "ultrafast superfast veryfast faster fast medium slow slower veryslow placebo"
_X264_TUNES = "none psnr ssim film animation grain stillimage fastdecode zerolatency"
_X265_TUNES = "none psnr ssim grain animation fastdecode zerolatency"
_X26X_PIXEL_FORMATS = "yuv420p yuv422p yuv444p yuv420p10le yuv444p10le"


def _one_of(default: str, choices: str, meaning: str) -> Option:
    return Option(default, meaning, one_of(*choices.split()))


def _number(default: int, low: int, high: int, meaning: str) -> Option:
    return Option(str(default), meaning, Whole(low, high))


_SUBSAMPLING = _one_of("420", "420 422 444", "Chroma sampling: 420 stands for 4:2:0.")
_SAMPLING_AND_DEPTH = "Chroma sampling and bit depth."
_TRAINED_FOR = "What the weights were trained for."
_MSE: Mapping[str, Option] = {"metric": _one_of("mse", "mse", _TRAINED_FOR)}
_METRICS: Mapping[str, Option] = {"metric": _one_of("mse", "mse ms-ssim", _TRAINED_FOR)}

_TRANSFORMS: Mapping[str, Option] = {
    TRANSFORMS: _one_of(
        COMPRESSAI,
        f"{COMPRESSAI} fixed tf32",
        "Arithmetic of the transforms: CompressAI's; fixed, for the CPU, some three times as fast and not dependent on "
        "threads or processor; tf32, for a GPU's tensor cores.",
    )
}
"""Of the image codecs."""

_CONTEXT: Mapping[str, Option] = {
    "order": _one_of(
        "raster",
        "raster wave",
        "Order of the symbols in a string: CompressAI's, or the wavefront order, which decodes in fewer steps.",
    ),
    "arithmetic": _one_of(
        "float64", "float64 float32", "Arithmetic of the context model: fast, or CompressAI's to the last bit."
    ),
}
"""Of the codecs with a context model."""

_FLOW: Mapping[str, Option] = {
    "gop": replace(GOP, default="12"),
    "segment": SEGMENT,
    "transforms": _one_of(
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
    description = f"{entry.description}, narrow, trained by us"
    return replace(entry, description=description, knob=knob, options={**entry.options, **_MSE})


_MBT2018_MEAN = _learned("mbt2018:mean_scale", "Minnen 2018, mean-scale hyperprior", 8, _METRICS)
_CHENG2020_ANCHOR = _learned(
    "cheng2020:anchor", "Cheng 2020, residual blocks and context model", 6, {**_METRICS, **_CONTEXT}
)
_SSF2020 = _learned("ssf2020:codec", "Agustsson 2020, scale-space flow", 9, {**_METRICS, **_FLOW}, "video", frames_held)

CODECS: dict[str, CodecEntry] = {
    "identity": CodecEntry(
        "ahc_stream.codecs.traditional.identity:Identity",
        "no compression: the frames themselves, 24 bits per pixel",
        "traditional",
        "still",
        knob=None,
    ),
    "jpeg": CodecEntry(
        _STILL,
        "JPEG, libjpeg-turbo; the bytes are Pillow's",
        "traditional",
        "still",
        Knob("libjpeg quality", 1, 100, (10, 30, 50, 70, 90), higher_is_better=True),
        {"subsampling": _SUBSAMPLING},
    ),
    "jpeg2000": CodecEntry(
        _STILL,
        "JPEG 2000 codestream, OpenJPEG, irreversible 9/7 wavelet, 4:4:4",
        "traditional",
        "still",
        Knob("target PSNR in dB", 10, 80, (28, 32, 36, 40, 44), higher_is_better=True, whole=False),
    ),
    "webp": CodecEntry(
        _STILL,
        "lossy WebP, libwebp, 4:2:0",
        "traditional",
        "still",
        Knob("libwebp quality", 0, 100, (10, 30, 50, 70, 90), higher_is_better=True),
        {"effort": _number(4, 0, 6, "libwebp method: higher is slower and smaller.")},
    ),
    "avif": CodecEntry(
        _STILL,
        "AVIF, libavif with libaom, file boxes included",
        "traditional",
        "still",
        Knob("libavif quality", 0, 99, (20, 40, 60, 75, 90), higher_is_better=True),
        {
            "speed": _number(6, 0, 10, "libaom speed: lower is slower and smaller."),
            "subsampling": _SUBSAMPLING,
        },
    ),
    "jpegxl": CodecEntry(
        _STILL,
        "JPEG XL codestream, libjxl, VarDCT in XYB",
        "traditional",
        "still",
        Knob("Butteraugli distance", 0.1, 25, (8, 4, 2, 1, 0.5), higher_is_better=False, whole=False),
        {"effort": _number(7, 1, 10, "libjxl effort: higher is slower and smaller.")},
    ),
    "jpegls": CodecEntry(
        _STILL,
        "JPEG-LS, CharLS, RGB planes without a colour transform",
        "traditional",
        "still",
        Knob("largest error of a sample", 0, 60, (0, 1, 3, 7, 15), higher_is_better=False),
    ),
    "h264": CodecEntry(
        _FFMPEG,
        "H.264, x264",
        "traditional",
        "video",
        Knob("x264 CRF", 0, 51, (18, 23, 28, 33, 38), higher_is_better=False, whole=False, control="crf"),
        {
            "bframes": _number(3, 0, 16, "Most B frames in a row."),
            "pixel_format": _one_of("yuv420p", _X26X_PIXEL_FORMATS, _SAMPLING_AND_DEPTH),
            "preset": _one_of("medium", _X26X_PRESETS, "x264 preset: speed against size."),
            "tune": _one_of(
                "none",
                _X264_TUNES,
                "x264 tune; zerolatency has no B frames, and holds a frame in each thread but one.",
            ),
            **BUFFER,
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        settle=settle_x26x,
        frames_held=delay.x264,
    ),
    "h265": CodecEntry(
        _FFMPEG,
        "H.265, x265",
        "traditional",
        "video",
        Knob("x265 CRF", 0, 51, (22, 27, 32, 37, 42), higher_is_better=False, whole=False, control="crf"),
        {
            "bframes": _number(4, 0, 16, "Most B frames in a row."),
            "pixel_format": _one_of("yuv420p", _X26X_PIXEL_FORMATS, _SAMPLING_AND_DEPTH),
            "preset": _one_of("medium", _X26X_PRESETS, "x265 preset: speed against size."),
            "tune": _one_of("none", _X265_TUNES, "x265 tune; zerolatency has no B frames, and holds none back."),
            **BUFFER,
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        settle=settle_x26x,
        frames_held=delay.x265,
    ),
    "av1": CodecEntry(
        _FFMPEG,
        "AV1, SVT-AV1",
        "traditional",
        "video",
        Knob("SVT-AV1 CRF", 1, 63, (25, 32, 39, 46, 55), higher_is_better=False, control="crf"),
        {
            "pixel_format": _one_of("yuv420p", "yuv420p yuv420p10le", _SAMPLING_AND_DEPTH),
            "preset": _number(8, 0, 13, "SVT-AV1 preset: lower is slower and smaller."),
            "tune": _one_of("psnr", "vq psnr ssim", "SVT-AV1 tune."),
            **BUFFER,
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        settle=settle_svtav1,
        frames_held=delay.svtav1,
    ),
    "vvc": CodecEntry(
        "ahc_stream.codecs.traditional.vvc:Vvc",
        "H.266, vvenc in the ffmpeg program of imageio-ffmpeg, decoded by PyAV; 10 bits, 4:2:0",
        "traditional",
        "video",
        Knob("QP", 0, 63, (22, 27, 32, 37, 42), higher_is_better=False, control="qp"),
        {
            "preset": _one_of("faster", "faster fast medium slow slower", "vvenc preset: speed against size."),
            "qpa": _one_of("1", "0 1", "vvenc's perceptual QP adaptation."),
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        frames_held=delay.vvenc,
    ),
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
