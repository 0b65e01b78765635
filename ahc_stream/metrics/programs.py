"""The programs that metrics run, as digests: another release has other values, and not every one says
which it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ahc_stream import weights
from ahc_stream.metrics.entry import Joint
from ahc_stream.metrics.standalone import find


def program_digests(names: Iterable[str]) -> dict[str, str]:
    """ "program FILE" -> SHA-256, of each that the metrics `names` run. Raises UnknownName and MissingExtra."""
    recipes = [find(name).recipe for name in names]
    paths = {Path(recipe.family.program()).resolve() for recipe in recipes if isinstance(recipe, Joint)}
    return {f"program {path.name}": weights.sha256(path) for path in sorted(paths)}
