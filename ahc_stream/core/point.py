"""An operating point: what a curve's dot stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ahc_stream.core.quality import quality_text


@dataclass(frozen=True)
class OperatingPoint:
    """A codec with its knob and its options: the key of a curve's dot.

    quality:  the codec's own knob (CRF, QP, JPEG quality, zoo index), or the bit rate in kbit/s where the option
              `control` is `bitrate`; None where there is none (identity).
    options:  every encoder option that moves the curve (preset, subsampling, GOP ...), sorted, defaults included.
    """

    codec: str
    quality: float | None = None
    options: tuple[tuple[str, str], ...] = ()

    @property
    def options_text(self) -> str:
        """`gop=32:preset=medium`, as tables store it and the command line reads it back; a colon within is escaped."""
        return ":".join(f"{name}={_escaped(value)}" for name, value in self.options)

    def __str__(self) -> str:
        quality = "" if self.quality is None else f"@{quality_text(self.quality, self.options_text)}"
        options = f":{self.options_text}" if self.options else ""
        return f"{self.codec}{quality}{options}"


_RANDOM_WEIGHTS = re.compile(r"(?:^|:)weights=random-\d+(?::|$)")


def has_random_weights(options_text: str) -> bool:
    """Whether a point is of a learned codec with weights that a seed drew, as the label of its weights says."""
    return _RANDOM_WEIGHTS.search(options_text) is not None


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(":", "\\:")
