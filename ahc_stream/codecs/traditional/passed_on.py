"""Options that a point passes on to an encoder of FFmpeg: each has an effect, or the point is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ahc_stream.codecs.entry import CONTROL, OWN_DEFAULTS, Asked
from ahc_stream.codecs.traditional.controls import Family, family_of
from ahc_stream.codecs.traditional.rates import NONE
from ahc_stream.core.quality import quality_text

_OF_BUFFER = frozenset({"crf_max", "rc_init_occupancy", "rc_max_vbv_use", "rc_min_vbv_use"})
_FLAGS = re.compile(r"(?:[+-]\w+)+")
_OWN_FLAGS = {
    "cgop": "GOPs are closed",
    "qscale": "write the scale behind the name, as @4",
    "pass1": "streams are coded in one pass",
    "pass2": "streams are coded in one pass",
    "global_header": "parameter sets are part of the stream",
}


def settle_passed_on(encoder: str, asked: Asked) -> Mapping[str, str]:
    """The options of a point of `ffmpeg:<encoder>`. InvalidValue where its control, its place for a setting or another
    option makes one of them mean nothing."""
    family = family_of(encoder)
    _refuse_voided(family, asked)
    _refuse_flags(asked)
    _refuse_words(family, asked)
    if family.buffered:
        _refuse_unbuffered(asked)
    return family.settle(asked)


def _refuse_voided(family: Family, asked: Asked) -> None:
    """Options that the control of the point makes mean nothing."""
    control = asked.values.get(CONTROL, OWN_DEFAULTS)
    for name in sorted(family.voided(control) & asked.named.keys()):
        if asked.named[name] == NONE:  # of the buffer: it says that there is no bound
            continue
        point = f"@{quality_text(asked.quality, f'{CONTROL}={control}')}" if asked.quality is not None else asked.codec
        got = f"{name}={asked.named[name]} beside {point} ({CONTROL}={control}), which voids it"
        others = [each.knob.control for each in family.controls if name not in family.voided(each.knob.control)]
        todo = f"leave {name} out" + "".join(f", or choose {CONTROL}={other}" for other in others)
        raise asked.refused("options that have an effect", got, todo)


def _refuse_unbuffered(asked: Asked) -> None:
    """Options of the buffer where there is none."""
    for name in sorted(_OF_BUFFER & asked.named.keys()):
        if asked.values["maxrate"] == NONE:
            got = f"{name}={asked.named[name]} without maxrate, which has no effect"
            raise asked.refused(f"maxrate beside {name}", got, f"add maxrate=1M, or leave {name} out")


def _refuse_flags(asked: Asked) -> None:
    """Flags are added or taken away: a bare list would also take away those that the point needs."""
    flags = asked.named.get("flags", "+")
    if flags != "+" and not _FLAGS.fullmatch(flags):
        raise asked.refused("flags as +name or -name", f"flags={flags}", "write for instance flags=+low_delay")
    for name in re.findall(r"\w+", flags):
        if name in _OWN_FLAGS:
            raise asked.refused(f"flags without {name}", f"flags={flags}", f"leave it out: {_OWN_FLAGS[name]}")


def _refuse_words(family: Family, asked: Asked) -> None:
    """Words of the encoder's own list that the point or another option has a place for."""
    options = {_plain(name): name for name in asked.named if name != family.words}
    for word in _words(asked.named.get(family.words, "")):
        got = f"{word} in {family.words}"
        if word in family.reserved:
            raise asked.refused(f"{family.words} without what the point says", got, family.reserved[word])
        if word in options:
            raise asked.refused(f"{word} once", f"{got}, and {options[word]} beside it", "leave one of the two out")


def _words(text: str) -> Iterator[str]:
    """The names in `name=value:name=value`; x264 and x265 take `_` for `-`, and `no-name` for the opposite."""
    return (_plain(piece.partition("=")[0]) for piece in text.split(":") if piece)


def _plain(word: str) -> str:
    return word.replace("_", "-").lower().removeprefix("no-")
