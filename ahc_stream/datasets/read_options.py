"""How data of one's own is to be read, where it does not say so itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from ahc_stream.core.errors import InvalidValue


@dataclass(frozen=True)
class ReadOptions:
    """What a person says of their data beside its path. The names are those of the fields of an experiment.

    read_as:  a name of `own.KINDS`; None: what the data looks like.
    split:    of data in several parts (train, val, test), the one that is taken; None: val, else test, else train.
    labels:   a COCO json that lies elsewhere, or is one of several.
    images:   the folder of its images.
    classes:  a YAML file of label name: model name.
    size, pix_fmt, fps:  of raw video whose name does not say them: "832x480", FFmpeg's name, frames per second.
    """

    read_as: str | None = None
    split: str | None = None
    labels: Path | None = None
    images: Path | None = None
    classes: Path | None = None
    size: str | None = None
    pix_fmt: str | None = None
    fps: float | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """From the fields of an experiment, or from what a manifest holds of them: paths may be texts."""
        known: dict[str, Any] = {field.name: values.get(field.name) for field in fields(cls)}
        for name in ("labels", "images", "classes"):
            known[name] = Path(known[name]).expanduser() if known[name] else None
        return cls(**known)

    def refuse(self, names: Iterable[str], owner: str) -> None:
        """Raises InvalidValue where one of these options is given: `owner` has no use for it."""
        given = [(FLAGS | RAW_FLAGS)[name] for name in names if getattr(self, name) is not None]
        if given:
            raise InvalidValue(f"options that say something of {owner}", ", ".join(given), "leave them out")


FLAGS = {"read_as": "--as", "split": "--split", "labels": "--labels", "images": "--images"}
"""Options of data at a path -> how the command line spells them."""
RAW_FLAGS = {"size": "--size", "pix_fmt": "--pix-fmt", "fps": "--fps"}
"""The same of raw video."""
NOTHING_TOLD = ReadOptions()
