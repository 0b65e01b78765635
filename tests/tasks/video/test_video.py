"""The task `video` on made clips and networks with seeded weights: rows, names, files of one's own, refusals."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ahc_stream import tasks
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.errors import InvalidValue, MissingData, UnknownName
from ahc_stream.core.labels import CLASSES, KEY
from ahc_stream.core.stream import Stream
from ahc_stream.tasks.pixels.preset import Preset
from ahc_stream.tasks.video import build as video_build
from ahc_stream.tasks.video.head import Head, read_head, write_head
from ahc_stream.tasks.video.kinetics_ucf101 import KINETICS_OF_UCF101
from ahc_stream.tasks.video.models import ARCHITECTURES, find_head, replace_head
from ahc_stream.tasks.video.task import VideoClassification
from ahc_stream.tasks.video.window_pass import WindowPass
from ahc_stream.tasks.video.windows import Windows
from ahc_stream.weights import WEIGHTS
from tests.cuts import Cut, cuts, rows_of, slices

CPU = torch.device("cpu")
SMALL = Preset((16,), 8, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


class Brightness(nn.Module):
    """Logits of "dark", "middle" and "bright" from the mean of a window, far apart."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean(dim=(1, 2, 3, 4))
        return -400.0 * (mean[:, None] - torch.tensor([0.0, 0.5, 1.0])).square()


def brightness(
    windows: Windows, merge: torch.Tensor | None = None, classes=("dark", "middle", "bright")
) -> VideoClassification:
    merge = torch.eye(3, dtype=torch.float64) if merge is None else merge
    return VideoClassification(Brightness(), SMALL, windows, classes, merge)


def grey_clip(*levels: int, first: int = 0) -> Clip:
    """One frame of each grey level, from the frame number `first` on."""
    frames = torch.tensor(levels, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, 20, 24).contiguous()
    keys = tuple(FrameKey("made", "v", first + n) for n in range(len(levels)))
    return Clip(frames, keys, torch.arange(len(levels), dtype=torch.float64) / 25, consecutive=True)


def test_a_window_has_one_row_at_its_first_frame() -> None:
    rows = rows_of(brightness(Windows(2, 1, 2, 1)), grey_clip(0, 0, 255, 255, 128))
    assert [[row["class_name"] for row in frame] for frame in rows] == [["dark"], [], ["bright"], [], []]
    (row,) = rows[2]
    assert row["classes"] == "dark\nmiddle\nbright" and sum(row["probabilities"]) == pytest.approx(1)
    assert row["probability"] == row["probabilities"][2] == pytest.approx(1)
    assert pa.Table.from_pylist([row], tasks.find("video").schema).num_rows == 1


def test_frames_between_steps_are_not_looked_at() -> None:
    (row,) = rows_of(brightness(Windows(2, 2, 4, 1)), grey_clip(0, 255, 0, 255))[0]
    assert row["class_name"] == "dark"


def test_an_end_that_is_too_short_adds_no_row_and_a_short_stream_has_one() -> None:
    task = brightness(Windows(4, 1, 4, 2))
    assert [len(rows) for rows in rows_of(task, grey_clip(*[0] * 7))] == [1, 0, 0, 0, 0, 0, 0]
    assert [len(rows) for rows in rows_of(task, grey_clip(255, 255, first=4))] == [1, 0]


def test_a_window_lies_across_the_border_of_clips() -> None:
    clip = grey_clip(0, 0, 255, 255, 255, 255, 128)
    rows = rows_of(brightness(Windows(2, 1, 2, 1)), clip, slices([0, 1, 5, 7]))
    assert [[row["class_name"] for row in frame] for frame in rows] == [
        ["dark"],
        [],
        ["bright"],
        [],
        ["bright"],
        [],
        [],
    ]


@given(cut=cuts(40), stride=st.integers(1, 20))
def test_pictures_are_kept_for_a_window_and_what_was_pushed_at_most(cut: Cut, stride: int) -> None:
    windows = Windows(5, 2, stride, 1)
    stream, frames = WindowPass(Brightness(), SMALL, windows), grey_clip(*range(40)).frames
    for part in cut:
        stream.push(frames[part])
        assert len(stream._pictures) < windows.span


