"""A network of torch as ONNX: its operations on one input are recorded, with its weights."""

from __future__ import annotations

import io
import threading
import warnings
from typing import Any

import torch
from torch import Tensor, nn

from ahc_stream.core.errors import MissingExtra

INPUT = "input"
_OPSET = 17
_exporting = threading.Lock()  # the exporter's settings are the process's


def to_onnx(network: nn.Module, batch: Tensor, free_sides: bool, extra: str) -> bytes:
    """The network for inputs of the batch's type and shape; with `free_sides`, of any height and width, axes 2 and 3.

    Raises MissingExtra, naming our `extra`, without onnx.
    """
    try:
        import onnx  # noqa: F401  torch imports it in the middle of its work
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), extra) from error
    axes = {INPUT: {2: "height", 3: "width"}} if free_sides else None
    recorded = _FirstOutput(network).eval()  # the exporter puts back the mode that it finds
    content = io.BytesIO()
    with _exporting, torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of each number that a trace takes for a constant
        example = torch.zeros(batch.shape, dtype=batch.dtype)
        settings: dict[str, Any] = {"f": content, "opset_version": _OPSET, "dynamo": False}
        torch.onnx.export(recorded, (example,), input_names=[INPUT], dynamic_axes=axes, **settings)
    return content.getvalue()


class _FirstOutput(nn.Module):
    """Detection heads of ultralytics add what their loss needs."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: Tensor) -> Tensor:
        output: Tensor | tuple[Tensor, ...] = self.network(batch)
        return output[0] if isinstance(output, tuple) else output
