"""ahc-stream doctor: what works on this machine, each line found out by trying it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Literal

import typer

State = Literal["ok", "none", "FAIL"]
"""It works; it is not on this machine; it is, and does not work."""

MOST_CHARACTERS = 150
"""Of an error that a line shows."""


@dataclass(frozen=True)
class Diagnosis:
    """subject: what was tried. seen: what came of it, or what to do."""

    subject: str
    state: State
    seen: str

    @property
    def works(self) -> bool:
        """Whether nothing is to be done."""
        return self.state == "ok"


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per finding.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with exit code 2 if anything does not work.")] = False,
) -> None:
    """Try the extension, the GPU, codecs, optional packages and weights, and say what works here.

    Each line begins with ok, with none (not on this machine), or with FAIL (it is here and does not work).
    """
    from ahc_stream.cli.exits import Exit
    from ahc_stream.cli.terminal import say
    from ahc_stream.core.json_text import json_text

    all_work = True
    for finding in chain.from_iterable(_checked(subject, check) for subject, check in CHECKS.items()):
        all_work &= finding.works
        if as_json:
            facts = {"what": finding.subject, "works": finding.works, "state": finding.state, "seen": finding.seen}
            say(json_text(facts), flush=True)
        else:
            say(f"{finding.state:4} {finding.subject:22} {finding.seen}", flush=True)
    if strict and not all_work:
        raise typer.Exit(Exit.WRONG_USE)


def _checked(subject: str, check: Callable[[], Iterator[Diagnosis]]) -> Iterator[Diagnosis]:
    """The findings of a check; where it cannot even begin, as with a package that does not import, that is one."""
    try:
        yield from check()
    except Exception as error:  # whatever goes wrong is the finding
        yield _failed(subject, error)


def _tried(subject: str, attempt: Callable[[], str]) -> Diagnosis:
    try:
        return Diagnosis(subject, "ok", attempt())
    except Exception as error:  # whatever goes wrong is the finding
        return _failed(subject, error)


def _failed(subject: str, error: Exception) -> Diagnosis:
    first_line = f"{type(error).__name__}: {error}".splitlines()[0]
    return Diagnosis(subject, "FAIL", first_line[:MOST_CHARACTERS])


def _extension() -> Iterator[Diagnosis]:
    def attempt() -> str:
        import numpy as np

        from ahc_stream.kernels.checksum import symbol_checksum

        return f"symbol checksum of four zeros: {symbol_checksum(np.zeros(4, np.int32)):#x}"

    yield _tried("compiled extension", attempt)


def _gpu() -> Iterator[Diagnosis]:
    import torch

    from ahc_stream.provenance import hardware_text

    if not torch.cuda.is_available():
        yield Diagnosis("gpu", "none", f"everything runs on {hardware_text()}")
        return
    memory_gib = torch.cuda.mem_get_info()[1] / 2**30
    yield Diagnosis("gpu", "ok", f"{hardware_text()}, CUDA {torch.version.cuda}, {memory_gib:.0f} GiB")


def _packages() -> Iterator[Diagnosis]:
    from importlib.util import find_spec

    from ahc_stream.core.extras import bounds
    from ahc_stream.provenance import versions

    known = versions()
    for module, package, extra in (
        ("nvidia.dali", "nvidia-dali-cuda130", "dali"),
        ("ultralytics", "ultralytics", "detection"),
        ("trackeval", "trackeval", "tracking"),
    ):
        parent = module.split(".")[0]
        is_installed = find_spec(parent) is not None and find_spec(module) is not None
        version, allowed, install = known[package], bounds(extra, package), f"pip install 'ahc-stream[{extra}]'"
        if not is_installed:
            yield Diagnosis(package, "none", install)
        elif version is None or allowed.contains(version, prereleases=True):
            yield Diagnosis(package, "ok", f"version {version or 'not known'}")
        else:
            yield Diagnosis(package, "FAIL", f"version {version}, where {allowed} is needed: {install}")


def _codecs() -> Iterator[Diagnosis]:
    """One 64 x 64 frame through each traditional codec at its first default quality."""
    import torch

    from ahc_stream import codecs
    from ahc_stream.core.clip import Clip, FrameKey
    from ahc_stream.core.extras import missing_extra
    from ahc_stream.core.roundtrip import roundtrip

    ramp = torch.arange(64, dtype=torch.uint8).expand(1, 3, 64, 64).contiguous()
    clip = Clip(ramp, (FrameKey("doctor", "ramp", 0),), torch.zeros(1, dtype=torch.float64), consecutive=False)
    entries = {name: entry for name, entry in codecs.CODECS.items() if entry.family == "traditional"}
    for name, entry in entries.items():
        lacking = missing_extra(entry.extra)
        if lacking is not None:
            yield Diagnosis(f"codec {name}", "none", lacking.todo)
            continue

        def attempt(name: str = name) -> str:
            point = codecs.parse(name)[0]
            trip = roundtrip(codecs.make(point, torch.device("cpu")), clip)
            return f"{sum(trip.payload_bits) // 8} bytes at {point}"

        yield _tried(f"codec {name}", attempt)


def _weights() -> Iterator[Diagnosis]:
    from ahc_stream import store, weights

    yield Diagnosis("AHC_STREAM_HOME", "ok", str(store.home()))
    here = [name for name in weights.table() if not weights.missing([name])]
    yield _listed("weights", here, "yolov5n")


def _datasets() -> Iterator[Diagnosis]:
    from ahc_stream import datasets

    here = [name for name in datasets.DATASETS if not any(finding.is_fault for finding in datasets.check(name))]
    yield _listed("datasets", here, "mot17-mini")


def _listed(subject: str, here: list[str], example: str) -> Diagnosis:
    """The names of what is on this machine, or the command that brings `example`."""
    if here:
        return Diagnosis(subject, "ok", ", ".join(here))
    return Diagnosis(subject, "none", f"none is here yet: ahc-stream data download {example}")


CHECKS: dict[str, Callable[[], Iterator[Diagnosis]]] = {
    "compiled extension": _extension,
    "packages": _packages,
    "weights": _weights,
    "datasets": _datasets,
    "gpu": _gpu,
    "codecs": _codecs,
}
"""What needs no torch comes first, and each line is printed as soon as it is known."""
