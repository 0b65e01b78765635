"""Trains a last layer for UCF101's classes on the features of a known network, and scores it on the test half.

    ahc-stream data download efficientnet_lite0-imagenet
    python tools/train_ucf101_head.py ucf101.safetensors --split 1
    ahc-stream run ucf101 --codec h264@23,43 --task video:model=ucf101.safetensors

The study's classifier is of this kind: an EfficientNet's features averaged over the frames of a window, then one linear
layer. It is a logistic regression, one sample per window of the train half, whose strength is chosen on every fifth
recording of it; clips of one recording are never on both sides. `--halves` is for a tree without split files: it trains
on the first half of each clip and scores the second, which shows the same scene, so that its accuracy says nothing
about other videos.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from ahc_stream import datasets, tasks
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.cuda import resolve_device
from ahc_stream.core.labels import KEY
from ahc_stream.core.stream import Stream
from ahc_stream.core.task_session import open_session
from ahc_stream.datasets import ucf101
from ahc_stream.sources import choose, open_item
from ahc_stream.tasks.video import build as video_build
from ahc_stream.tasks.video.head import Head, write_head
from ahc_stream.tasks.video.models import replace_head
from ahc_stream.tasks.video.window_pass import WindowPass
from ahc_stream.tasks.video.windows import Windows

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
HELD_OUT = 5  # every fifth recording chooses the strength
DEFAULT_STRENGTH = 1e-2  # where there are too few recordings to choose
CLIP_FRAMES = 16

Part = tuple[Item, list[Clip]]
Features = Callable[[], WindowPass]


def main() -> None:
    ask = _arguments()
    roots = [root or datasets.path("ucf101") for root in ask.root or [None]]
    device = resolve_device(ask.device)
    features = _headless(ask.features, device)
    train, test = ("first", "second") if ask.halves else ("train", "test")
    rows, classes, recordings = _samples(features, _parts(roots, train, ask.split, device))
    model = fitted(rows, classes, strength(rows, classes, recordings))
    write_head(ask.file, head(model, ask.features.rpartition("-")[0], ask.features))
    values = _scores(ask.file, _parts(roots, test, ask.split, device), device)
    print(f"{test} half, {values['videos']:.0f} videos: accuracy {values['accuracy']:.4f}, top-5 {values['top5']:.4f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="the .safetensors file to write")
    known = video_build.known_weights()
    parser.add_argument("--features", default="efficientnet_lite0-imagenet", choices=known, help="weights to stand on")
    parser.add_argument("--split", type=int, default=1, choices=(1, 2, 3), help="the official split")
    parser.add_argument("--halves", action="store_true", help="train on the first half of each clip, score the second")
    parser.add_argument("--root", type=Path, action="append", help="a tree of clips, if not AHC_STREAM_PATH's")
    parser.add_argument("--device", default="auto")
    return parser.parse_args()


def _headless(name: str, device: torch.device) -> Features:
    """Begins a stream, whose outputs are the features of a network."""
    chosen = video_build.choose({"model": name, "arch": "auto"})
    network = video_build.load(chosen)
    replace_head(network, chosen.architecture, nn.Identity())
    each = chosen.architecture
    windows = Windows(each.window, each.step, each.window * each.step, each.least)
    network = network.eval().requires_grad_(False).to(device)
    return lambda: WindowPass(network, each.preset, windows)


def _parts(roots: Iterable[Path], part: str, split: int, device: torch.device) -> Iterator[Part]:
    """The videos of a part of the trees, each with its clips, or with half of them."""
    for root in roots:
        whole = part in ("first", "second")
        items, _ = ucf101.open_tree(root, "ucf101", None if whole else split, "train" if part == "train" else "test")
        for item in items:
            clips = list(open_item(item, CLIP_FRAMES, device, choose(item, device)))
            middle = (len(clips) + 1) // 2
            yield item, {"first": clips[:middle], "second": clips[middle:]}.get(part, clips)


@torch.inference_mode()
def _samples(features: Features, parts: Iterable[Part]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """float32 [windows, features], the class of each, and the number of its recording (0 where the name has none)."""
    rows, classes, recordings = [], [], []
    for item, clips in parts:
        stream = features()
        outputs = [output for clip in clips for output in stream.push(clip.frames)] + stream.finish()
        rows += [output.float().cpu().numpy() for _, output in outputs]
        classes += [item.paths[0].parent.name] * len(outputs)
        recordings += [recording(item.name)] * len(outputs)
        print(f"{item.name}: {len(rows)} windows so far", flush=True)
    return np.concatenate(rows), np.array(classes), np.array(recordings)


def recording(name: str) -> int:
    """Clips of UCF101 with one class and one gXX are cut from one recording: the XX of "v_Archery_g08_c02"."""
    found = re.search(r"_g(\d+)_c\d+$", name)
    return int(found.group(1)) if found else 0


def strength(rows: np.ndarray, classes: np.ndarray, recordings: np.ndarray) -> float:
    """scikit-learn's C that does best on the recordings held out; the default where those are too few."""
    held = (recordings % HELD_OUT == 0) & (recordings > 0)
    if set(classes[held]) != set(classes) or set(classes[~held]) != set(classes):
        print(f"too few recordings to choose the strength: {DEFAULT_STRENGTH:g}")
        return DEFAULT_STRENGTH
    accuracies = {c: fitted(rows[~held], classes[~held], c).score(rows[held], classes[held]) for c in STRENGTHS}
    for c, accuracy in accuracies.items():
        print(f"strength {c:g}: accuracy on the windows held out {accuracy:.4f}")
    return max(accuracies, key=accuracies.__getitem__)


def fitted(rows: np.ndarray, classes: np.ndarray, c: float):
    """A logistic regression over features brought to mean 0 and deviation 1."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1000)).fit(rows, classes)


def head(model, architecture: str, backbone: str) -> Head:
    """The regression as one linear layer over the features as they are. Two classes are one row there, and two here."""
    scaler, regression = model[0], model[1]
    weight = regression.coef_ / scaler.scale_
    bias = regression.intercept_ - weight @ scaler.mean_
    if len(weight) == 1:
        weight, bias = np.concatenate([0 * weight, weight]), np.concatenate([0 * bias, bias])
    tensors = (torch.from_numpy(values).float() for values in (weight, bias))
    return Head(architecture, backbone, tuple(str(name) for name in regression.classes_), *tensors)


@torch.inference_mode()
def _scores(file: Path, parts: Iterable[Part], device: torch.device) -> dict[str, float]:
    """What the task says of the file on these videos."""
    spec = tasks.parse(f"video:model={file}")
    task = tasks.make(spec, device)
    rows, items = [], []
    for item, clips in parts:
        if not clips:
            continue  # a video of one clip has no second half
        session = open_session(task, Stream.of(clips[0]))
        found = [at_frame for clip in clips for at_frame in session.push(clip, clip)] + list(session.finish())
        keys = [key for clip in clips for key in clip.keys]
        rows += [key._asdict() | dict(row) for key, at_frame in zip(keys, found, strict=True) for row in at_frame]
        items.append(item)
    labels = ucf101.labels_of("ucf101", items)
    predictions = pa.Table.from_pylist(rows, pa.schema([*KEY, *task.schema]))
    return tasks.score(spec, predictions, labels, labels) | {"videos": labels.num_rows}


if __name__ == "__main__":
    main()
