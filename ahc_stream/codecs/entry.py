"""What the table says about a codec: its knobs, its options, and which values of them it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.quality import number_text, rate_text

CONTROL = "control"
"""The option that says what a point's quality is: a knob of the codec's own, or its bit rate."""

BIT_RATE = "bitrate"
"""The value of `control` for a quality in kbit per second."""

OWN_DEFAULTS = "default"
"""The value of `control` for a point without a quality: the encoder's own defaults decide."""


@dataclass(frozen=True)
class Knob:
    """A quality of a codec: what it is called where it comes from, its range, and which way is better.

    defaults:  the qualities that stand for the codec where none is named; empty where none would make sense.
    control:   the value of the option `control` that chooses this knob; "" where the codec has only one.
    """

    name: str
    low: float
    high: float
    defaults: tuple[float, ...]
    higher_is_better: bool
    whole: bool = True  # takes whole numbers only
    control: str = ""

    @property
    def takes(self) -> str:
        """The range in words, for messages and listings."""
        kind = "a whole number" if self.whole else "a number"
        low, high = self.text(self.low), self.text(self.high)
        return f"{kind} {low}..{high} ({self.name}, {'higher' if self.higher_is_better else 'lower'} is better)"

    @property
    def example(self) -> str:
        """A quality that it takes, as it is written."""
        return self.text(self.defaults[0] if self.defaults else self.low)

    def text(self, quality: float) -> str:
        """A quality as it is written behind the `@`."""
        return number_text(quality)

    def check(self, codec: str, quality: float) -> float:
        """`quality`, where the codec takes it; else InvalidValue."""
        if not self.low <= quality <= self.high or (self.whole and quality != int(quality)):
            raise InvalidValue(f"for {codec} {self.takes}", f"quality {quality:g}", f"write {codec}@{self.example}")
        return quality


@dataclass(frozen=True)
class BitRate(Knob):
    """A target in whole kbit per second, written `500k` or `1.5M`."""

    @property
    def takes(self) -> str:
        """The form in words."""
        return f"a bit rate as {self.example} or 1.5M, in whole kbit/s (higher is better)"

    @property
    def example(self) -> str:
        """A rate of a small video."""
        return "500k"

    def text(self, quality: float) -> str:
        """`500k`, `1.5M`."""
        return rate_text(quality)


@dataclass(frozen=True)
class Form:
    """Values of an option that are neither a list nor a range of whole numbers.

    takes:     the accepted values in words.
    spelling:  a value -> its one spelling; raises ValueError for what it does not take.
    """

    takes: str
    spelling: Callable[[str], str]


@dataclass(frozen=True)
class Option:
    """One named option. It takes one of `choices`, a whole number within `bounds`, what `form` says, or any text."""

    default: str
    meaning: str
    choices: tuple[str, ...] = ()
    bounds: tuple[int, int] | None = None
    form: Form | None = None

    @property
    def takes(self) -> str:
        """The accepted values in words."""
        if self.form:
            return self.form.takes
        if self.bounds:
            return f"{self.bounds[0]}..{self.bounds[1]}"
        return "|".join(self.choices) or "text"

    def check(self, codec: str, name: str, value: str) -> str:
        """The value in its one spelling, so that equal points compare equal; InvalidValue outside of what it takes."""
        try:
            return self._spelling(value)
        except ValueError:
            expected = f"{name}={self.takes} for {codec}"
            raise InvalidValue(expected, repr(value), f"its default is {name}={self.default}") from None

    def _spelling(self, value: str) -> str:
        if self.form:
            return self.form.spelling(value)
        if self.bounds:
            return self._whole_number(value, *self.bounds)
        if self.choices and value not in self.choices:
            raise ValueError(value)
        return value

    def _whole_number(self, value: str, low: int, high: int) -> str:
        if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
            raise ValueError(value)
        return str(int(value))


@dataclass(frozen=True)
class Asked:
    """A point before its options are settled.

    values:  every option, defaults filled in.
    named:   those that somebody asked for.
    """

    codec: str
    quality: float | None
    values: Mapping[str, str]
    named: Mapping[str, str]

    def refused(self, expected: str, got: str, todo: str) -> InvalidValue:
        """The error for options that do not go together."""
        return InvalidValue(f"for {self.codec} {expected}", got, todo)


Settle = Callable[[Asked], Mapping[str, str]]
"""The options of the point: what follows from other options is filled in. InvalidValue where one option voids another."""


def as_they_are(asked: Asked) -> Mapping[str, str]:
    """Options that do not touch one another."""
    return asked.values


