"""How the classifiers of the table of weights are built and fed, and how one of your own is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ahc_stream.core import class_names
from ahc_stream.core.errors import InvalidValue, MissingData, MissingExtra
from ahc_stream.tasks.pixels.preset import Preset

SHARE = 0.875
"""Of the shorter side, what `fit=crop` leaves: 224 of 256, as networks for ImageNet are published."""

NORMALISATIONS: Mapping[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "lite": ((127 / 255,) * 3, (128 / 255,) * 3),
    "raw": ((0.0,) * 3, (1 / 255,) * 3),
    "signed": ((0.5,) * 3, (0.5,) * 3),
    "unit": ((0.0,) * 3, (1.0,) * 3),
}
"""Mean and deviation on the scale 0..1. Keras' preprocess_input has "imagenet" (its mode torch: DenseNet), "signed" (its
mode tf: MobileNet) and rescale=1/255 is "unit"; "lite" is EfficientNet-Lite's (x - 127) / 128; "raw" is 0..255."""


FITS = ("squash", "crop")
RESIZES = ("nearest", "bilinear", "bicubic", "plain")


@dataclass(frozen=True)
class Feeding:
    """What a network wants to see.

    size:       side of its square input in pixels; 0: the network's own, or 224.
    fit:        "squash": the frame is resized to the square; "crop": its shorter side to size / SHARE, the centre cut.
    resize:     "nearest", "bilinear" and "bicubic" as Pillow does it (the latter two with antialiasing), or "plain":
                bilinear without antialiasing, as TensorFlow does it.
    normalise:  a name of NORMALISATIONS; "" where nobody said.
    """

    size: int = 0
    fit: str = "crop"
    resize: str = "bilinear"
    normalise: str = "imagenet"

    def __post_init__(self) -> None:
        known = {"fit": FITS, "resize": RESIZES, "normalise": ("", *NORMALISATIONS)}
        for name, values in known.items():
            if getattr(self, name) not in values:
                todo = "write the file's metadata again, or say it as an option"
                raise InvalidValue(f"{name} as one of {', '.join(values)}", repr(getattr(self, name)), todo)

    def preset(self) -> Preset:
        """The same as a transform of frames."""
        side = round(self.size / SHARE)
        return Preset(
            (side,) if self.fit == "crop" else (self.size, self.size),
            self.size,
            *NORMALISATIONS[self.normalise],
            cubic=self.resize == "bicubic",
            antialias=self.resize in ("bilinear", "bicubic"),
            nearest=self.resize == "nearest",
        )

    def asked(self, options: Mapping[str, str]) -> Feeding:
        """The same with what the task's options say."""
        said = {name: options[name] for name in ("fit", "resize", "normalise") if options[name] != "auto"}
        return replace(self, size=int(options["size"]) or self.size, **said)


KERAS = Feeding(fit="squash", resize="nearest", normalise="")
"""A Keras file of one's own: the defaults of Keras' readers of image folders, which do not normalise."""


@dataclass(frozen=True)
class Recipe:
    """architecture:  of torchvision or timm; "keras" where the file describes the network itself.
    classes:          a name of CLASS_NAMES; "": the file, or the option, says them.
    in_order:         the file has the network's tensors in the network's order under names of its own.
    """

    architecture: str
    feeding: Feeding
    classes: str
    in_order: bool = False


RECIPES: Mapping[str, Recipe] = {
    **{
        f"{name}-imagenet": Recipe(name, Feeding(224), "imagenet")
        for name in ("mobilenet_v2", "densenet121", "densenet169", "densenet201", "resnet50")
    },
    "efficientnet_lite0-imagenet": Recipe(
        "tf_efficientnet_lite0", Feeding(224, resize="bicubic", normalise="lite"), "imagenet", in_order=True
    ),
    "mobilenet_v2-ham10000": Recipe("keras", Feeding(224, "squash", "nearest", "signed"), "ham10000"),
    "densenet201-isic": Recipe("keras", Feeding(0, "squash", "nearest", "imagenet"), "isic"),
}
"""By names of the table of weights."""


def _imagenet() -> tuple[str, ...]:
    """The WordNet numbers of the thousand classes, "n01440764" first."""
    try:
        from timm.data import ImageNetInfo
    except ModuleNotFoundError as error:
        raise MissingExtra.of("timm", "classification") from error
    return tuple(ImageNetInfo().label_names())


CLASS_NAMES: Mapping[str, Callable[[], tuple[str, ...]]] = {
    "ham10000": lambda: class_names.HAM10000,
    "imagenet": _imagenet,
    "isic": lambda: class_names.ISIC,
}


def names_of(asked: str) -> tuple[str, ...]:
    """The class names of a name of CLASS_NAMES or of a text file, one a line. Raises MissingData and InvalidValue."""
    if asked in CLASS_NAMES:
        return CLASS_NAMES[asked]()
    path = Path(asked).expanduser()
    if not path.is_file():
        known = ", ".join(CLASS_NAMES)
        raise MissingData(f"class names: {known}, or a text file", f"no file {path}", "name a file, one class a line")
    names = tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise InvalidValue(f"each class once in {path}", f"{double!r} twice", "give each class a name of its own")
    return names
