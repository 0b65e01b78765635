"""How a frame becomes the input of an image classifier: fitted to a square, resized, normalised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.pixels.preset import Preset

SHARE = 0.875
"""Of the shorter side, what `fit=crop` leaves: 224 of 256, as networks for ImageNet are published."""

Channels = tuple[float, float, float]

NORMALISATIONS: Mapping[str, tuple[Channels, Channels]] = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "lite": ((127 / 255,) * 3, (128 / 255,) * 3),
    "raw": ((0.0,) * 3, (1 / 255,) * 3),
    "signed": ((0.5,) * 3, (0.5,) * 3),
    "unit": ((0.0,) * 3, (1.0,) * 3),
}
"""Mean and deviation on the scale 0..1. Keras' preprocess_input has "imagenet" (its mode torch: DenseNet) and "signed"
(its mode tf: MobileNet), rescale=1/255 is "unit"; "lite" is EfficientNet-Lite's (x - 127) / 128; "raw" is 0..255."""

FITS = ("squash", "crop")
RESIZES = ("nearest", "bilinear", "bicubic", "plain")
CHOICES: Mapping[str, tuple[str, ...]] = {"fit": FITS, "resize": RESIZES, "normalise": ("", *NORMALISATIONS)}
"""What each text of a `Preprocessing` may be."""


@dataclass(frozen=True)
class Preprocessing:
    """What a network takes.

    size:       side of its square input in pixels; 0: the network's own, or 224.
    fit:        "squash": the frame is stretched to the square; "crop": its shorter side is resized to size / SHARE, the
                centre cut out.
    resize:     "nearest", "bilinear" and "bicubic" as Pillow does it (the latter two with antialiasing), or "plain":
                bilinear without antialiasing, as TensorFlow does it.
    normalise:  a name of NORMALISATIONS; "" where nobody said.
    """

    size: int = 0
    fit: str = "crop"
    resize: str = "bilinear"
    normalise: str = "imagenet"

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                todo = "write the file's metadata again, or say it as an option"
                raise InvalidValue(f"{name} as one of {', '.join(choices)}", repr(value), todo)

    def preset(self) -> Preset:
        """The same as a transform of frames."""
        shorter_side = round(self.size / SHARE)
        mean, deviation = NORMALISATIONS[self.normalise]
        return Preset(
            (shorter_side,) if self.fit == "crop" else (self.size, self.size),
            self.size,
            mean,
            deviation,
            cubic=self.resize == "bicubic",
            antialias=self.resize in ("bilinear", "bicubic"),
            nearest=self.resize == "nearest",
        )

    def overruled(self, options: Mapping[str, str]) -> Preprocessing:
        """The same with what the options of the task `classification` say; "auto" and a size of 0 say nothing."""
        choices = {name: options[name] for name in CHOICES if options[name] != "auto"}
        return replace(self, size=int(options["size"]) or self.size, **choices)
