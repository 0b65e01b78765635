"""The metrics' kernels: each alone and all six in one call, against the fastest library of each.

"of bound" is the time that reading each input byte once would take at the bandwidth of a copy in the same run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
GOALS = {"cpu": {"all": 12.0}, "cuda": {"all": 20.0}}
"""Ratios to the fastest peer, and of all six in one call to the sum of them."""
MILLISECONDS = 1.5
"""The target for all six over 16 pairs of Full HD on an H200: 40 % of what its FFMA units can do."""
BANDWIDTH_SHARE = 0.5
"""The target for what reads each byte once."""
POINTWISE_TURNS = 7
"""For each turn of what has windows: they are short."""

Peers = Mapping[str, Mapping[str, Peer]]
"""Metric -> library -> its call."""


def metrics(size: Size) -> list[Row]:
    """A row for all six, and one for each, beside the libraries that compute on any device."""
    return metric_rows(size, peers(), GOALS[size.device.type])


PARTS = (metrics,)


def metric_rows(size: Size, others: Peers, goals: Mapping[str, float]) -> list[Row]:
    """The same beside libraries of one's own choice.

    goals:  ratios, by metric, and of all six in one call under "all".
    """
    x, y = noisy_pair(size.pairs, size.height, size.width, size.device)
    _check(x, y, others)
    seconds = _seconds(x, y, POINTWISE, others, POINTWISE_TURNS * size.rounds)
    seconds |= _seconds(x, y, WINDOWED, others, size.rounds)
    once, is_gpu = _seconds_to_read(x, y), size.device.type == "cuda"
    where = f"{size.pairs} pairs of {size.of_frames}, {size.device.type}"

    def row(name: str, key: str, theirs: tuple[float | None, str], target: float | None) -> Row:
        goal, share = goals.get(key) if theirs[0] else None, once / seconds[key]
        figures = 1e3 * seconds[key], *theirs
        return Row(f"{name}, {where}", "ms", *figures, goal=goal, bound_share=share, target=target)

    rows = [row("all six in one call", "all", _sum_of_fastest(seconds), MILLISECONDS if is_gpu else None)]
    for name in ALL:
        target = 1e3 * once / BANDWIDTH_SHARE if name in POINTWISE and is_gpu else None
        rows.append(row(name, name, _fastest(name, seconds), target))
    return rows


def _check(x: Tensor, y: Tensor, others: Peers) -> None:
    ours, definition = measure(x, y, ALL), measure(x, y, ALL, implementation="reference")
    for name in ALL:
        close = torch.allclose(ours[name], definition[name], rtol=1e-6, atol=1e-6)
        require(close, f"our {name} is its float64 definition")
        for library, call in others[name].items():
            value = call(x, y).double().to(x.device)
            expected = ours[name] if value.numel() == len(x) else ours[name].mean()
            agrees = torch.allclose(value.reshape(expected.shape), expected, rtol=TOLERANCE[name], atol=0)
            require(agrees, f"{library}'s {name} is ours")


def _seconds(x: Tensor, y: Tensor, names: Sequence[str], others: Peers, rounds: int) -> dict[str, float]:
    """Of ours under the metric's name, of a peer under "metric: library"; beside WINDOWED, of all six under "all"."""
    works: dict[str, Work] = {}
    for name in names:  # ours after another metric's peer, as cold as the peers find the caches
        works[name] = partial(measure, x, y, [name])
        for library, call in others[name].items():
            works[f"{name}: {library}"] = partial(call, x, y)
    if names == WINDOWED:  # beside the slow ones, so that they meet the same state of the machine
        works["all"] = partial(measure, x, y, ALL)
    return median_seconds({name: finished(x.device, work) for name, work in works.items()}, rounds)


def _fastest(name: str, seconds: Mapping[str, float]) -> tuple[float | None, str]:
    """The fastest library of a metric: milliseconds, name; (None, "") where none is installed."""
    theirs = [(1e3 * spent, key.split(": ")[1]) for key, spent in seconds.items() if key.startswith(f"{name}: ")]
    return min(theirs) if theirs else (None, "")


def _sum_of_fastest(seconds: Mapping[str, float]) -> tuple[float | None, str]:
    best = [_fastest(name, seconds)[0] for name in ALL]
    known = [spent for spent in best if spent is not None]
    return (sum(known), "sum of the fastest") if len(known) == len(best) else (None, "")


def _seconds_to_read(x: Tensor, y: Tensor) -> float:
    """How long a pair's bytes take at a copy's bandwidth, where read and written bytes count."""
    if x.device.type == "cpu":
        copies = torch.empty_like(x), torch.empty_like(y)
        return median_seconds({"copy": lambda: (copies[0].copy_(x), copies[1].copy_(y))}, 50)["copy"] / 2
    source = torch.empty(1 << 30, dtype=torch.uint8, device=x.device)
    target = torch.empty_like(source)
    copy = median_seconds({"copy": finished(x.device, lambda: target.copy_(source))}, 20)["copy"]
    return copy * (x.numel() + y.numel()) / (2 * source.numel())