def test_a_session_that_is_never_pushed_has_no_row() -> None:
    session = brightness(Windows(4, 1, 4, 2)).session(Stream.of(grey_clip(0)))
    assert session.finish() == [] and session.delay == 3


def test_stills_are_refused() -> None:
    with pytest.raises(InvalidValue, match="Take the task classification"):
        brightness(Windows(1, 1, 1, 1)).session(Stream.of(replace(grey_clip(0), consecutive=False)))


def test_a_merged_class_is_the_share_of_its_outputs_among_all_that_are_mapped() -> None:
    """Logits at mean 0.5: 100 below the middle's for each of the others, which are equal."""
    merge = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    task = brightness(Windows(1, 1, 1, 1), merge, ("dark", "bright"))
    (row,) = rows_of(task, grey_clip(127))[0]
    dark, bright = row["probabilities"]
    assert dark + bright == pytest.approx(1) and 0.5 < dark < 0.9 and row["class_name"] == "dark"


def test_names_of_ucf101_are_101_in_the_official_order_and_their_parts_are_kinetics_own() -> None:
    names, parts = list(KINETICS_OF_UCF101), [part for parts in KINETICS_OF_UCF101.values() for part in parts]
    assert len(names) == 101 and names == sorted(names, key=str.lower)
    assert set(parts) <= set(video_build.kinetics_names())
    assert len(parts) == len(set(parts)), "two classes would always be equally probable"


def test_kinetics_names_stand_where_the_networks_have_them() -> None:
    names = video_build.kinetics_names()
    assert len(names) == 400 and list(names) == sorted(names)


def state_of(name: str, classes: int, path: Path) -> Path:
    torch.manual_seed(0)
    state = ARCHITECTURES[name].build(classes).state_dict()
    prefix = ARCHITECTURES[name].prefix  # a file of torchvision has its own names
    torch.save({"model": {key.removeprefix(prefix): value for key, value in state.items()}}, path)
    return path


def spec(text: str) -> tasks.TaskSpec:
    return tasks.parse(f"video:{text}")


def noise_clip(frames: int, first: int = 0) -> Clip:
    clip = grey_clip(*[0] * frames, first=first)
    return clip.with_frames(torch.randint(0, 256, (frames, 3, 48, 64), dtype=torch.uint8))


