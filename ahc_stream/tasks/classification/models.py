"""How the classifiers of the table of weights are built and what they take; and what is so of a file of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ahc_stream.core import class_names
from ahc_stream.core.errors import MissingData, MissingExtra
from ahc_stream.tasks.classification.preprocessing import Preprocessing

KERAS = Preprocessing(fit="squash", resize="nearest", normalise="")
"""A Keras file of one's own: the defaults of Keras' readers of image folders, which do not normalise."""


@dataclass(frozen=True)
class Recipe:
    """How a file of weights becomes a classifier.

    architecture:  of torchvision or timm; "keras" where the file describes the network itself.
    classes:       a name of CLASS_NAMES; "": the file, or the option, says them.
    in_order:      the file has the network's tensors in the network's order under names of its own.
    """

    architecture: str
    preprocessing: Preprocessing
    classes: str
    in_order: bool = False


RECIPES: Mapping[str, Recipe] = {
    **{
        f"{name}-imagenet": Recipe(name, Preprocessing(224), "imagenet")
        for name in ("mobilenet_v2", "densenet121", "densenet169", "densenet201", "resnet50")
    },
    "efficientnet_lite0-imagenet": Recipe(
        "tf_efficientnet_lite0", Preprocessing(224, resize="bicubic", normalise="lite"), "imagenet", in_order=True
    ),
    "mobilenet_v2-ham10000": Recipe("keras", Preprocessing(224, "squash", "nearest", "signed"), "ham10000"),
    "densenet201-isic": Recipe("keras", Preprocessing(0, "squash", "nearest", "imagenet"), "isic"),
}
"""By names of the table of weights."""


def _imagenet() -> tuple[str, ...]:
    """The WordNet numbers of the thousand classes, "n01440764" first."""
    try:
        from timm.data.imagenet_info import ImageNetInfo
    except ModuleNotFoundError as error:
        raise MissingExtra.of("timm", "classification") from error
    info: Any = ImageNetInfo()
    return tuple(info.label_names())


CLASS_NAMES: Mapping[str, Callable[[], tuple[str, ...]]] = {
    "ham10000": lambda: class_names.HAM10000,
    "imagenet": _imagenet,
    "isic": lambda: class_names.ISIC,
}


def names_of(names: str) -> tuple[str, ...]:
    """The class names of a name of CLASS_NAMES or of a text file, one a line. Raises MissingData and InvalidValue."""
    if names in CLASS_NAMES:
        return CLASS_NAMES[names]()
    path = Path(names).expanduser()
    if not path.is_file():
        known = ", ".join(CLASS_NAMES)
        raise MissingData(f"class names: {known}, or a text file", f"no file {path}", "name a file, one class a line")
    return class_names.read_class_names(path)
