"""The controls of FFmpeg's encoders: a table by encoder.

Everything here was found by trying: `tests/codecs/traditional/test_controls.py` repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ahc_stream.codecs.knob import Knob
from ahc_stream.codecs.traditional.coding import RATE, settle_buffer, settle_svtav1
from ahc_stream.codecs.traditional.control import Control, EncoderFamily, FfmpegOptions
from ahc_stream.codecs.traditional.stated_parameters import STATED

_QP2LAMBDA = 118  # FF_QP2LAMBDA: FFmpeg's lambda per step of a quantiser
_UNBOUNDED = str(10**9)
_RATE_ONLY = frozenset({"bt", "minrate"})
_BUFFER_ONLY = frozenset({"maxrate", "bufsize", "rc_init_occupancy"})


def _plain(option: str) -> Callable[[float], FfmpegOptions]:
    return lambda quality: {option: f"{quality:g}"}


def target(quality: float) -> FfmpegOptions:
    """A bit rate, in kbit/s."""
    return {"b": str(int(quality * 1000))}


def _quantiser(quality: float) -> FfmpegOptions:
    """FFmpeg's own encoders take a fixed scale from each frame, which PyAV cannot set; equal bounds say the same."""
    scale, weight = f"{quality:g}", f"{quality * _QP2LAMBDA:g}"
    return {"qmin": scale, "qmax": scale, "lmin": weight, "lmax": weight}


def _flagged(quality: float) -> FfmpegOptions:
    return {"global_quality": str(round(quality * _QP2LAMBDA))}


def _knob(control: str, name: str, low: float, high: float, higher_is_better: bool = False, whole: bool = True) -> Knob:
    return Knob(name, low, high, (), higher_is_better, whole, control)


def _rate(voids: frozenset[str] = frozenset()) -> Control:
    return Control(RATE, target, voids)


_CQP = _RATE_ONLY | _BUFFER_ONLY | {"crf_max", "qcomp", "qblur", "cplxblur", "aq-mode", "aq-strength", "mbtree"}
_X264 = EncoderFamily(
    (
        Control(_knob("crf", "x264 CRF", 0, 51, whole=False), _plain("crf"), _RATE_ONLY),
        Control(_knob("qp", "x264 QP", 0, 51), _plain("qp"), _CQP | {"rc-lookahead"}),
        _rate(frozenset({"crf_max", "minrate"})),
    ),
    voids=_RATE_ONLY,
    instead={
        "x264opts": "write x264-params",
        "me_method": "write motion-est",
        "sc_threshold": "write x264-params=scenecut",
    },
    parameters="x264-params",
    reserved={
        **STATED,
        "asm": "leave it out: it is set so that bytes repeat",
        "sliced-threads": "leave it out: frames are never split for threads",
        "lossless": "write @0:control=qp",
    },
    buffered=True,
    settle=settle_buffer,
)
_X265 = EncoderFamily(
    (
        Control(_knob("crf", "x265 CRF", 0, 51, whole=False), _plain("crf"), _RATE_ONLY),
        Control(_knob("qp", "x265 QP", 0, 51), _plain("qp"), _RATE_ONLY | _BUFFER_ONLY | {"qcomp", "qblur"}),
        _rate(_RATE_ONLY),
    ),
    voids=_RATE_ONLY,
    given={"x265-params": "info=0:log-level=none"},  # info=0: no SEI of 2 kB that spells out the settings
    parameters="x265-params",
    reserved={
        **STATED,
        "info": "leave it out: settings are not part of the stream",
        "log-level": "leave it out",
        "frame-threads": "write threads=4",
        "pools": "write threads=4",
        "wpp": "leave it out: rows are coded in parallel wherever bytes repeat",
        "lossless": "choose a lossless encoder, as ffmpeg:ffv1",
    },
    buffered=True,
    settle=settle_buffer,
)
_SVTAV1 = EncoderFamily(
    (
        Control(_knob("crf", "SVT-AV1 CRF", 1, 63), _plain("crf"), _RATE_ONLY | {"rc_init_occupancy"}),
        Control(_knob("qp", "SVT-AV1 QP", 1, 63), _plain("qp"), _RATE_ONLY | _BUFFER_ONLY),
        _rate(_RATE_ONLY | {"maxrate"}),
    ),
    voids=_RATE_ONLY | {"rc_init_occupancy"},
    parameters="svtav1-params",
    reserved={
        **STATED,
        "rc": "say it behind the name: @32, @32:control=qp or @500k",
        "tbr": "write it behind the name, as @500k",
        "mbr": "write maxrate=1M",
        "buf-sz": "write bufsize=2M",
        "lp": "write threads=4",
        "pin": "write threads=4",
        "irefresh-type": "leave it out: GOPs are closed",
        "lossless": "choose a lossless encoder, as ffmpeg:ffv1",
    },
    buffered=True,
    settle=settle_svtav1,
)
_VPX_SYNONYMS = {
    "speed": "write cpu-used",
    "quality": "write deadline",
    "rc_lookahead": "write lag-in-frames",
    "arnr_max_frames": "write arnr-maxframes",
    "arnr_strength": "write arnr-strength",
    "arnr_type": "write arnr-type",
    "lossless": "choose a lossless encoder, as ffmpeg:ffv1",
}