@pytest.mark.parametrize("name", ["r2plus1d_18", "s3d", "efficientnet_b0", "efficientnet_lite0", "i3d"])
def test_every_architecture_loads_a_state_dict_and_predicts(name: str, tmp_path: Path) -> None:
    """Small crops and short windows: what is held is that weights, head and layout fit together."""
    (tmp_path / "names.txt").write_text("1 a\n2 b\n3 c d\n")
    least, crop = max(2, ARCHITECTURES[name].least), 224 if name == "s3d" else 64  # s3d pools 7 x 7 positions
    text = f"model={state_of(name, 3, tmp_path / 'own.pth')}:arch={name}:classes={tmp_path / 'names.txt'}"
    task = tasks.make(spec(f"{text}:window={least}:step=1:size={crop}:crop={crop}"), CPU)
    rows = rows_of(task, noise_clip(least + 1))
    assert [len(frame) for frame in rows] == [1] + [0] * least
    assert rows[0][0]["classes"] == "a\nb\nc d"
    assert sum(rows[0][0]["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_the_loaded_network_is_torchvisions_own(tmp_path: Path) -> None:
    from torchvision.models.video import mc3_18

    path = state_of("mc3_18", 400, tmp_path / "own.pth")
    network = tasks.make(spec(f"model={path}:arch=mc3_18"), CPU).network
    reference = mc3_18()
    reference.load_state_dict(torch.load(path, weights_only=True)["model"])
    x = torch.rand(1, 3, 4, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.equal(network(x), reference.eval()(x))
    assert not network.training and not any(p.requires_grad for p in network.parameters())


def test_logits_per_frame_are_averaged() -> None:
    torch.manual_seed(0)
    network = ARCHITECTURES["efficientnet_b0"].build(3).eval()
    x = torch.rand(2, 3, 4, 32, 32)
    with torch.inference_mode():
        each = torch.stack([network.picture(x[:, :, frame]) for frame in range(4)]).mean(0)
        torch.testing.assert_close(network(x), each)


@pytest.mark.parametrize("name", ["mc3_18", "efficientnet_b0", "i3d"])
def test_a_network_without_its_head_gives_the_features_of_the_head(name: str) -> None:
    torch.manual_seed(0)
    architecture = ARCHITECTURES[name]
    network = architecture.build(3).eval()
    head = find_head(network, architecture)
    x = torch.rand(1, 3, 9, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        logits = network(x)
        replace_head(network, architecture, nn.Identity())
        features = network(x)
        expected = features @ head.weight.reshape(len(head.weight), -1).T + head.bias
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5)


@pytest.fixture
def own_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with seeded weights under the name of mc3_18-kinetics400."""
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path))
    monkeypatch.delenv("AHC_STREAM_PATH", raising=False)
    (tmp_path / "weights").mkdir()
    state_of("mc3_18", 400, tmp_path / WEIGHTS["mc3_18-kinetics400"].file)
    return tmp_path


def test_a_name_brings_its_architecture_and_the_names_of_kinetics(own_weights: Path) -> None:
    assert tasks.weights_needed(spec("model=mc3_18-kinetics400")) == ("mc3_18-kinetics400",)
    task = tasks.make(spec("model=mc3_18-kinetics400:size=32:crop=32"), CPU)
    assert task.classes == video_build.kinetics_names() and (task.windows.length, task.windows.step) == (16, 2)
    mapped = tasks.make(spec("model=mc3_18-kinetics400:size=32:crop=32:names=ucf101"), CPU)
    clip = noise_clip(31)
    (own,), (merged,) = rows_of(task, clip)[0], rows_of(mapped, clip)[0]
    each = dict(zip(task.classes, own["probabilities"], strict=True))
    sums = {name: sum(each[part] for part in parts) for name, parts in KINETICS_OF_UCF101.items() if parts}
    assert merged["classes"].split("\n") == list(sums)
    expected = [value / sum(sums.values()) for value in sums.values()]
    assert merged["probabilities"] == pytest.approx(expected, rel=1e-5)


def test_labels_that_the_map_leaves_out_are_counted(own_weights: Path) -> None:
    ask = spec("model=mc3_18-kinetics400:size=32:crop=32:names=ucf101")
    clip = noise_clip(31)
    rows = [{**clip.keys[0]._asdict(), **row} for row in rows_of(tasks.make(ask, CPU), clip)[0]]
    predictions = pa.Table.from_pylist(rows, pa.schema([*KEY, *tasks.schema(ask)]))
    for name, unknown in (("YoYo", 1.0), (rows[0]["class_name"], 0.0)):
        label = {"dataset": "made", "item": "v", "frame": 0, "class_name": name}
        frames = pa.Table.from_pylist([key._asdict() for key in clip.keys], pa.schema(KEY))
        scores = tasks.score(ask, predictions, pa.Table.from_pylist([label], CLASSES), frames)
        assert (scores["unknown_labels"], scores["accuracy"]) == (unknown, 1.0 - unknown)


def test_a_head_of_ones_own_replaces_the_last_layer(own_weights: Path) -> None:
    weight, bias = torch.zeros(2, 512), torch.tensor([0.0, 1.0])
    write_head(own_weights / "own.safetensors", Head("mc3_18", "mc3_18-kinetics400", ("no", "yes"), weight, bias))
    task = tasks.make(spec(f"model={own_weights / 'own.safetensors'}:size=32:crop=32"), CPU)
    (row,) = rows_of(task, noise_clip(31))[0]
    assert row["class_name"] == "yes" and row["probability"] == pytest.approx(bias.softmax(0)[1].item())


def test_a_head_that_does_not_fit_is_refused(own_weights: Path) -> None:
    path = own_weights / "own.safetensors"
    write_head(path, Head("mc3_18", "mc3_18-kinetics400", ("no", "yes"), torch.zeros(2, 7), torch.zeros(2)))
    with pytest.raises(InvalidValue, match="a head over 512 features; got one over 7"):
        tasks.make(spec(f"model={path}"), CPU)
    write_head(path, Head("mc3_18", "mc3_18-kinetics400", ("no",), torch.zeros(2, 512), torch.zeros(2)))
    with pytest.raises(InvalidValue, match=r"1 names, weights of \[2, 512\]"):
        read_head(path)
    with pytest.raises(InvalidValue, match="Leave arch out"):
        write_head(path, Head("mc3_18", "mc3_18-kinetics400", ("no",), torch.zeros(1, 512), torch.zeros(1)))
        tasks.make(spec(f"model={path}:arch=i3d"), CPU)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InvalidValue, match=r"own\.safetensors"):
        read_head(path)


def test_what_a_head_stands_on_is_looked_for_before_anything_is_loaded(own_weights: Path) -> None:
    write_head(
        own_weights / "h.safetensors", Head("i3d", "i3d-kinetics400", ("a",), torch.zeros(1, 1024), torch.zeros(1))
    )
    with pytest.raises(MissingData, match="i3d-kinetics400"):
        tasks.check(spec(f"model={own_weights / 'h.safetensors'}"))
    tasks.check(spec("model=i3d-kinetics400"))
    tasks.check(tasks.parse("detection"))


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("model=i3d-kinetics500", UnknownName, "Did you mean 'i3d-kinetics400'"),
        ("model=i4d-kinetics400", UnknownName, "Did you mean 'i3d-kinetics400'"),
        ("model=no.pth:arch=mc3_18", MissingData, r"no file no\.pth"),
        ("window=8", InvalidValue, "a window of at least 9"),
        ("crop=300", InvalidValue, "a crop of at most 256"),
        ("names=hmdb51", InvalidValue, "own|ucf101"),
    ],
)
def test_what_does_not_fit_is_told(text: str, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        task = spec(text)
        tasks.check(task)
        tasks.make(task, CPU)


def test_a_state_of_another_network_names_the_first_difference(tmp_path: Path) -> None:
    path = state_of("mc3_18", 400, tmp_path / "own.pth")
    with pytest.raises(InvalidValue, match="more differences"):
        tasks.make(spec(f"model={path}:arch=efficientnet_b0"), CPU)
    torch.save([1, 2], path)
    with pytest.raises(InvalidValue, match="list that is no state dict"):
        tasks.make(spec(f"model={path}:arch=mc3_18"), CPU)


def test_the_architecture_of_a_state_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "own.pth").write_bytes(b"")
    with pytest.raises(InvalidValue, match=r"Say which with arch=i3d\|"):
        tasks.check(spec(f"model={tmp_path / 'own.pth'}"))


def test_class_names_are_asked_for_where_nothing_says_them(tmp_path: Path) -> None:
    path = state_of("efficientnet_b0", 101, tmp_path / "own.pth")
    with pytest.raises(InvalidValue, match="the names of 101 classes; got 0"):
        tasks.make(spec(f"model={path}:arch=efficientnet_b0"), CPU)
    (tmp_path / "n.txt").write_text("".join(f"{n}\n" for n in range(101)))
    with pytest.raises(InvalidValue, match="a network with classes of Kinetics-400"):
        tasks.make(spec(f"model={path}:arch=efficientnet_b0:classes={tmp_path / 'n.txt'}:names=ucf101"), CPU)


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_code_in_a_state_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"model": Bomb()}, "bomb.pth")
    with pytest.raises(InvalidValue, match=r"bomb\.pth"):
        tasks.make(spec("model=bomb.pth:arch=mc3_18"), CPU)
    assert not Path("exploded").exists()


def test_weights_of_torchvision_are_those_that_it_states() -> None:
    from torchvision.models import get_model_weights

    for name in ("r3d_18", "mc3_18", "r2plus1d_18", "s3d"):
        theirs, ours = get_model_weights(name).KINETICS400_V1, WEIGHTS[f"{name}-kinetics400"]
        assert ours.source is not None and ours.source.url == theirs.url
        assert f"-{ours.sha256}.pth" in theirs.url
        assert f"{theirs.meta['_metrics']['Kinetics-400']['acc@1']:.1f} %" in ours.note
