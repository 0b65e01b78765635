"""A user's class or function, called: with its quality, its options, and the weights that a point names."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from ahc_stream.codecs.learned.checkpoint import locate, read
from ahc_stream.codecs.learned.points import seed_of
from ahc_stream.codecs.point_weights import file_point
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint

_lock = threading.Lock()


def built(call: Callable[[], Any], point: OperatingPoint, weights: str | None) -> Any:
    """What `call` returns, with the weights of a file where they are named.

    Random numbers that it draws are those of the seed 0, or of `weights="random:SEED"`: each lane builds the same.
    Raises CodecError where `call` fails or the weights are of something else, and MissingData.
    """
    seed = seed_of(weights)
    with _lock, torch.random.fork_rng(), torch.inference_mode(False), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # compressai compiles a function with torch.jit at import
        torch.manual_seed(seed or 0)
        try:
            made = call()
        except Exception as error:  # any kind: it is the user's code
            got = f"{type(error).__name__}: {error}"
            raise CodecError(f"{point.codec} to be made", got, "make one by itself with python") from error
        if weights is None or seed is not None:
            return made
        return _with_weights(made, point, weights)


def _with_weights(made: Any, point: OperatingPoint, weights: str) -> nn.Module:
    if not isinstance(made, nn.Module):
        raise CodecError(f"a torch module to load weights={weights} into", f"a {type(made).__name__}", "leave it out")
    path = locate(file_point(point), weights)
    state, _ = read(path)
    try:
        return _loaded(made, state)
    except Exception as error:  # any kind: torch's RuntimeError lists tensors, one a line; the rest is the user's
        got = "; ".join(line.strip() for line in str(error).splitlines()[:3])
        todo = "name the weights that this class was trained to"
        raise CodecError(f"weights of {point.codec} in {path}", got, todo) from error


def _loaded(made: nn.Module, state: Mapping[str, Any]) -> nn.Module:
    """Into the object itself; where its widths are others, by its class's `from_state_dict`, as CompressAI has it."""
    try:
        made.load_state_dict(dict(state))
        return made
    except RuntimeError:
        from_state_dict = getattr(type(made), "from_state_dict", None)
        if from_state_dict is None:
            raise
        model: nn.Module = from_state_dict(dict(state))
        return model
