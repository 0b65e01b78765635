"""How encoders of FFmpeg are controlled, and which of their options the point has a place for.

An encoder has several controls: a constant quality, a constant quantiser, a bit rate. Only one decides, and options of
the others are then read by nobody. So the point names its control, no option may set one, and the options that a
control voids are refused beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ahc_stream.codecs.entry import Settle, as_they_are
from ahc_stream.codecs.knob import CONTROL, Knob

FfmpegOptions = dict[str, str]
"""Options as FFmpeg spells them -> their values."""


@dataclass(frozen=True)
class Control:
    """One way to say how much an encoder spends.

    settings:  a quality -> FFmpeg's options.
    voids:     options of the encoder that have no effect beside it.
    """

    knob: Knob
    settings: Callable[[float], FfmpegOptions]
    voids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class EncoderFamily:
    """Encoders that are controlled in the same way.

    controls:   the first is what a bare number means; none where no quality has an effect.
    voids:      what the encoder's own defaults void.
    given:      what it always gets, in FFmpeg's options; those of `parameters` in front of what a point adds.
    instead:    its options that the point has a place for -> what to write.
    parameters: the option that holds a list in the encoder's own words, as `x264-params`; "" where there is none.
    reserved:   of those words, the ones that the point has a place for -> what to write.
    buffered:   keeps `maxrate` and `bufsize` beside a control that does not void them.
    settle:     what its options do to one another.
    """

    controls: tuple[Control, ...] = ()
    voids: frozenset[str] = frozenset()
    given: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    parameters: str = ""
    reserved: Mapping[str, str] = field(default_factory=dict)
    buffered: bool = False
    settle: Settle = as_they_are

    def voided(self, name: str) -> frozenset[str]:
        """Options that have no effect under this value of the option `control`, or that it sets itself."""
        for control in self.controls:
            if control.knob.control == name:
                return control.voids | control.settings(control.knob.low).keys()
        return self.voids

    def settings(self, name: str, quality: float | None) -> FfmpegOptions:
        """FFmpeg's options for a quality under this value of `control`; none under the encoder's own defaults."""
        if quality is None:
            return {}
        return next(control.settings(quality) for control in self.controls if control.knob.control == name)


def instead_of(family: EncoderFamily) -> Mapping[str, str]:
    """Every option that the point has a place for -> what to write."""
    spending: dict[str, str] = {}
    for control in family.controls:
        knob = control.knob
        for option in control.settings(knob.low).keys() & _SPENDING:
            spending[option] = f"write it behind the name, as @{knob.example}:{CONTROL}={knob.control}"
    return {**_POINT, **spending, "b": _AS_RATE, **family.instead} if spending else _POINT


_ONE_PASS = "leave it out: streams are coded in one pass"
_MATRIX = "write matrix=bt709"

_POINT = {
    "g": "write gop=32",
    "threads": "write threads=4",
    "thread_type": "leave it out: frames are never split for threads",
    "colorspace": _MATRIX,
    "color_primaries": _MATRIX,
    "color_trc": _MATRIX,
    "color_range": "write range=limited",
    "chroma_sample_location": "leave it out: chroma lies to the left",
    "pass": _ONE_PASS,
    "stats": _ONE_PASS,
    "passlogfile": _ONE_PASS,
    "x265-stats": _ONE_PASS,
    "forced-idr": "leave it out: no frame's type is forced",
    "intra-refresh": "leave it out: GOPs begin with an I frame",
}
"""FFmpeg's options, of any encoder, that the point has a place for."""

_AS_RATE = "write the bit rate behind the name, as @500k"

_SPENDING = frozenset({"b", "crf", "qp", "global_quality", "quality", "rc"})
"""FFmpeg's options that choose a control, of encoders that have a control of ours."""
