"""What the table says about a codec: its knobs, its options, and which values of them it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ahc_stream.codecs.knob import BIT_RATE, CONTROL, OWN_DEFAULTS, Knob
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.option import Option, one_of
from ahc_stream.core.option_text import not_taken
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.quality import number_text

if TYPE_CHECKING:
    import torch

Medium = Literal["still", "video"]


@dataclass(frozen=True)
class PointRequest:
    """A point before its options are settled.

    values:  every option, defaults filled in.
    named:   those that somebody asked for.
    """

    codec: str
    quality: float | None
    values: Mapping[str, str]
    named: Mapping[str, str]

    @property
    def bit_rate(self) -> float | None:
        """The rate that it aims at, in kbit per second; None under another control."""
        return self.quality if self.values.get(CONTROL) == BIT_RATE else None

    def refused(self, expected: str, got: str, todo: str) -> InvalidValue:
        """The error for options that do not go together."""
        return InvalidValue(f"for {self.codec} {expected}", got, todo)


Settle = Callable[[PointRequest], Mapping[str, str]]
"""A request -> the point's options: what follows from others is filled in. InvalidValue where one voids another."""

FramesHeld = Callable[[Mapping[str, str], "torch.device"], int]
"""Options of a point, and a device -> the most frames that encoder and decoder together hold back."""


def as_they_are(request: PointRequest) -> Mapping[str, str]:
    """Options that do not touch one another."""
    return request.values


WHOLE_STREAM = 10**9
"""Stands for all frames of a stream, however many they are."""


def whole_stream(options: Mapping[str, str], device: torch.device) -> int:
    """Of a codec that gives nothing back before its stream has ended, or does not say."""
    return WHOLE_STREAM


def none_held(options: Mapping[str, str], device: torch.device) -> int:
    """Of a codec that gives each frame back as it comes."""
    return 0


@dataclass(frozen=True)
class CodecEntry:
    """One codec of the table.

    maker:            "module:name", which loads lazily. Of a traditional codec `(point, device) -> codec`, of others
                      `(point, device, weights, coder) -> codec`: a `core.protocols.Codec` or `ClipCodec`.
    family:           "own" is a user's code: no weights are published for it, and no file names it.
    medium:           "still" says that every frame is coded alone: no frame's bytes depend on another frame's pixels.
    knob:             the meaning of a bare number behind the `@`; None where a codec takes none.
    options:          every option that makes a curve, `control` among them where there is something to choose. Other
                      names are refused, but for those in `encoder_options`.
    encoder_options:  options that only an encoder reads: a decoder's point is without them, for a file may name any.
                      Those that are not among `options` the encoder gets as they are.
    more_knobs:       further meanings of `quality`, each chosen by its `control`.
    optional:         a point may have no quality: the encoder's own defaults decide.
    instead:          an option that the point says in another way -> what to write instead.
    settle:           what options do to one another.
    frames_held:      the bound on memory that a stream needs.
    variable_rate:    of a learned codec: one checkpoint serves every quality, which need not be a whole number.
    is_lossless:      every point of it gives the frames back bit for bit.
    extra:            the extra of ahc-stream that installs what the codec imports; "" where nothing is optional.
    encoder_program:  "module:name" of a function that takes a point and returns the path of the program that encodes
                      it; raises MissingExtra. "" where no program does.
    """

    maker: str
    description: str
    family: Literal["traditional", "learned", "own"]
    medium: Medium
    knob: Knob | None
    options: Mapping[str, Option] = field(default_factory=dict)
    encoder_options: frozenset[str] = frozenset()
    more_knobs: tuple[Knob, ...] = ()
    optional: bool = False
    instead: Mapping[str, str] = field(default_factory=dict)
    settle: Settle = as_they_are
    frames_held: FramesHeld = none_held
    variable_rate: bool = False
    is_lossless: bool = False
    extra: str = ""
    encoder_program: str = ""

    def __post_init__(self) -> None:
        if self.controls:
            meaning = "What the quality of a point is."
            control = Option(self.controls[0], meaning, one_of(*self.controls))
            object.__setattr__(self, "options", {CONTROL: control, **self.options})

    def qualities(self, control: str | None = None) -> tuple[float | None, ...]:
        """The qualities that stand for this codec where none is named; None where there is none to stand.

        control:  the value of the option where somebody named it.
        """
        unnamed = None if self.optional else self.knob
        knob = self._knob_of(control) if control else unnamed
        return (knob.defaults if knob else ()) or (None,)

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """Every meaning that `quality` may have, the codec's own first."""
        return (self.knob, *self.more_knobs) if self.knob else self.more_knobs

    @property
    def can_be_lossless(self) -> bool:
        """Whether some point of it gives the frames back bit for bit, as the table knows."""
        return self.is_lossless or any(knob.lossless is not None for knob in self.knobs)

    @property
    def controls(self) -> tuple[str, ...]:
        """The values of the option `control`; empty where there is nothing to choose."""
        without_quality = (OWN_DEFAULTS,) if self.optional and self.knobs else ()
        named = (knob.control for knob in self.knobs if knob.control)
        return (*without_quality, *named)

    def point(self, name: str, quality: float | None, options: Mapping[str, str]) -> OperatingPoint:
        """The operating point with every default filled in. InvalidValue for what the codec does not take."""
        shown = name if quality is None else f"{name}@{number_text(quality)}"
        named = {key: self._checked_option(shown, key, value) for key, value in options.items()}
        values = {key: option.default for key, option in self.options.items()} | named
        knob = self._knob(name, quality, named)
        if self.controls:
            values[CONTROL] = knob.control if knob else OWN_DEFAULTS
        quality = self._checked_quality(name, quality, knob)
        settled = self.settle(PointRequest(name, quality, values, named))
        return OperatingPoint(name, quality, tuple(sorted(settled.items())))

    def _knob(self, name: str, quality: float | None, named: Mapping[str, str]) -> Knob | None:
        """The knob that the quality belongs to; None for a point that has no quality."""
        control = named.get(CONTROL)
        unnamed = None if self.optional and quality is None else self.knob
        knob = unnamed if control is None else self._knob_of(control)
        if knob is None and quality is not None:
            forms = " or ".join(f"{name}@{knob.example}" for knob in self.knobs)
            raise InvalidValue(f"{name} without a quality", f"{quality:g}", f"write {forms or name}")
        return knob

    def _knob_of(self, control: str) -> Knob | None:
        return next((knob for knob in self.knobs if knob.control == control), None)

    def _checked_quality(self, name: str, quality: float | None, knob: Knob | None) -> float | None:
        if knob is None:
            return None
        if quality is None:
            raise InvalidValue(f"for {name} {knob.takes}", "no quality", f"write {name}@{knob.example}")
        return knob.check(name, quality)

    def _checked_option(self, shown: str, key: str, value: str) -> str:
        """`shown`: the codec with its quality, for messages."""
        name = shown.partition("@")[0]
        if key in self.options:
            return self.options[key].check(name, key, value)
        if key in self.encoder_options:
            return value
        if key in self.instead:
            expected = f"options that a point has no other place for, for {name}"
            raise InvalidValue(expected, f"{key}={value} beside {shown}", self.instead[key])
        if key == CONTROL and self.knob:
            raise InvalidValue(f"for {name} {self.knob.takes}", f"{key}={value}", f"write {name}@{self.knob.example}")
        raise not_taken(name, key, value, self.options, sorted(self.encoder_options - self.options.keys()))
