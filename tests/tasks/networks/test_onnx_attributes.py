"""No attribute is ignored: each of the standard's is computed as onnxruntime does, or refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.networks import onnx_file, onnx_network, onnx_torch
from ahc_stream.tasks.networks.onnx_node import OnnxNode
from ahc_stream.tasks.networks.onnx_operators import OPERATORS, operation

CPU = torch.device("cpu")


def save(
    folder: Path, node: onnx.NodeProto, constants: dict[str, Any] | None = None, opset: int = 13, rank: int = 4
) -> Path:
    """The file of a network of one operator: x -> y."""
    shape = [f"size{axis}" for axis in range(rank)]
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()],
    )
    opsets = (("", opset), ("com.microsoft", 1))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(*entry) for entry in opsets], ir_version=7)
    onnx.save(model, folder / "one.onnx")
    return folder / "one.onnx"


def node(kind: str, *inputs: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, ["x", *inputs], ["y"], **attributes)


RANDOM = np.random.default_rng(0)
KERNEL = {"w": RANDOM.normal(size=(4, 3, 3, 2)).astype(np.float32)}
TRANSPOSED = {"w": RANDOM.normal(size=(3, 4, 2, 2)).astype(np.float32)}
STATISTICS = {name: RANDOM.uniform(0.5, 1, 3).astype(np.float32) for name in ("scale", "shift", "mean", "var")}
HALVES = {"scales": np.float32([1, 1, 2, 3])}
RESIZE = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}

COMPUTED: list[tuple[onnx.NodeProto, dict[str, Any], int]] = [
    (node("Conv", "w"), KERNEL, 13),
    (node("Conv", "w", dilations=[2, 1], strides=[1, 2], pads=[1, 0, 2, 1]), KERNEL, 13),
    (node("Conv", "w", auto_pad="VALID", kernel_shape=[3, 2]), KERNEL, 13),
    (node("Conv", "w", auto_pad="SAME_UPPER", strides=[2, 2]), KERNEL, 13),
    (node("ConvTranspose", "w", strides=[2, 2], auto_pad="VALID", dilations=[1, 1]), TRANSPOSED, 13),
    (node("MaxPool", kernel_shape=[2, 3], dilations=[2, 1], strides=[1, 2]), {}, 13),
    (node("MaxPool", kernel_shape=[2, 3], dilations=[1, 2], pads=[1, 1, 1, 2], storage_order=1), {}, 13),
    (node("MaxPool", kernel_shape=[3, 3], auto_pad="SAME_UPPER", strides=[2, 2]), {}, 13),
    (node("MaxPool", kernel_shape=[3, 3], auto_pad="VALID"), {}, 13),
    (node("AveragePool", kernel_shape=[2, 3], auto_pad="VALID", count_include_pad=1), {}, 13),
    (node("AveragePool", kernel_shape=[2, 3], strides=[2, 1], pads=[0, 0, 0, 0]), {}, 13),
    (node("GlobalAveragePool"), {}, 13),
    (node("BatchNormalization", *STATISTICS, epsilon=0.1, momentum=0.5), STATISTICS, 13),
    (node("HardSigmoid"), {}, 13),
    (node("HardSigmoid", alpha=0.5, beta=0.25), {}, 13),
    (node("Clip"), {}, 13),
    (node("Clip", "", "high"), {"high": np.float32(0.5)}, 13),
    (node("Resize", "", "scales", mode="nearest", **RESIZE), HALVES, 13),
    (node("Resize", "", "scales", cubic_coeff_a=-0.5, exclude_outside=0, **RESIZE), HALVES, 13),
    (node("ReduceMean", axes=[1, 3], keepdims=0), {}, 13),
    (node("ReduceMean"), {}, 13),
    (node("ReduceMean", "axes"), {"axes": [2]}, 18),
    (node("Softmax"), {}, 13),
    (node("Softmax", axis=1), {}, 13),
    (node("Softmax"), {}, 11),
    (node("Softmax", axis=2), {}, 11),
    (node("Softmax", axis=-1), {}, 11),
    (node("Transpose"), {}, 13),
    (node("Transpose", perm=[0, 2, 3, 1]), {}, 13),
    (node("Unsqueeze", axes=[0, -1]), {}, 11),
    (node("Unsqueeze", "axes"), {"axes": [2, 1]}, 13),
    (node("Squeeze", "axes"), {"axes": [0]}, 13),
    (node("Squeeze", axes=[0]), {}, 11),
    (node("Squeeze"), {}, 13),
    (node("Slice", "starts", "ends"), {"starts": [0, 1], "ends": [1, 3]}, 13),
    (node("Slice", "starts", "ends", "", "steps"), {"starts": [0, 1], "ends": [9, -1], "steps": [1, 1]}, 13),
    (node("Reshape", "shape", allowzero=0), {"shape": [0, -1]}, 14),
    (node("Concat", "x", axis=-2), {}, 13),
]


@pytest.mark.parametrize(
    ("made", "constants", "opset"), COMPUTED, ids=[f"{made.op_type}{at}" for at, (made, *_) in enumerate(COMPUTED)]
)
def test_what_is_computed_is_the_runtimes(
    made: onnx.NodeProto, constants: dict[str, Any], opset: int, tmp_path: Path
) -> None:
    path = save(tmp_path, made, constants, opset)
    x = torch.randn(1, 3, 7, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        ours, theirs = onnx_torch.read(path, CPU)(x), onnx_network.load(path, CPU)(x)
    assert ours.shape == theirs.shape
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


REFUSED: list[tuple[onnx.NodeProto, dict[str, Any], int, str]] = [
    (node("Conv", "w", auto_pad="SAME_LOWER"), KERNEL, 13, "auto_pad=SAME_LOWER"),
    (node("Conv", "w", auto_pad="SAME_UPPER", dilations=[2, 1]), KERNEL, 13, r"with dilations=\[2, 1\]"),
    (node("MaxPool", kernel_shape=[2, 2], auto_pad="SAME_UPPER", dilations=[1, 2]), {}, 13, "with dilations="),
    (node("Conv", "w", strides=[1]), KERNEL, 13, r"strides=\[1\]"),
    (node("Conv", "w", pads=[1, 1]), KERNEL, 13, r"pads=\[1, 1\]"),
    (node("Conv", "w", pads=[1, 1, 1, 1], auto_pad="SAME_UPPER"), KERNEL, 13, "with auto_pad=SAME_UPPER"),
    (node("ConvTranspose", "w", dilations=[2, 2]), TRANSPOSED, 13, r"dilations=\[2, 2\]"),
    (node("ConvTranspose", "w", output_shape=[9, 9]), TRANSPOSED, 13, "output_shape"),
    (node("ConvTranspose", "w", output_padding=[1, 0]), TRANSPOSED, 13, r"output_padding=\[1, 0\]"),
    (node("ConvTranspose", "w", auto_pad="SAME_UPPER"), TRANSPOSED, 13, "auto_pad=SAME_UPPER"),
    (node("ConvTranspose", "w", pads=[1, 1, 1, 1]), TRANSPOSED, 13, "pads="),
    (node("MaxPool", kernel_shape=[2, 2], ceil_mode=1), {}, 13, "ceil_mode=1"),
    (node("MaxPool", kernel_shape=[2, 2, 2]), {}, 13, "kernel_shape="),
    (node("AveragePool", kernel_shape=[2, 2], auto_pad="SAME_UPPER"), {}, 13, "auto_pad=SAME_UPPER"),
    (node("AveragePool", kernel_shape=[2, 2], ceil_mode=1), {}, 13, "ceil_mode=1"),
    (node("AveragePool", kernel_shape=[2, 2], dilations=[2, 2]), {}, 19, r"dilations=\[2, 2\]"),
    (node("BatchNormalization", *STATISTICS, training_mode=1), STATISTICS, 14, "training_mode=1"),
    (node("Clip", min=0.0), {}, 6, "the attributes min"),
    (node("Reshape", "shape", allowzero=1), {"shape": [0, -1]}, 14, "allowzero=1"),
    (node("Shape", start=1), {}, 15, "the attributes start"),
    (node("Slice", starts=[0], ends=[1]), {}, 9, "the attributes ends, starts"),
    (node("ReduceMean", "none", noop_with_empty_axes=1), {"none": np.empty(0, np.int64)}, 18, "noop"),
    (node("Resize", "", "scales", mode="linear", **RESIZE), HALVES, 13, "mode=linear"),
    (node("Resize", "", "scales", mode="nearest"), HALVES, 13, "coordinate_transformation_mode"),
    (node("Resize", "", "scales", antialias=1, **RESIZE), HALVES, 18, "antialias=1"),
    (node("Resize", "", "two", axes=[2, 3], **RESIZE), {"two": np.float32([2, 2])}, 18, "other sizes"),
    (node("Resize", "", "", "sizes", **RESIZE), {"sizes": [1, 3, 9, 9]}, 13, "other sizes"),
    (node("Resize", "", "scales", **RESIZE), {"scales": np.float32([2, 1, 1, 1])}, 13, "other sizes"),
    (node("Erf", domain="com.microsoft"), {}, 13, "com.microsoft"),
    (helper.make_node("MaxPool", ["x"], ["y", "where"], kernel_shape=[2, 2]), {}, 13, "2 outputs"),
]


@pytest.mark.parametrize(
    ("made", "constants", "opset", "says"), REFUSED, ids=[f"{made.op_type}-{says}" for made, *_, says in REFUSED]
)
def test_what_is_not_computed_is_refused_when_the_file_is_read(
    made: onnx.NodeProto, constants: dict[str, Any], opset: int, says: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidValue, match=f"{made.op_type}.*{says}"):
        onnx_torch.read(save(tmp_path, made, constants, opset), CPU)


@pytest.mark.parametrize("kind", sorted(OPERATORS))
def test_an_attribute_that_nobody_reads_is_refused_of_every_operator(kind: str) -> None:
    """The mechanism itself, without onnx's own checks in front of it."""
    needed = {"axis": 1, "axes": [1], "to": 1, "kernel_shape": [2, 2], **RESIZE}
    constants = {"scales": HALVES["scales"]}
    inputs = ["x", "", "scales"] if kind == "Resize" else ["x"]
    described = OnnxNode(kind, {**needed, "invented": 1}, inputs, constants, 11)
    with pytest.raises(InvalidValue, match="invented"):
        operation(described)


