"""The metrics' kernels: each alone and all six in one call, against the fastest library of each.

"of bound" is the time that reading each input byte once would take at the bandwidth of a copy in the same run.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from ahc_stream.benches.material import noisy_pair
from ahc_stream.benches.metric_peers import TOLERANCE, Peer, peers
from ahc_stream.benches.row import Row
from ahc_stream.benches.size import Size
from ahc_stream.benches.timing import Work, finished, median_seconds, require
from ahc_stream.metrics import measure

POINTWISE, WINDOWED = ("mse", "mae", "psnr"), ("ssim", "ms_ssim", "vif")
ALL = POINTWISE + WINDOWED
RATIO = {"cpu": 12.0, "cuda": 20.0}
"""All six in one call, to the sum of the fastest peers."""
MILLISECONDS = 1.5
"""The target for all six over 16 pairs of Full HD on an H200: 40 % of what its FFMA units can do."""
BANDWIDTH_SHARE = 0.5
"""The target for what reads each byte once."""


def metrics(size: Size) -> list[Row]:
    """A row for all six, and one for each."""
    x, y = noisy_pair(size.pairs, size.height, size.width, size.device)
    others = peers()
    _check(x, y, others)
    seconds = _seconds(x, y, others, size)
    once = _seconds_to_read(x, y, size)
    rows = [_together(seconds, once, size)]
    for name in ALL:
        theirs = _fastest(name, seconds)
        target = 1e3 * once / BANDWIDTH_SHARE if name in POINTWISE and size.device.type == "cuda" else None
        rows.append(_row(name, 1e3 * seconds[name], theirs, once / seconds[name], None, target, size))
    return rows


PARTS = (metrics,)


def _check(x: Tensor, y: Tensor, others: dict[str, dict[str, Peer]]) -> None:
    ours, definition = measure(x, y, ALL), measure(x, y, ALL, implementation="reference")
    for name in ALL:
        close = torch.allclose(ours[name], definition[name], rtol=1e-6, atol=1e-6)
        require(close, f"our {name} is its float64 definition")
        for library, call in others[name].items():
            value = call(x, y).double()
            expected = ours[name] if value.numel() == len(x) else ours[name].mean()
            agrees = torch.allclose(value.reshape(expected.shape), expected, rtol=TOLERANCE[name], atol=0)
            require(agrees, f"{library}'s {name} is ours")


def _seconds(x: Tensor, y: Tensor, others: dict[str, dict[str, Peer]], size: Size) -> dict[str, float]:
    """Of ours under the metric's name, of a peer under "metric: library", of all six under "all"."""
    works: dict[str, Work] = {}
    for name in ALL:  # ours after another metric's peer, as cold as the peers find the caches
        works[name] = partial(measure, x, y, [name])
        for library, call in others[name].items():
            works[f"{name}: {library}"] = partial(call, x, y)
    works["all"] = lambda: measure(x, y, ALL)
    return median_seconds({name: finished(size.device, work) for name, work in works.items()}, size.rounds)


def _fastest(name: str, seconds: dict[str, float]) -> tuple[float | None, str]:
    """The fastest library of a metric: milliseconds, name; (None, "") where none is installed."""
    theirs = [(1e3 * spent, key.split(": ")[1]) for key, spent in seconds.items() if key.startswith(f"{name}: ")]
    return min(theirs) if theirs else (None, "")


def _seconds_to_read(x: Tensor, y: Tensor, size: Size) -> float:
    """How long a pair's bytes take at a copy's bandwidth, where read and written bytes count."""
    source = torch.empty(1 << 30, dtype=torch.uint8, device=size.device) if size.device.type == "cuda" else x
    target = torch.empty_like(source)
    copy = finished(size.device, lambda: target.copy_(source))
    seconds = median_seconds({"copy": copy}, 10 * size.rounds)["copy"]
    return seconds * (x.numel() + y.numel()) / (2 * source.numel())


def _together(seconds: dict[str, float], once: float, size: Size) -> Row:
    best = [_fastest(name, seconds)[0] for name in ALL]
    together = sum(spent or 0.0 for spent in best) if None not in best else None
    is_gpu = size.device.type == "cuda"
    return _row(
        "all six in one call",
        1e3 * seconds["all"],
        (together, "sum of the fastest" if together else ""),
        once / seconds["all"],
        RATIO[size.device.type] if together else None,
        MILLISECONDS if is_gpu else None,
        size,
    )


def _row(
    name: str,
    ours: float,
    theirs: tuple[float | None, str],
    share: float,
    goal: float | None,
    target: float | None,
    size: Size,
) -> Row:
    where = f"{size.pairs} pairs of {size.of_frames}"
    return Row(f"{name}, {where}", "ms", ours, *theirs, goal=goal, bound_share=share, target=target)
