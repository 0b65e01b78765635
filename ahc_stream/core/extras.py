"""Optional packages: which of those that an extra of ahc-stream installs are not here."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from ahc_stream.core.errors import MissingExtra

US = "ahc-stream"
MODULES = {"opencv-python-headless": "cv2", "nvidia-dali-cuda130": "nvidia.dali", "pyvips-binary": "_libvips"}
"""Package -> the module that is imported, where it is called otherwise than the package."""


def lacking(extra: str) -> tuple[str, ...]:
    """The packages of an extra that cannot be imported here, as installers call them; none of an extra without name."""
    packages = dict.fromkeys(requirement.name for requirement in _requirements(extra)) if extra else ()
    return tuple(package for package in packages if not _is_here(package))


def bounds(extra: str, package: str) -> SpecifierSet:
    """The versions of a package that an extra asks for."""
    found = [requirement.specifier for requirement in _requirements(extra) if requirement.name == package]
    return functools.reduce(operator.and_, found, SpecifierSet())


def missing_extra(extra: str) -> MissingExtra | None:
    """The error that names them, with the command that brings them; None where all are here."""
    packages = lacking(extra)
    if not packages:
        return None
    return MissingExtra(f"the packages {', '.join(packages)}", "none of them", f"run: pip install '{US}[{extra}]'")


def _requirements(extra: str) -> Iterator[Requirement]:
    """Of this machine's kind, those of extras that it stands for among them."""
    for text in metadata.requires(US) or ():
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or marker.evaluate({"extra": ""}) or not marker.evaluate({"extra": extra}):
            continue
        if canonicalize_name(requirement.name) == US:
            for other in requirement.extras:
                yield from _requirements(other)
        else:
            yield requirement


def _is_here(package: str) -> bool:
    module = MODULES.get(package, package.replace("-", "_"))
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that holds it
        return False
