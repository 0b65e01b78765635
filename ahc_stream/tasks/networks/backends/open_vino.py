"""Networks in OpenVINO, on the CPU."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ahc_stream.core.errors import MissingExtra


def compile_network(model: bytes, extra: str) -> Callable[[Tensor], Tensor]:
    """The network of an ONNX file's content, of one input; its first output. Raises MissingExtra, naming `extra`.

    In float32 on every processor: where there are instructions for less, OpenVINO takes bfloat16 unless it is told.
    """
    core = _core(extra)
    settings = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # lanes share the cores
    }
    request = core.compile_model(core.read_model(io.BytesIO(model)), "CPU", settings).create_infer_request()

    def run(batch: Tensor) -> Tensor:
        outputs = request.infer([batch.contiguous().numpy()], share_inputs=True)
        return torch.from_numpy(outputs[0])

    return run


@cache
def _core(extra: str) -> Any:
    """The one of this process; it loads the plugin for the CPU."""
    try:
        import openvino
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), extra) from error
    return openvino.Core()