# Files


def weights_outside(folder: Path) -> Path:
    path = save(folder, node("Conv", "w"), {"w": np.ones((4, 3, 20, 20), np.float32)})
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    return path


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("is_there", [True, False])
def test_numbers_in_another_file_are_refused_on_every_device(device: str, is_there: bool, tmp_path: Path) -> None:
    path = weights_outside(tmp_path)
    if not is_there:
        (tmp_path / "weights.bin").unlink()
    with pytest.raises(InvalidValue, match=r"w in another file.*save_as_external_data=False"):
        onnx_network.load(path, torch.device(device))


def test_numbers_of_a_constant_node_in_another_file_are_refused(tmp_path: Path) -> None:
    tensor = numpy_helper.from_array(np.ones((1, 3, 4, 4), np.float32), "c")
    onnx.external_data_helper.set_external_data(tensor, "weights.bin")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    path = save(tmp_path, helper.make_node("Identity", ["x"], ["y"]))
    model = onnx.load(path)
    model.graph.node.insert(0, helper.make_node("Constant", [], ["c"], value=tensor))
    onnx.save(model, path)
    with pytest.raises(InvalidValue, match="c in another file"):
        onnx_network.load(path, CPU)


def test_an_array_that_claims_more_numbers_than_it_has_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, node("Add", "w"), {"w": np.ones(4, np.float32)})
    model = onnx.load(path)
    model.graph.initializer[0].dims[0] = 10**12
    onnx.save(model, path)
    for device in ("cpu", "meta"):
        with pytest.raises(InvalidValue, match="an ONNX network"):
            onnx_network.load(path, torch.device(device))


