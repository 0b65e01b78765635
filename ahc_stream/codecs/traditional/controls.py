"""How encoders of FFmpeg are told how much to spend, and which of their options the point has a place for.

An encoder has several controls: a constant quality, a constant quantiser, a bit rate. Only one decides, and options of
the others are then read by nobody. So the point names its control, no option may set one, and the options that a control
voids are refused beside it. Everything here was found by trying: `tests/codecs/test_controls.py` repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ahc_stream.codecs.entry import CONTROL, Knob, Settle, as_they_are
from ahc_stream.codecs.traditional.coding import RATE, settle_buffer, settle_svtav1

Settings = dict[str, str]

_QP2LAMBDA = 118  # FF_QP2LAMBDA: FFmpeg's lambda per step of a quantiser
_UNBOUNDED = str(10**9)
_RATE_ONLY = frozenset({"bt", "minrate"})
_BUFFER_ONLY = frozenset({"maxrate", "bufsize", "rc_init_occupancy"})


@dataclass(frozen=True)
class Control:
    """One way to tell an encoder how much to spend.

    settings:  a quality -> FFmpeg's options.
    voids:     options of the encoder that have no effect beside it.
    """

    knob: Knob
    settings: Callable[[float], Settings]
    voids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Family:
    """Encoders that are told in the same way.

    controls:  the first is what a bare number means; none where no quality has an effect.
    voids:     what the encoder's own defaults void.
    given:     what it always gets, in FFmpeg's options; those of `words` in front of what a point adds.
    instead:   its options that the point has a place for -> what to write.
    words:     the option that holds a list in the encoder's own words, as `x264-params`; "" where there is none.
    reserved:  of those words, the ones that the point has a place for -> what to write.
    buffered:  keeps `maxrate` and `bufsize` beside a control that does not void them.
    settle:    what its options do to one another.
    """

    controls: tuple[Control, ...] = ()
    voids: frozenset[str] = frozenset()
    given: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    reserved: Mapping[str, str] = field(default_factory=dict)
    buffered: bool = False
    settle: Settle = as_they_are

    def voided(self, control: str) -> frozenset[str]:
        """Options that have no effect under this value of the option `control`, or that it sets itself."""
        for each in self.controls:
            if each.knob.control == control:
                return each.voids | each.settings(each.knob.low).keys()
        return self.voids

    def settings(self, control: str, quality: float | None) -> Settings:
        """FFmpeg's options for a quality; none under the encoder's own defaults."""
        if quality is None:
            return {}
        return next(each.settings(quality) for each in self.controls if each.knob.control == control)


def _plain(option: str) -> Callable[[float], Settings]:
    return lambda quality: {option: f"{quality:g}"}


def _target(quality: float) -> Settings:
    return {"b": str(int(quality * 1000))}


def _quantiser(quality: float) -> Settings:
    """FFmpeg's own encoders take a fixed scale from each frame, which PyAV cannot set; bounds that meet say the same."""
    scale, weight = f"{quality:g}", f"{quality * _QP2LAMBDA:g}"
    return {"qmin": scale, "qmax": scale, "lmin": weight, "lmax": weight}


def _flagged(quality: float) -> Settings:
    return {"global_quality": str(round(quality * _QP2LAMBDA))}


def _knob(control: str, name: str, low: float, high: float, higher_is_better: bool = False, whole: bool = True) -> Knob:
    return Knob(name, low, high, (), higher_is_better, whole, control)


def _rate(voids: frozenset[str] = frozenset()) -> Control:
    return Control(RATE, _target, voids)


_POINT = {
    "g": "write gop=32",
    "threads": "write threads=4",
    "thread_type": "leave it out: frames are never split for threads",
    "colorspace": "write matrix=bt709",
    "color_primaries": "write matrix=bt709",
    "color_trc": "write matrix=bt709",
    "color_range": "write range=limited",
    "chroma_sample_location": "leave it out: chroma lies to the left",
    "pass": "leave it out: streams are coded in one pass",
    "stats": "leave it out: streams are coded in one pass",
    "passlogfile": "leave it out: streams are coded in one pass",
    "x265-stats": "leave it out: streams are coded in one pass",
    "forced-idr": "leave it out: no frame's type is forced",
    "intra-refresh": "leave it out: GOPs begin with an I frame",
}
"""FFmpeg's options, of any encoder, that the point has a place for."""

_AS_RATE = "write the bit rate behind the name, as @500k"

_SPENDING = frozenset({"b", "crf", "qp", "global_quality", "quality", "rc"})
"""FFmpeg's options that choose a control, of encoders that have a control of ours."""

_ONE_PASS = {word: "leave it out: streams are coded in one pass" for word in ("pass", "stats", "passes")}
_STREAM_SAYS = {
    word: "leave it out: the stream says it"
    for word in ("fps", "timebase", "input-res", "input-csp", "output-csp", "width", "height", "fps-num", "fps-denom")
}
_COLOURS = {
    word: "write matrix=bt709 and range=limited"
    for word in ("colorprim", "transfer", "colormatrix", "range", "fullrange", "chromaloc")
    + ("color-primaries", "transfer-characteristics", "matrix-coefficients", "color-range", "chroma-sample-position")
}
_CHOICES = {
    "crf": "write it behind the name, as @23",
    "qp": "write it behind the name, as @23:control=qp",
    "bitrate": "write it behind the name, as @500k",
    "vbv-maxrate": "write maxrate=1M",
    "vbv-bufsize": "write bufsize=2M",
    "bframes": "write bf=2",
    "keyint": "write gop=32",
    "open-gop": "leave it out: GOPs are closed",
    "intra-refresh": "leave it out: GOPs begin with an I frame",
    "threads": "write threads=4",
}
_COMMON = {**_ONE_PASS, **_STREAM_SAYS, **_COLOURS, **_CHOICES}

