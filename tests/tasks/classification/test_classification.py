"""The task `classification`: preprocessing against Pillow and torchvision, files of every kind, real photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from ahc_stream import tasks, weights
from ahc_stream.core.errors import InvalidValue, MissingData, UnknownName
from ahc_stream.tasks.classification.models import RECIPES, names_of
from ahc_stream.tasks.classification.preprocessing import NORMALISATIONS, Preprocessing
from ahc_stream.tasks.classification.task import Classification
from ahc_stream.tasks.networks.architectures import picture_network
from tests.tasks.conftest import as_clip
from tests.tasks.networks.keras import stored

CPU = torch.device("cpu")
PILLOW = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


def task(text: str) -> Classification:
    return tasks.make(tasks.parse(f"classification:{text}"), CPU)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """uint8 [183, 241, 3], smooth with noise."""
    y, x, c = np.mgrid[:183, :241, :3]
    smooth = 128 + 60 * np.sin(x / 9 + c) + 40 * np.cos(y / 7 - c)
    return (smooth + np.random.RandomState(1).uniform(-25, 25, smooth.shape)).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return picture_network("mobilenet_v2", 4).eval()


@pytest.fixture
def file(tmp_path: Path, network: torch.nn.Module) -> Path:
    """What tools/train_lesion.py writes: weights, and what the network is, is fed and says."""
    told = {
        "architecture": "mobilenet_v2",
        "classes": "a\nb\nc\nd",
        "size": "96",
        "fit": "squash",
        "normalise": "signed",
    }
    save_file(network.state_dict(), tmp_path / "own.safetensors", told)
    return tmp_path / "own.safetensors"


@pytest.mark.parametrize("resize", PILLOW)
@pytest.mark.parametrize("fit", ["squash", "crop"])
def test_pixels_are_those_of_pillow(resize: str, fit: str, picture: np.ndarray) -> None:
    preset = Preprocessing(112, fit, resize, "raw").preset()
    found = preset.apply(as_clip([picture]).frames)[0].permute(1, 2, 0).numpy()
    image = Image.fromarray(picture)
    if fit == "squash":
        expected = np.array(image.resize((112, 112), PILLOW[resize]))
    else:
        long = int(128 * 241 / 183)
        expected = np.array(image.resize((long, 128), PILLOW[resize]))[8:120, round((long - 112) / 2) :][:, :112]
    np.testing.assert_allclose(found, expected, atol=1e-4)  # normalising by 1/255 and back


def test_plain_resizing_has_no_antialiasing(picture: np.ndarray) -> None:
    frames = as_clip([picture]).frames
    found = Preprocessing(64, "squash", "plain", "raw").preset().apply(frames)
    expected = torch.nn.functional.interpolate(frames.float(), (64, 64), mode="bilinear", antialias=False).round()
    torch.testing.assert_close(found, expected, atol=0.01, rtol=0)
    assert (found - Preprocessing(64, "squash", "bilinear", "raw").preset().apply(frames)).abs().max() > 10


def test_an_imagenet_networks_input_is_torchvisions(picture: np.ndarray) -> None:
    from torchvision.models import MobileNet_V2_Weights

    reference = MobileNet_V2_Weights.IMAGENET1K_V1.transforms()(Image.fromarray(picture))
    found = RECIPES["mobilenet_v2-imagenet"].preprocessing.preset().apply(as_clip([picture]).frames)[0]
    torch.testing.assert_close(found, reference)


@pytest.mark.parametrize(("mode", "name"), [("torch", "imagenet"), ("tf", "signed")])
def test_normalisations_are_keras_modes(mode: str, name: str) -> None:
    """keras.applications.imagenet_utils.preprocess_input by its documentation."""
    grey = np.array([0.0, 100.0, 255.0])
    mean, deviation = (np.array(part) for part in NORMALISATIONS[name])
    expected = grey / 127.5 - 1 if mode == "tf" else (grey / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose((grey / 255 - mean) / deviation, expected, atol=1e-12)
    assert NORMALISATIONS["lite"][0][0] * 255 == pytest.approx(127) and NORMALISATIONS["lite"][1][0] * 255 == 128


def test_a_row_holds_the_best_class_and_every_probability(file: Path, network, picture: np.ndarray) -> None:
    made = task(f"model={file}")
    clip = as_clip([picture, picture[::-1].copy()])
    rows = [row for (row,) in made.predict(clip)]
    with torch.inference_mode():
        expected = torch.softmax(
            network(Preprocessing(96, "squash", "bilinear", "signed").preset().apply(clip.frames)), 1
        )
    for row, values in zip(rows, expected.numpy(), strict=True):
        np.testing.assert_allclose(row["probabilities"], values, atol=1e-6)
        assert row["class_name"] == "abcd"[values.argmax()] and row["probability"] == pytest.approx(values.max())
        assert row["classes"] == "a\nb\nc\nd"


def test_options_overrule_the_file(file: Path) -> None:
    made = task(f"model={file}:size=64:fit=crop:normalise=unit:resize=nearest")
    assert made.preset == Preprocessing(64, "crop", "nearest", "unit").preset()


def test_a_state_dict_needs_its_architecture_and_its_classes(tmp_path: Path, network) -> None:
    path, names = tmp_path / "state.pth", tmp_path / "names.txt"
    torch.save({"state_dict": network.state_dict()}, path)
    names.write_text("one\ntwo\nthree\nfour\n")
    with pytest.raises(InvalidValue, match="arch=densenet201"):
        task(f"model={path}")
    with pytest.raises(InvalidValue, match="classes=FILE"):
        task(f"model={path}:arch=mobilenet_v2")
    with pytest.raises(InvalidValue, match=r"9 outputs, one per class.*\[4\]"):
        task(f"model={path}:arch=mobilenet_v2:classes=isic")
    with pytest.raises(UnknownName, match="mobilenet_v2"):
        task(f"model={path}:arch=mobilenet_v22:classes={names}")
    assert task(f"model={path}:arch=mobilenet_v2:classes={names}").classes == ("one", "two", "three", "four")


def test_a_densenet_file_of_older_names_is_read(tmp_path: Path) -> None:
    """torchvision's published files say norm.1 where its modules say norm1."""
    state = picture_network("densenet121", 9).state_dict()
    older = {name.replace("norm1", "norm.1").replace("conv2", "conv.2"): value for name, value in state.items()}
    assert older.keys() != state.keys()
    torch.save(older, tmp_path / "densenet.pth")
    made = task(f"model={tmp_path / 'densenet.pth'}:arch=densenet121:classes=isic:size=32")
    assert all(torch.equal(value, state[name]) for name, value in made.network.state_dict().items())


