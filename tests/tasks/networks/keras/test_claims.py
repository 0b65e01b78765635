"""Files of Keras that claim more numbers than they hold, or that point to other files."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from ahc_stream.core.errors import InvalidValue, MediaError
from ahc_stream.tasks.edges import hed
from ahc_stream.tasks.networks import hdf5, keras
from tests.tasks.networks.keras import stored


def changed(path: Path, make: Callable[[Any, str], object]) -> Path:
    """The nested model's file with its first weight made anew."""
    golden = stored.read("keras2-nested")
    stored.write(path, golden)
    layer, weights = next(entry for entry in golden["layers"] if entry[1])
    with h5py.File(path, "r+") as file:
        group = file["model_weights"][layer]
        name = weights[0][0]
        del group[name]
        make(group, name)
    return path


def huge(group: Any, name: str) -> None:
    group.create_dataset(name, (10**6, 10**6), "f4", chunks=(1024, 1024))  # not one number is written


def test_a_weight_of_a_million_millions_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = changed(tmp_path / "huge.h5", huge)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(MediaError, match=r"claims more numbers than the file holds: \[1000000, 1000000\]"):
        keras.load(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


def test_weights_that_each_fit_but_together_claim_too_much_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "many.h5", "w") as file:
        for name in ("a", "b", "c"):
            file.create_dataset(name, (20 * 1024,), "f4", chunks=(1024,))
    with hdf5.opened(tmp_path / "many.h5", "classification") as file:
        size = (tmp_path / "many.h5").stat().st_size
        assert 20 * 1024 * 4 < hdf5.MOST_EXPANSION * size < 3 * 20 * 1024 * 4
        file.float32(file.root["a"])
        with pytest.raises(ValueError, match="claims more numbers"):
            [file.float32(file.root[name]) for name in ("b", "c")]


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    def compressed(group: Any, name: str) -> None:
        array = stored.weight(name, shape)
        group.create_dataset(name, data=array, compression="gzip")

    golden = stored.read("keras2-nested")
    shape = next(weights for _, weights in golden["layers"] if weights)[0][1]
    pixels = torch.from_numpy(stored.picture(golden["input"])).permute(0, 3, 1, 2)
    with torch.inference_mode():
        outputs = [
            keras.load(path)(pixels)
            for path in (changed(tmp_path / "c.h5", compressed), stored.write(tmp_path / "p.h5", golden))
        ]
    assert torch.equal(*outputs)


def external_storage(group: Any, name: str) -> None:
    group.create_dataset(name, (3,), "f4", external=[("/etc/passwd", 0, 12)])


def external_link(group: Any, name: str) -> None:
    with h5py.File("other.h5", "w") as other:
        other["numbers"] = np.zeros(3, np.float32)
    group[name] = h5py.ExternalLink("other.h5", "numbers")


def virtual(group: Any, name: str) -> None:
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "numbers", (3,))
    group.create_virtual_dataset(name, layout)


@pytest.mark.parametrize("make", [external_storage, external_link, virtual])
def test_numbers_in_other_files_are_refused(
    make: Callable[[Any, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MediaError, match="whose numbers lie in another file"):
        keras.load(changed(tmp_path / "pointing.h5", make))


@pytest.mark.parametrize("shape", [[10**6, 10**6], [2**40, 2**40], [-1], [10**18], ["many"], None])
def test_a_tensorflow_js_weight_that_claims_too_much_is_refused(shape: Any, tmp_path: Path) -> None:
    (tmp_path / "shard.bin").write_bytes(bytes(16))
    weights = [{"name": "dense/kernel", "shape": shape, "dtype": "float32"}]
    manifest = [{"paths": ["shard.bin"], "weights": weights}]
    model = {"modelTopology": {"model_config": stored.read("keras2-mobile")["config"]}, "weightsManifest": manifest}
    (tmp_path / "model.json").write_text(json.dumps(model))
    with pytest.raises((MediaError, InvalidValue), match=r"model\.json"):
        keras.load(tmp_path / "model.json")


def test_hed_refuses_such_files_as_well(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "hed.h5", "w") as file:
        group = file.create_group("block1/layers/conv2d/vars")
        huge(group, "0")
    with pytest.raises(InvalidValue, match="claims more numbers"):
        hed.load(tmp_path / "hed.h5", torch.device("cpu"))


def test_the_package_does_not_load_h5py_before_it_reads_a_file() -> None:
    code = "import sys, ahc_stream.tasks.networks.keras; assert 'h5py' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