_CQP = _RATE_ONLY | _BUFFER_ONLY | {"crf_max", "qcomp", "qblur", "cplxblur", "aq-mode", "aq-strength", "mbtree"}
_X264 = Family(
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
    words="x264-params",
    reserved={
        **_COMMON,
        "asm": "leave it out: it is set so that bytes repeat",
        "sliced-threads": "leave it out: frames are never split for threads",
        "lossless": "write @0:control=qp",
    },
    buffered=True,
    settle=settle_buffer,
)
_X265 = Family(
    (
        Control(_knob("crf", "x265 CRF", 0, 51, whole=False), _plain("crf"), _RATE_ONLY),
        Control(_knob("qp", "x265 QP", 0, 51), _plain("qp"), _RATE_ONLY | _BUFFER_ONLY | {"qcomp", "qblur"}),
        _rate(_RATE_ONLY),
    ),
    voids=_RATE_ONLY,
    given={"x265-params": "info=0:log-level=none"},  # info=0: no SEI of 2 kB that spells out the settings
    words="x265-params",
    reserved={
        **_COMMON,
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
_SVTAV1 = Family(
    (
        Control(_knob("crf", "SVT-AV1 CRF", 1, 63), _plain("crf"), _RATE_ONLY | {"rc_init_occupancy"}),
        Control(_knob("qp", "SVT-AV1 QP", 1, 63), _plain("qp"), _RATE_ONLY | _BUFFER_ONLY),
        _rate(_RATE_ONLY | {"maxrate"}),
    ),
    voids=_RATE_ONLY | {"rc_init_occupancy"},
    words="svtav1-params",
    reserved={
        **_COMMON,
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
_VPX_TWICE = {
    "speed": "write cpu-used",
    "quality": "write deadline",
    "rc_lookahead": "write lag-in-frames",
    "arnr_max_frames": "write arnr-maxframes",
    "arnr_strength": "write arnr-strength",
    "arnr_type": "write arnr-type",
    "lossless": "choose a lossless encoder, as ffmpeg:ffv1",
}


def _vpx(name: str, rate_beside_crf: str) -> Family:
    """libvpx takes a CRF as a bound below its target rate: 0 is none for VP9, and for VP8 256 kbit/s."""
    voids = _RATE_ONLY | _BUFFER_ONLY | {"undershoot-pct", "overshoot-pct"}
    knob = _knob("crf", f"{name} CRF", 4 if name == "VP8" else 0, 63)
    constant = Control(knob, lambda quality: {"crf": f"{quality:g}", "b": rate_beside_crf}, voids)
    return Family((constant, _rate()), instead=_VPX_TWICE)


_MPEG_VOID = _RATE_ONLY | _BUFFER_ONLY | {"global_quality"}
_MPEG = Family(
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
_MJPEG = Family(_MPEG.controls, voids=_MPEG.voids, buffered=True, settle=settle_buffer)
_SCALE = Family((Control(_knob("qscale", "quantiser scale", 1, 31, whole=False), _flagged, _RATE_ONLY | _BUFFER_ONLY),))
_WEBP = Family(
    (
        Control(
            _knob("quality", "libwebp quality", 0, 100, higher_is_better=True),
            _plain("quality"),
            frozenset({"lossless"}),
        ),
    ),
    instead={"quality": "write it behind the name, as @75"},
)
_RATE_FAMILY = Family((_rate(frozenset({"global_quality"})),))
_NVENC = Family((Control(_knob("qp", "QP", 0, 51), lambda quality: {"rc": "constqp", "qp": f"{quality:g}"}), _rate()))

FAMILIES: Mapping[str, Family] = {
    "libx264": _X264,
    "libx264rgb": _X264,
    "libx265": _X265,
    "libsvtav1": _SVTAV1,
    "libvpx": _vpx("VP8", _UNBOUNDED),
    "libvpx-vp9": _vpx("VP9", "0"),
    "mjpeg": _MJPEG,
    "vc2": _RATE_FAMILY,
    **dict.fromkeys(["prores_ks", "asv1", "asv2"], _SCALE),
    **dict.fromkeys(["libwebp", "libwebp_anim"], _WEBP),
    **dict.fromkeys(
        ["flv", "h261", "h263", "h263p", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4", "msmpeg4v2"], _MPEG
    ),
    **dict.fromkeys(["rv10", "rv20", "speedhq", "wmv1", "wmv2"], _MPEG),
    **dict.fromkeys(["av1_nvenc", "h264_nvenc", "hevc_nvenc"], _NVENC),
    **dict.fromkeys(
        ["av1_qsv", "h264_qsv", "hevc_qsv", "mpeg2_qsv", "vp9_qsv", "av1_amf", "h264_amf", "hevc_amf"], _RATE_FAMILY
    ),
    **dict.fromkeys(["h263_v4l2m2m", "h264_v4l2m2m", "hevc_v4l2m2m", "mpeg4_v4l2m2m", "vp8_v4l2m2m"], _RATE_FAMILY),
}
"""By FFmpeg's name. Another encoder has no quality that is known to have an effect: its own options decide."""


def family_of(encoder: str) -> Family:
    """How an encoder is told; a family without a control for one that nobody tried."""
    return FAMILIES.get(encoder, _UNTRIED)


def instead_of(family: Family) -> Mapping[str, str]:
    """Every option that the point has a place for -> what to write."""
    spending = {
        option: f"write it behind the name, as @{control.knob.example}:{CONTROL}={control.knob.control}"
        for control in family.controls
        for option in control.settings(control.knob.low).keys() & _SPENDING
    }
    return {**_POINT, **spending, "b": _AS_RATE, **family.instead} if spending else _POINT


_UNTRIED = Family()
