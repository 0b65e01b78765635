"""Files of weights that are damaged, or that would run code."""

from __future__ import annotations

import os
import pickle
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ahc_stream.weights.unpickle import UnreadableFile, read_arrays, read_safetensors, read_torch


class Bomb:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, ("exploded",)


class Calls:
    """A pickle that calls `function` with `arguments`."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[object, ...]]:
        return self.function, self.arguments


class Layer:
    """A class that a reader may allow."""

    def __init__(self) -> None:
        self.weight = torch.ones(2)


def pickled(folder: Path, content: object, protocol: int = 4) -> Path:
    (folder / "file.ckpt").write_bytes(pickle.dumps(content, protocol))
    return folder / "file.ckpt"


@pytest.mark.parametrize("protocol", [3, 4])
def test_arrays_come_as_they_were(protocol: int, tmp_path: Path) -> None:
    content = {"a": {"kernel": np.arange(6.0).reshape(2, 3), "bias": np.zeros((), np.float32)}, "b": [np.int64(3)]}
    content["b"] = [np.arange(3, dtype=np.int32)]
    arrays = read_arrays(pickled(tmp_path, content, protocol))
    assert isinstance(arrays, dict)
    np.testing.assert_array_equal(arrays["a"]["kernel"], content["a"]["kernel"])
    assert arrays["a"]["bias"].dtype == np.float32 and arrays["b"][0].tolist() == [0, 1, 2]


def test_the_newer_names_of_numpy_are_the_same_place(tmp_path: Path) -> None:
    path = pickled(tmp_path, np.arange(3), protocol=3)
    path.write_bytes(path.read_bytes().replace(b"cnumpy.core.", b"cnumpy._core."))
    array = read_arrays(path)
    assert isinstance(array, np.ndarray) and array.tolist() == [0, 1, 2]


@pytest.mark.parametrize("wrap", [lambda bomb: bomb, lambda bomb: {"params": [bomb]}])
def test_code_in_a_pickle_is_refused_by_name_and_not_run(
    wrap: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnreadableFile, match=r"posix\.mkdir"):
        read_arrays(pickled(tmp_path, wrap(Bomb())))
    torch.save(wrap(Bomb()), tmp_path / "file.pt")
    for classes in ({}, {f"{__name__}.Layer": Layer}):
        with pytest.raises(UnreadableFile, match=r"posix\.mkdir"):
            read_torch(tmp_path / "file.pt", classes)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    "calls",
    [
        Calls(np.ndarray, (10**12,)),
        Calls(np.zeros(0).__reduce__()[0], np.ndarray, (10**12,), b"b"),  # numpy's _reconstruct
    ],
    ids=["ndarray", "_reconstruct"],
)
def test_an_array_that_no_number_of_the_file_fills_is_refused(calls: Calls, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        read_arrays(pickled(tmp_path, calls))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_unreadable_in_every_format(share: float, tmp_path: Path) -> None:
    pickled(tmp_path, {"a": np.zeros(1000)})
    torch.save({"a": torch.zeros(1000)}, tmp_path / "file.pt")
    save_file({"a": torch.zeros(1000)}, tmp_path / "file.safetensors")
    for name, read in (("file.ckpt", read_arrays), ("file.pt", read_torch), ("file.safetensors", read_safetensors)):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
        with pytest.raises(UnreadableFile):
            read(path)
        with pytest.raises(UnreadableFile):
            read(tmp_path / "gone" / name)


def test_a_class_that_is_named_is_built_and_no_other(tmp_path: Path) -> None:
    torch.save(OrderedDict(layer=Layer()), tmp_path / "file.pt")
    name = f"{__name__}.Layer"
    content = read_torch(tmp_path / "file.pt", {name: Layer})
    assert torch.equal(content["layer"].weight, torch.ones(2))
    for classes in ({}, {f"{__name__}.Bomb": Bomb}):
        with pytest.raises(UnreadableFile, match="Layer"):
            read_torch(tmp_path / "file.pt", classes)


def test_what_one_lane_allows_no_other_gets(tmp_path: Path) -> None:
    """The list of safe classes belongs to the process: lanes that load at the same time must not share it."""
    torch.save({"layer": Layer(), "weight": torch.zeros(100_000)}, tmp_path / "file.pt")
    allowed: list[object] = []

    def load(classes: dict[str, type]) -> None:
        for _ in range(20):
            try:
                read_torch(tmp_path / "file.pt", classes)
            except UnreadableFile:
                continue
            allowed.append(classes)

    threads = [threading.Thread(target=load, args=(classes,)) for classes in ({f"{__name__}.Layer": Layer}, {})]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(allowed) == 20 and all(allowed)