def test_every_form_of_a_constant_is_read_or_refused(tmp_path: Path) -> None:
    def with_constant(**value: Any) -> Path:
        path = save(tmp_path, node("Add", "c"))
        model = onnx.load(path)
        model.graph.node.insert(0, helper.make_node("Constant", [], ["c"], **value))
        onnx.save(model, path)
        return path

    x = torch.zeros(1, 3, 2, 2)
    for value in ({"value_float": 2.0}, {"value_floats": [2.0]}, {"value": numpy_helper.from_array(np.float32([2]))}):
        path = with_constant(**value)
        assert torch.equal(onnx_torch.read(path, CPU)(x), onnx_network.load(path, CPU)(x))
    assert onnx_file.read(with_constant(value_ints=[1, 2])).constants["c"].tolist() == [1, 2]
    with pytest.raises(InvalidValue, match="a Constant with value_string"):
        onnx_file.read(with_constant(value_string="text"))


@pytest.mark.parametrize("change", ["input", "output", "type", "order"])
def test_a_network_of_another_form_is_refused_on_every_device(change: str, tmp_path: Path) -> None:
    path = save(tmp_path, node("Relu"))
    model = onnx.load(path)
    if change == "input":
        model.graph.input.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, [1]))
    elif change == "output":
        model.graph.output.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, None))
    elif change == "type":
        model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT16
    else:
        model.graph.node.insert(0, helper.make_node("Relu", ["y"], ["before"]))
    onnx.save(model, path)
    for device in ("cpu", "meta"):
        with pytest.raises(InvalidValue, match="an ONNX network"):
            onnx_network.load(path, torch.device(device))