def _vpx(name: str, rate_beside_crf: str) -> EncoderFamily:
    """libvpx takes a CRF as a bound below its target rate: 0 is none for VP9, and for VP8 256 kbit/s."""
    voids = _RATE_ONLY | _BUFFER_ONLY | {"undershoot-pct", "overshoot-pct"}
    knob = _knob("crf", f"{name} CRF", 4 if name == "VP8" else 0, 63)
    constant = Control(knob, lambda quality: {"crf": f"{quality:g}", "b": rate_beside_crf}, voids)
    return EncoderFamily((constant, _rate()), instead=_VPX_SYNONYMS)


_MPEG_VOID = _RATE_ONLY | _BUFFER_ONLY | {"global_quality"}
_MPEG = EncoderFamily(
    (
        Control(
            _knob("qscale", "quantiser scale", 2, 31),
            _quantiser,
            _MPEG_VOID | {"qcomp", "qblur", "rc_eq", "rc_qmod_amp", "rc_qmod_freq"},
        ),
        _rate(frozenset({"global_quality"})),
    ),
    voids=frozenset({"global_quality"}),
    given={"sc_threshold": _UNBOUNDED},
    instead={"sc_threshold": "leave it out: GOPs close only without scene cuts"},
    buffered=True,
    settle=settle_buffer,
)
_MJPEG = EncoderFamily(_MPEG.controls, voids=_MPEG.voids, buffered=True, settle=settle_buffer)
_SCALE = EncoderFamily(
    (Control(_knob("qscale", "quantiser scale", 1, 31, whole=False), _flagged, _RATE_ONLY | _BUFFER_ONLY),)
)
_WEBP = EncoderFamily(
    (
        Control(
            _knob("quality", "libwebp quality", 0, 100, higher_is_better=True),
            _plain("quality"),
            frozenset({"lossless"}),
        ),
    ),
    instead={"quality": "write it behind the name, as @75"},
)
_BIT_RATE_ONLY = EncoderFamily((_rate(frozenset({"global_quality"})),))
_NVENC = EncoderFamily(
    (Control(_knob("qp", "QP", 0, 51), lambda quality: {"rc": "constqp", "qp": f"{quality:g}"}), _rate())
)

FAMILIES: Mapping[str, EncoderFamily] = {
    "libx264": _X264,
    "libx264rgb": _X264,
    "libx265": _X265,
    "libsvtav1": _SVTAV1,
    "libvpx": _vpx("VP8", _UNBOUNDED),
    "libvpx-vp9": _vpx("VP9", "0"),
    "mjpeg": _MJPEG,
    "vc2": _BIT_RATE_ONLY,
    **dict.fromkeys(["prores_ks", "asv1", "asv2"], _SCALE),
    **dict.fromkeys(["libwebp", "libwebp_anim"], _WEBP),
    **dict.fromkeys(
        ["flv", "h261", "h263", "h263p", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4", "msmpeg4v2"], _MPEG
    ),
    **dict.fromkeys(["rv10", "rv20", "speedhq", "wmv1", "wmv2"], _MPEG),
    **dict.fromkeys(["av1_nvenc", "h264_nvenc", "hevc_nvenc"], _NVENC),
    **dict.fromkeys(
        ["av1_qsv", "h264_qsv", "hevc_qsv", "mpeg2_qsv", "vp9_qsv", "av1_amf", "h264_amf", "hevc_amf"], _BIT_RATE_ONLY
    ),
    **dict.fromkeys(["h263_v4l2m2m", "h264_v4l2m2m", "hevc_v4l2m2m", "mpeg4_v4l2m2m", "vp8_v4l2m2m"], _BIT_RATE_ONLY),
}
"""By FFmpeg's name. Another encoder has no quality that is known to have an effect: its own options decide."""


def family_of(encoder: str) -> EncoderFamily:
    """How an encoder is controlled; a family without a control for one that nobody tried."""
    return FAMILIES.get(encoder, _UNTRIED)


_UNTRIED = EncoderFamily()
