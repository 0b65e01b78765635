"""ahc-stream doctor: what works on this machine, each line found out by trying it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Annotated

import typer

Finding = tuple[str, bool, str]  # what, whether it works, what was seen or what to do


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object per finding")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="exit code 2 if anything does not work")] = False,
) -> None:
    """Try the extension, the GPU, decoders, encoders, optional packages and weights, and say what works here."""
    findings = [finding for check in CHECKS for finding in check()]
    for what, works, seen in findings:
        print(
            json.dumps({"what": what, "works": works, "seen": seen}) if as_json else f"{_mark(works)} {what:22} {seen}"
        )
    if strict and not all(works for _, works, _ in findings):
        raise typer.Exit(2)


def _mark(works: bool) -> str:
    return "ok  " if works else "none"


def _tried(what: str, attempt: Callable[[], str]) -> Finding:
    try:
        return what, True, attempt()
    except Exception as error:  # noqa: BLE001  whatever goes wrong is the finding
        return what, False, f"{type(error).__name__}: {error}".splitlines()[0][:150]


def _extension() -> Iterator[Finding]:
    def attempt() -> str:
        import numpy as np

        from ahc_stream import kernels

        return f"symbol checksum of four zeros: {kernels.symbol_checksum(np.zeros(4, np.int32)):#x}"

    yield _tried("compiled extension", attempt)


def _gpu() -> Iterator[Finding]:
    import torch

    from ahc_stream.provenance import hardware_text

    if not torch.cuda.is_available():
        yield "gpu", False, f"everything runs on {hardware_text()}"
        return
    yield "gpu", True, f"{hardware_text()}, CUDA {torch.version.cuda}, {torch.cuda.mem_get_info()[1] / 2**30:.0f} GiB"


def _packages() -> Iterator[Finding]:
    from importlib.util import find_spec

    from ahc_stream.provenance import versions

    known = versions()
    for module, package, extra in (
        ("nvidia.dali", "nvidia-dali-cuda130", "dali"),
        ("ultralytics", "ultralytics", "detection"),
        ("trackeval", "trackeval", "tracking"),
    ):
        parent = module.split(".")[0]
        there = find_spec(parent) is not None and find_spec(module) is not None
        seen = f"version {known[package]}" if there else f"pip install 'ahc-stream[{extra}]'"
        yield package, there, seen


def _codecs() -> Iterator[Finding]:
    """One 64 x 64 frame through each traditional codec at its first default quality."""
    import torch

    from ahc_stream import codecs
    from ahc_stream.core.clip import Clip, FrameKey
    from ahc_stream.core.roundtrip import roundtrip

    ramp = torch.arange(64, dtype=torch.uint8).expand(1, 3, 64, 64).contiguous()
    clip = Clip(ramp, (FrameKey("doctor", "ramp", 0),), torch.zeros(1, dtype=torch.float64), consecutive=False)
    for name in (name for name, entry in codecs.CODECS.items() if entry.family == "traditional"):

        def attempt(name: str = name) -> str:
            point = codecs.parse(name)[0]
            trip = roundtrip(codecs.make(point, torch.device("cpu")), clip)
            return f"{sum(trip.payload_bits) // 8} bytes at {point}"

        yield _tried(f"codec {name}", attempt)


def _weights() -> Iterator[Finding]:
    from ahc_stream import store, weights

    yield "AHC_STREAM_HOME", True, str(store.home())
    here = [name for name in weights.table() if not weights.missing([name])]
    yield "weights", bool(here), ", ".join(here) or "none yet: ahc-stream data download yolov5n"


def _datasets() -> Iterator[Finding]:
    from ahc_stream import datasets

    here = [name for name in datasets.DATASETS if not any(finding.is_fault for finding in datasets.check(name))]
    yield "datasets", bool(here), ", ".join(here) or "none yet: ahc-stream data download mot17-mini"


CHECKS = (_extension, _gpu, _packages, _codecs, _weights, _datasets)
