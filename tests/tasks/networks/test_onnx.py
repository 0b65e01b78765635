"""ONNX graphs in torch give what onnxruntime gives, and refuse what they do not know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.networks import onnx_network, onnx_torch
from tests.tasks.ocr.ppocr import model

CPU = torch.device("cpu")
TOLERANCE = 1e-5  # sums in another order, over a few hundred layers of float32; outputs are probabilities


def both(path: Path, batch: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    with torch.inference_mode():
        return onnx_torch.read(path, CPU)(batch).numpy(), onnx_network.load(path, CPU)(batch).numpy()


def save(folder: Path, nodes: list, constants: dict[str, np.ndarray], shape: tuple[int | str, ...]) -> Path:
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7)
    onnx.save(made, folder / "made.onnx")
    return folder / "made.onnx"


@pytest.mark.parametrize(("part", "shape"), [("det", (2, 3, 96, 160)), ("rec", (3, 3, 48, 333))])
def test_real_networks_are_equal_at_sizes_that_they_were_not_exported_with(part, shape):
    torch.manual_seed(0)
    ours, theirs = both(model(part), torch.rand(shape) * 2 - 1)
    np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


def test_padding_that_differs_between_sides_is_the_runtimes(tmp_path):
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(4, 3, 2, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], kernel_shape=[2, 3], auto_pad="SAME_UPPER", strides=[2, 1]),
        helper.make_node("MaxPool", ["a"], ["b"], kernel_shape=[2, 2], auto_pad="SAME_UPPER", strides=[1, 1]),
        helper.make_node("Conv", ["b", "v"], ["y"], kernel_shape=[2, 3], pads=[0, 1, 1, 2], group=4),
    ]
    weights = {"w": weight, "v": rng.normal(size=(4, 1, 2, 3)).astype(np.float32)}
    path = save(tmp_path, nodes, weights, ("n", 3, "h", "w"))
    ours, theirs = both(path, torch.randn(2, 3, 7, 9))
    np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


def test_shapes_that_the_graph_computes_are_the_runtimes(tmp_path):
    numbers = {"zero": [0], "one": [1], "axis": [0], "rest": [0, -1], "low": np.float32(0), "high": np.float32(6)}
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Slice", ["s", "zero", "one", "axis"], ["first"]),
        helper.make_node("Concat", ["first", "minus"], ["target"], axis=0),
        helper.make_node("Clip", ["x", "low", "high"], ["c"]),
        helper.make_node("Reshape", ["c", "target"], ["y"]),
    ]
    constants = {name: np.asarray(value) for name, value in numbers.items()} | {"minus": np.array([-1])}
    ours, theirs = both(save(tmp_path, nodes, constants, ("n", 3, "h", "w")), torch.randn(2, 3, 4, 5) * 5)
    np.testing.assert_array_equal(ours, theirs)
    assert ours.shape == (2, 60) and ours.max() == 6


def test_no_step_mixes_the_host_with_the_device_of_the_frames():
    """On the meta device, which computes shapes only, a tensor of the host among the inputs is an error."""
    meta = torch.device("meta")
    output = onnx_torch.read(model("rec"), meta)(torch.empty(2, 3, 48, 320, device=meta))
    assert output.device == meta and output.shape == (2, 40, 6625)


@pytest.mark.parametrize(
    ("node", "what"),
    [
        (helper.make_node("Tanh", ["x"], ["y"]), "Tanh"),
        (helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[2, 2], pads=[1, 1, 1, 1]), "pads"),
        (helper.make_node("Clip", ["x", "x"], ["y"]), "input 1 that is computed"),
        (helper.make_node("Slice", ["x", "zero", "one", "one", "two"], ["y"]), "steps of"),
        (helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT16), "cast to type 10"),
    ],
)
def test_what_is_not_known_is_an_error_when_the_file_is_read(tmp_path, node, what):
    constants = {"zero": np.array([0]), "one": np.array([1]), "two": np.array([2])}
    with pytest.raises(InvalidValue, match=what):
        onnx_torch.read(save(tmp_path, [node], constants, ("n", 3, "h", "w")), CPU)


@pytest.mark.parametrize("read", [onnx_torch.read, onnx_network.load])
def test_a_file_that_is_no_network_is_an_error(tmp_path, read):
    (tmp_path / "no.onnx").write_bytes(b"not a network at all")
    with pytest.raises(InvalidValue, match="an ONNX network in"):
        read(tmp_path / "no.onnx", CPU)
