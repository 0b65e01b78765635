"""How an operating point becomes options of one FFmpeg encoder. What each knob means is the table's; the spelling is
here.

Bytes must not depend on the machine nor change from run to run, so the number of threads is part of the point (frame
threads: `ffmpeg.py`), and x264 runs without AVX-512: its macroblock tree reads uninitialised memory there (x264 core
165: 20 different streams in 30 runs of one clip; one with AVX2, which is also SSE4's). Measured as repeatable with any
number of threads: x264 so restricted, x265, SVT-AV1 and vvenc.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ahc_stream.codecs.knob import BIT_RATE, CONTROL, OWN_DEFAULTS
from ahc_stream.codecs.traditional.coding import BUFFER
from ahc_stream.codecs.traditional.control import EncoderFamily, FfmpegOptions
from ahc_stream.codecs.traditional.delay import AOM_LAG
from ahc_stream.codecs.traditional.families import family_of, target
from ahc_stream.codecs.traditional.rates import NONE, bits

_SVT_TUNES = {"vq": 0, "psnr": 1, "ssim": 2}
_SVT_MOST_THREADS = 6  # of its levels of parallelism
_FFV1_CODERS = {"rice": "rice", "range": "range_tab"}


def x26x_settings(encoder: str, quality: float | None, options: Mapping[str, str]) -> FfmpegOptions:
    """FFmpeg's options for libx264 and libx265."""
    tune = {} if options["tune"] == "none" else {"tune": options["tune"]}
    settings = {"preset": options["preset"], "bf": options["bframes"], **tune}
    return {**settings, **encoder_settings(encoder, quality, options, {})}


def svtav1_settings(quality: float | None, options: Mapping[str, str]) -> FfmpegOptions:
    """FFmpeg's options for libsvtav1."""
    words = f"tune={_SVT_TUNES[options['tune']]}"
    if options[CONTROL] == BIT_RATE:
        words += ":undershoot-pct=0"  # without it a stream of GOPs of 32 has two thirds of the bits that were asked for
    settings = encoder_settings("libsvtav1", quality, options, {"svtav1-params": words})
    return {"preset": options["preset"], **settings}


def vvenc_settings(quality: float, options: Mapping[str, str]) -> FfmpegOptions:
    """FFmpeg's options for libvvenc, but for colours and threads."""
    spending = _rate_or(quality, options, {"qp": f"{quality:g}"})
    words = f"decodingrefreshtype=idr_no_radl:intraperiod={options['gop']}:accessunitdelimiter=0"
    return {**spending, "preset": options["preset"], "qpa": options["qpa"], "vvenc-params": words}


def aom_settings(quality: float, options: Mapping[str, str]) -> FfmpegOptions:
    """FFmpeg's options for libaom-av1, but for colours and threads. Rows of a frame are coded beside one another."""
    spending = _rate_or(quality, options, {"crf": f"{quality:g}", "b": "0"})
    return {
        **spending,
        "cpu-used": options["preset"],
        "row-mt": "1",
        "lag-in-frames": str(AOM_LAG),
        "g": options["gop"],
    }


def rav1e_settings(quality: float, options: Mapping[str, str]) -> FfmpegOptions:
    """FFmpeg's options for librav1e, but for colours and threads."""
    return {**_rate_or(quality, options, {"qp": f"{quality:g}"}), "speed": options["preset"], "g": options["gop"]}


def vpx_settings(quality: float | None, options: Mapping[str, str]) -> FfmpegOptions:
    """FFmpeg's options for libvpx-vp9, in its deadline `good`."""
    settings = {"deadline": "good", "cpu-used": options["preset"], "tune": options["tune"], "row-mt": "1"}
    return {**settings, **encoder_settings("libvpx-vp9", quality, options, {})}


def ffv1_settings(quality: float | None, options: Mapping[str, str]) -> FfmpegOptions:
    """FFmpeg's options for ffv1: version 1. From version 3 on tables stand in a header of the stream (190 bytes), so
    that a frame's bytes are not all that it costs."""
    return {"level": "1", "coder": _FFV1_CODERS[options["coder"]]}


def _rate_or(quality: float, options: Mapping[str, str], constant: FfmpegOptions) -> FfmpegOptions:
    return target(quality) if options[CONTROL] == BIT_RATE else constant


def encoder_settings(
    encoder: str, quality: float | None, options: Mapping[str, str], encoder_options: Mapping[str, str]
) -> FfmpegOptions:
    """The control, the buffer, what the encoder always gets, and its own options; lists of parameters are joined.

    encoder:          FFmpeg's name of it.
    encoder_options:  what it gets as it is.
    """
    family = family_of(encoder)
    spending = family.settings(options.get(CONTROL, OWN_DEFAULTS), quality)
    buffer = {name: bits(options[name]) for name in BUFFER if options.get(name, NONE) != NONE and family.buffered}
    settings = {**_given(encoder, family, options), **spending, **buffer}
    for name, value in encoder_options.items():
        joins = name == family.parameters and name in settings
        settings[name] = f"{settings[name]}:{value}" if joins else value
    return settings


def _given(encoder: str, family: EncoderFamily, options: Mapping[str, str]) -> FfmpegOptions:
    """What an encoder gets at every point, as it depends on the processor and on the threads."""
    if encoder == "libsvtav1":
        return {"svtav1-params": f"lp={min(_SVT_MOST_THREADS, int(options['threads']))}"}
    if encoder == "libx265" and options.get("maxrate", NONE) != NONE:
        # its rows race for what is left of the buffer even where frames do not: three streams in 15 runs
        return {name: f"{words}:wpp=0" for name, words in family.given.items()}
    if encoder in ("libx264", "libx264rgb") and torch.backends.cpu.get_cpu_capability() == "AVX512":
        return {"x264-params": "asm=AVX2,FMA3,BMI2,LZCNT"}
    return dict(family.given)
