"""Networks in onnxruntime, on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ahc_stream.core.errors import MissingExtra

PROVIDER = "CPUExecutionProvider"


def compile_network(model: bytes, extra: str) -> Callable[[Tensor], Tensor]:
    """The network of an ONNX file's content, of one input; its first output. Raises MissingExtra, naming `extra`."""
    session = open_session(model, extra)
    name = session.get_inputs()[0].name

    def run(batch: Tensor) -> Tensor:
        return torch.from_numpy(session.run(None, {name: batch.contiguous().numpy()})[0])

    return run


def open_session(model: Path | bytes, extra: str) -> Any:
    """An InferenceSession of a file or of its content. Raises MissingExtra, naming `extra`, else what it raises."""
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), extra) from error
    options = onnxruntime.SessionOptions()
    # As many threads as torch takes, asleep while they wait: lanes share the cores, and idle threads spin by default.
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors: it warns of each constant that it folds
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=[PROVIDER])