@dataclass(frozen=True)
class Entry:
    """One codec of the table.

    maker:      "module:function"; the function is `(point, device, weights) -> Codec` and its module loads lazily.
    medium:     "still" says that every frame is coded alone: no frame's bytes depend on another frame's pixels.
    knob:       the meaning of a bare number behind the `@`; None where a codec takes none.
    options:    every option that makes a curve, `control` among them where there is something to choose. Other names
                are refused, but for those in `passed_on`, whose values go to the encoder as they are.
    more_knobs: further meanings of `quality`, each chosen by its `control`.
    optional:   a point may have no quality: the encoder's own defaults decide.
    instead:    an option that the point says in another way -> what to write instead.
    settle:     what options do to one another.
    """

    maker: str
    description: str
    family: Literal["traditional", "learned"]
    medium: Literal["still", "video"]
    knob: Knob | None
    options: Mapping[str, Option] = field(default_factory=dict)
    passed_on: frozenset[str] = frozenset()
    more_knobs: tuple[Knob, ...] = ()
    optional: bool = False
    instead: Mapping[str, str] = field(default_factory=dict)
    settle: Settle = as_they_are

    def __post_init__(self) -> None:
        if self.controls:
            control = Option(self.controls[0], "what the quality of a point is", choices=self.controls)
            object.__setattr__(self, "options", {CONTROL: control, **self.options})

    def qualities(self, control: str | None = None) -> tuple[float | None, ...]:
        """The qualities that stand for this codec where none is named; None where there is none to stand.

        control:  the value of the option where somebody named it.
        """
        named = (knob for knob in self.knobs if knob.control == control)
        knob = next(named, None) if control else None if self.optional else self.knob
        return (knob.defaults if knob else ()) or (None,)

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """Every meaning that `quality` may have, the codec's own first."""
        return (self.knob, *self.more_knobs) if self.knob else self.more_knobs

    @property
    def controls(self) -> tuple[str, ...]:
        """The values of the option `control`; empty where there is nothing to choose."""
        own = (OWN_DEFAULTS,) if self.optional and self.knobs else ()
        return (*own, *filter(None, (knob.control for knob in self.knobs)))

    def point(self, name: str, quality: float | None, options: Mapping[str, str]) -> OperatingPoint:
        """The operating point with every default filled in. InvalidValue for what the codec does not take."""
        shown = name if quality is None else f"{name}@{number_text(quality)}"
        named = {key: self._checked(shown, key, value) for key, value in options.items()}
        values = {key: option.default for key, option in self.options.items()} | named
        knob = self._knob(name, quality, named)
        if self.controls:
            values[CONTROL] = knob.control if knob else OWN_DEFAULTS
        if knob and quality is None:
            raise InvalidValue(f"for {name} {knob.takes}", "no quality", f"write {name}@{knob.example}")
        quality = knob.check(name, quality) if knob else None
        settled = self.settle(Asked(name, quality, values, named))
        return OperatingPoint(name, quality, tuple(sorted(settled.items())))

    def _knob(self, name: str, quality: float | None, named: Mapping[str, str]) -> Knob | None:
        """The knob that the quality belongs to; None for a point that has no quality."""
        implied = OWN_DEFAULTS if self.optional and quality is None else self.knob.control if self.knob else ""
        control = named.get(CONTROL, implied)
        knob = next((knob for knob in self.knobs if knob.control == control), None)
        if knob is None and quality is not None:
            forms = " or ".join(f"{name}@{knob.example}" for knob in self.knobs)
            raise InvalidValue(f"{name} without a quality", f"{quality:g}", f"write {forms or name}")
        return knob

    def _checked(self, shown: str, key: str, value: str) -> str:
        """`shown`: the codec with its quality, for messages."""
        name = shown.partition("@")[0]
        if key in self.options:
            return self.options[key].check(name, key, value)
        if key in self.passed_on:
            return value
        if key in self.instead:
            expected = f"options that a point has no other place for, for {name}"
            raise InvalidValue(expected, f"{key}={value} beside {shown}", self.instead[key])
        if key == CONTROL and self.knob:
            raise InvalidValue(f"for {name} {self.knob.takes}", f"{key}={value}", f"write {name}@{self.knob.example}")
        names = [f"{option}={meaning.takes}" for option, meaning in self.options.items()] + sorted(self.passed_on)
        raise InvalidValue(f"an option that {name} takes", f"{key}={value}", f"it takes {', '.join(names) or 'none'}")
