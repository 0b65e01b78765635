"""Options of an encoder of FFmpeg that a point gives it as they are: each has an effect, or the point is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ahc_stream.codecs.entry import PointRequest
from ahc_stream.codecs.knob import CONTROL, OWN_DEFAULTS
from ahc_stream.codecs.traditional.control import EncoderFamily
from ahc_stream.codecs.traditional.families import family_of
from ahc_stream.codecs.traditional.rates import NONE
from ahc_stream.core.quality import quality_text

_OF_BUFFER = frozenset({"crf_max", "rc_init_occupancy", "rc_max_vbv_use", "rc_min_vbv_use"})
_FLAGS = re.compile(r"(?:[+-]\w+)+")
_STATED_FLAGS = {
    "cgop": "GOPs are closed",
    "qscale": "write the scale behind the name, as @4",
    "pass1": "streams are coded in one pass",
    "pass2": "streams are coded in one pass",
    "global_header": "parameter sets are part of the stream",
}


def settle_encoder_options(encoder: str, request: PointRequest) -> Mapping[str, str]:
    """The options of a point of `ffmpeg:<encoder>`. InvalidValue where its control, its place for a setting or another
    option makes one of them mean nothing."""
    family = family_of(encoder)
    _refuse_voided(family, request)
    _refuse_flags(request)
    _refuse_stated_parameters(family, request)
    if family.buffered:
        _refuse_unbuffered(request)
    return family.settle(request)


def _refuse_voided(family: EncoderFamily, request: PointRequest) -> None:
    """Options that the control of the point makes mean nothing."""
    control = request.values.get(CONTROL, OWN_DEFAULTS)
    for name in sorted(family.voided(control) & request.named.keys()):
        value = request.named[name]
        if value == NONE:  # of the buffer: it says that there is no bound
            continue
        quality = quality_text(request.quality, f"{CONTROL}={control}")
        point = f"@{quality}" if quality else request.codec
        got = f"{name}={value} beside {point} ({CONTROL}={control}), which voids it"
        controls = (other.knob.control for other in family.controls)
        others = "".join(f", or choose {CONTROL}={other}" for other in controls if name not in family.voided(other))
        raise request.refused("options that have an effect", got, f"leave {name} out{others}")


def _refuse_unbuffered(request: PointRequest) -> None:
    """Options of the buffer where there is none."""
    for name in sorted(_OF_BUFFER & request.named.keys()):
        if request.values["maxrate"] == NONE:
            got = f"{name}={request.named[name]} without maxrate, which has no effect"
            raise request.refused(f"maxrate beside {name}", got, f"add maxrate=1M, or leave {name} out")


def _refuse_flags(request: PointRequest) -> None:
    """Flags are added or taken away: a bare list would also take away those that the point needs."""
    flags = request.named.get("flags", "+")
    if flags != "+" and not _FLAGS.fullmatch(flags):
        raise request.refused("flags as +name or -name", f"flags={flags}", "write for instance flags=+low_delay")
    for name in re.findall(r"\w+", flags):
        if name in _STATED_FLAGS:
            todo = f"leave it out: {_STATED_FLAGS[name]}"
            raise request.refused(f"flags without {name}", f"flags={flags}", todo)


def _refuse_stated_parameters(family: EncoderFamily, request: PointRequest) -> None:
    """Words of the encoder's own list that the point or another option has a place for."""
    parameters = family.parameters
    options = {_plain(name): name for name in request.named if name != parameters}
    for word in _words(request.named.get(parameters, "")):
        got = f"{word} in {parameters}"
        if word in family.reserved:
            raise request.refused(f"{parameters} without what the point says", got, family.reserved[word])
        if word in options:
            both = f"{got}, and {options[word]} beside it"
            raise request.refused(f"{word} once", both, "leave one of the two out")


def _words(text: str) -> Iterator[str]:
    """The names in `name=value:name=value`; x264 and x265 take `_` for `-`, and `no-name` for the opposite."""
    return (_plain(piece.partition("=")[0]) for piece in text.split(":") if piece)


def _plain(word: str) -> str:
    return word.replace("_", "-").lower().removeprefix("no-")