def test_a_keras_file_of_ones_own_must_say_how_it_is_fed(tmp_path: Path, picture: np.ndarray) -> None:
    path = stored.write(tmp_path / "model.h5", stored.read("keras2-nested"))
    names = tmp_path / "names.txt"
    names.write_text("v\nw\nx\ny\nz\n")
    with pytest.raises(InvalidValue, match="normalise=imagenet"):
        task(f"model={path}:classes={names}")
    made = task(f"model={path}:classes={names}:normalise=imagenet:size=48")
    assert made.preset == Preprocessing(48, "squash", "nearest", "imagenet").preset() and made.is_probability
    row = made.predict(as_clip([picture]))[0][0]
    assert sum(row["probabilities"]) == pytest.approx(1, abs=1e-6) and row["class_name"] in "vwxyz"


def test_what_is_not_there_or_unknown_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path))
    monkeypatch.setenv("AHC_STREAM_PATH", "")
    with pytest.raises(MissingData, match="ahc-stream data download mobilenet_v2-imagenet"):
        task("model=mobilenet_v2-imagenet")
    with pytest.raises(MissingData, match=r"tools/train_lesion\.py"):
        task("model=densenet201-isic")
    with pytest.raises(UnknownName, match="mobilenet_v2-imagenet"):
        task("model=mobilenet-imagenet")
    with pytest.raises(MissingData, match="no file"):
        task("model=gone.h5")
    with pytest.raises(InvalidValue, match=r"\.safetensors"):
        task("model=weights.onnx")
    (tmp_path / "twice.txt").write_text("a\na\n")
    with pytest.raises(InvalidValue, match="'a' twice"):
        names_of(str(tmp_path / "twice.txt"))


def test_every_recipe_is_a_weight_and_the_other_way_round() -> None:
    from ahc_stream.weights.classifiers import CLASSIFIERS

    assert RECIPES.keys() == CLASSIFIERS.keys() <= weights.WEIGHTS.keys()
    assert len(set(names_of("imagenet"))) == 1000 and names_of("imagenet")[0] == "n01440764"
