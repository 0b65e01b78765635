"""A release by one command: `make release VERSION=0.1.0`, or `python tools/release.py 0.1.0`.

The tree and what it says of the version are checked first, and all that is wrong is said at once. Then sdist and wheel
are built into dist/, the wheel is installed and used (`wheel_check.py`), and the commit gets a tag. Nothing is pushed
or uploaded: docs/release.md says what a person does then.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import yaml
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"


def git(*words: str, root: Path = ROOT) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def faults(version: str, root: Path = ROOT) -> Iterator[str]:
    """Why this tree is not the release `version`: one sentence for each reason."""
    yield from faults_of_version(version)
    yield from faults_of_files(version, root)
    yield from faults_of_tree(version, root)


def faults_of_version(version: str) -> Iterator[str]:
    try:
        normal = str(Version(version))
    except InvalidVersion:
        yield f"expected a version like 0.1.0; got {version!r}"
        return
    if normal != version:
        yield f"expected the version in its normal form, {normal}; got {version}"


def faults_of_files(version: str, root: Path) -> Iterator[str]:
    """pyproject.toml, CITATION.cff and CHANGELOG.md name the version, the last one with its day."""
    packaged = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    cited = str(yaml.safe_load((root / "CITATION.cff").read_text())["version"])
    for file, said in (("pyproject.toml", packaged), ("CITATION.cff", cited)):
        if said != version:
            yield f"expected version {version} in {file}; got {said}"
    entry = section((root / "CHANGELOG.md").read_text(), version)
    if entry is None:
        yield f"expected '## [{version}] - YEAR-MONTH-DAY' in CHANGELOG.md; got no such line"
    elif not entry.strip():
        yield f"expected an entry for {version} in CHANGELOG.md; got an empty one"


def section(changelog: str, version: str) -> str | None:
    """What stands under the version's dated heading; None where there is no such heading."""
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d{{2}}-\d{{2}}$"
    found = re.search(heading, changelog, re.MULTILINE)
    if found is None:
        return None
    return changelog[found.end() :].split("\n## ")[0]


def faults_of_tree(version: str, root: Path) -> Iterator[str]:
    """All is committed, and the tag is free."""
    changed = git("status", "--porcelain", root=root)
    if changed:
        yield f"expected that all is committed; got changes:\n{changed}"
    if git("tag", "--list", tag(version), root=root):
        yield f"expected that nothing has the tag {tag(version)}; got one already"


def tag(version: str) -> str:
    return f"v{version}"


def build_and_check(version: str) -> list[Path]:
    """Both archives in dist/VERSION, after the page of third parties and the wheel were found whole."""
    folder = ROOT / "dist" / version
    subprocess.run([sys.executable, TOOLS / "third_party.py", "--check"], check=True)
    subprocess.run([sys.executable, TOOLS / "wheel_check.py", "--out", folder], check=True)
    return sorted(folder.glob("ahc_stream-*"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", help="such as 0.1.0, without v")
    version = parser.parse_args().version
    wrong = list(faults(version))
    for fault in wrong:
        print(f"release: {fault}", file=sys.stderr)
    if wrong:
        return 1
    try:
        archives = build_and_check(version)
    except subprocess.CalledProcessError as error:
        print(f"release: {error}; nothing was tagged", file=sys.stderr)
        return 1
    git("tag", "--annotate", tag(version), "--message", f"ahc-stream {version}")
    print(f"{tag(version)} is tagged; nothing was pushed or uploaded. Built:", *archives, sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
