"""What the table says about a codec: its knob, its options, and which values of them it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.trial import OperatingPoint


@dataclass(frozen=True)
class Knob:
    """The quality of a codec: what it is called where it comes from, its range, and which way is better."""

    name: str
    low: float
    high: float
    defaults: tuple[float, ...]
    higher_is_better: bool
    whole: bool = True  # takes whole numbers only

    @property
    def takes(self) -> str:
        """The range in words, for messages and listings."""
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} {self.low:g}..{self.high:g} ({self.name}, {'higher' if self.higher_is_better else 'lower'} is better)"

    def check(self, codec: str, quality: float) -> float:
        """`quality`, where the codec takes it; else InvalidValue."""
        if not self.low <= quality <= self.high or (self.whole and quality != int(quality)):
            raise InvalidValue(
                f"for {codec} {self.takes}", f"quality {quality:g}", f"write {codec}@{self.defaults[0]:g}"
            )
        return quality


@dataclass(frozen=True)
class Option:
    """One named option. It takes one of `choices`, or a whole number within `bounds`, or, with neither, any text."""

    default: str
    meaning: str
    choices: tuple[str, ...] = ()
    bounds: tuple[int, int] | None = None

    @property
    def takes(self) -> str:
        """The accepted values in words."""
        if self.bounds:
            return f"{self.bounds[0]}..{self.bounds[1]}"
        return "|".join(self.choices) or "text"

    def check(self, codec: str, name: str, value: str) -> str:
        """The value in its one spelling, so that equal points compare equal; InvalidValue outside of what it takes."""
        if self.bounds and value.isascii() and value.isdigit() and self.bounds[0] <= int(value) <= self.bounds[1]:
            return str(int(value))
        if self.bounds or (self.choices and value not in self.choices):
            raise InvalidValue(f"{name}={self.takes} for {codec}", repr(value), f"its default is {name}={self.default}")
        return value


@dataclass(frozen=True)
class Entry:
    """One codec of the table.

    maker:        "module:function"; the function is `(point, device, weights) -> Codec` and its module loads lazily.
    knob:         the meaning of `quality`; None where a codec has none.
    options:      every option that makes a curve. Other names are refused,
                  but for those in `passed_on`, whose values go to the encoder as they are.
    """

    maker: str
    description: str
    family: Literal["traditional", "learned"]
    medium: Literal["still", "video"]
    knob: Knob | None
    options: Mapping[str, Option] = field(default_factory=dict)
    passed_on: frozenset[str] = frozenset()

    @property
    def qualities(self) -> tuple[float | None, ...]:
        """The qualities that stand for this codec where none is named."""
        return self.knob.defaults if self.knob else (None,)

    def point(self, name: str, quality: float | None, options: Mapping[str, str]) -> OperatingPoint:
        """The operating point with every default filled in. InvalidValue for what the codec does not take."""
        if self.knob and quality is None:
            raise InvalidValue(f"for {name} {self.knob.takes}", "no quality", f"write {name}@{self.knob.defaults[0]:g}")
        if quality is not None:
            quality = self._knob_of(name).check(name, quality)
        values = {key: option.default for key, option in self.options.items()}
        values |= {key: self._checked(name, key, value) for key, value in options.items()}
        return OperatingPoint(name, quality, tuple(sorted(values.items())))

    def _knob_of(self, name: str) -> Knob:
        if self.knob is None:
            raise InvalidValue(f"{name} without a quality", "one", f"write {name}")
        return self.knob

    def _checked(self, name: str, key: str, value: str) -> str:
        if key in self.options:
            return self.options[key].check(name, key, value)
        if key in self.passed_on:
            return value
        known = [f"{k}={o.takes}" for k, o in self.options.items()] + sorted(self.passed_on)
        raise InvalidValue(f"an option that {name} takes", f"{key}={value}", f"it takes {', '.join(known) or 'none'}")


CODING_OPTIONS: Mapping[str, Option] = {
    "gop": Option("32", "most frames from one I frame to the next; GOPs are closed", bounds=(1, 100_000)),
    "matrix": Option("bt709", "RGB to YCbCr matrix, tagged in the stream", choices=("bt709", "bt601")),
    "range": Option("limited", "YCbCr range, tagged in the stream", choices=("limited", "full")),
    "threads": Option(
        "4", "threads of one encoder: fixed, because x264's and x265's bytes depend on it", bounds=(1, 16)
    ),
}
"""What every encoder that runs through FFmpeg takes. A GOP of 32 is the line's clip: one I frame per clip."""
