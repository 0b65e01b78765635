"""Weights by name: which file, from where, under which licence, with which hash.

The hash is checked where a file comes from: at download. A file that you put under a root yourself is taken as it is,
since its owner may have republished it (YOLOv5 has several official files per name); `check` says when it is another
one than the table's, or one that nobody has published a hash of, and a run's manifest records `sha256` of what it used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from ahc_stream import lite, store
from ahc_stream.core.errors import MediaError, MissingData, UnknownName
from ahc_stream.store import Finding, Url
from ahc_stream.weights import tensorflow_js, zoo
from ahc_stream.weights.classifiers import CLASSIFIERS
from ahc_stream.weights.detectors import DETECTORS
from ahc_stream.weights.edges import EDGE_DETECTORS
from ahc_stream.weights.entry import Weight
from ahc_stream.weights.instances import INSTANCES
from ahc_stream.weights.ocr import READERS
from ahc_stream.weights.perceptual import PERCEPTUAL
from ahc_stream.weights.semantic import SEMANTIC
from ahc_stream.weights.video import VIDEO

WEIGHTS: Mapping[str, Weight] = {
    **CLASSIFIERS,
    **DETECTORS,
    **INSTANCES,
    **SEMANTIC,
    **EDGE_DETECTORS,
    **READERS,
    **PERCEPTUAL,
    **VIDEO,
}
"""Of the tasks and metrics. CompressAI's zoo and the lite codecs have their own tables, see `table`."""


def table() -> dict[str, Weight]:
    """Every weight by name: `WEIGHTS`, the lite codecs', and CompressAI's under names like "cheng2020-anchor-4-mse"."""
    return {**WEIGHTS, **_lite(), **_zoo()}


def _lite() -> dict[str, Weight]:
    note = "lite codec, part of the package"
    return {
        name: Weight(name, f"weights/lite/{name}.safetensors", None, sha256, lite.LICENCE, note)
        for name, sha256 in lite.SHA256.items()
    }


def _zoo() -> dict[str, Weight]:
    weights = {}
    for name, (url, prefix) in zoo.checkpoints().items():
        source = Url(url, prefix)
        file = f"weights/compressai/{source.file}"
        weights[name] = Weight(name, file, source, prefix, "BSD-3-Clause-Clear", "CompressAI's zoo")
    return weights


def weight(name: str) -> Weight:
    """The table's entry. Raises UnknownName."""
    if name in WEIGHTS:
        return WEIGHTS[name]
    known = table()
    if name not in known:
        raise UnknownName.among("weight", name, known)
    return known[name]


def _here(entry: Weight) -> Path | None:
    """The weight's file in the package or under the first root that holds it, if any does."""
    return lite.path(entry.name) if _is_packaged(entry) else store.find(entry.file)


def _is_packaged(entry: Weight) -> bool:
    return entry.source is None and not entry.where


def find(name: str) -> Path:
    """The weight's file, from the package or the first root that holds it. Raises UnknownName and MissingData."""
    entry = weight(name)
    path = _here(entry)
    if path is None:
        raise MissingData(f"the weights {name}", store.searched(entry.file), todo([name]))
    return path


def todo(names: Iterable[str]) -> str:
    """What brings the weights: the command that downloads them, and what a person does for the others."""
    entries = [weight(name) for name in names]
    fetched = [entry.name for entry in entries if not entry.where]
    sentences = [f"run: ahc-stream data download {' '.join(fetched)}"] if fetched else []
    sentences += [f"for {store.home() / entry.file}, {entry.where}" for entry in entries if entry.where]
    return "; and ".join(sentences)


def download(name: str, progress: store.Progress | None = None) -> Path:
    """The weight's file, fetched into `store.home()` where no root holds it; see `store.fetch`."""
    entry = weight(name)
    path = _here(entry)
    if path is not None:
        return path
    if entry.source is None:
        raise MissingData(f"a source to download {name} from", "none", todo([name]))
    store.fetch(entry.source, store.home() / entry.target, progress)
    return store.home() / entry.file


def missing(names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that no root holds."""
    return tuple(name for name in names if _here(weight(name)) is None)


def check(name: str) -> list[Finding]:
    """What `data check` says of a weight; empty: it is here and is the table's."""
    entry = weight(name)
    path = _here(entry)
    if path is None:
        return [Finding(f"{name}: {store.searched(entry.file)}; {todo([name])}")]
    try:
        digest = sha256(path)
    except MediaError as error:
        return [Finding(f"{name}: {error}")]
    if entry.sha256 is None:
        got = f"nobody has published its hash; {path} has SHA-256 {digest}"
        return [Finding(f"{name}: unverified, {got}", is_fault=False)]
    if not digest.startswith(entry.sha256):
        return [Finding(f"{name}: {path} has SHA-256 {digest}, the table's file {entry.sha256}", is_fault=False)]
    return []


def sha256(path: Path) -> str:
    """Hex digest of a file, remembered while its path, size and modification time stay the same. Of TensorFlow.js'
    model.json, whose weights are shards beside it, the digest of all of their digests. Raises MediaError for a
    model.json without its shards."""
    if path.suffix == ".json":
        return _sha256_of_model(path)
    status = path.stat()
    return _sha256(path, status.st_size, status.st_mtime_ns)


def _sha256_of_model(path: Path) -> str:
    shards = {shard for group in tensorflow_js.groups(path) for shard in tensorflow_js.shards(path, group)}
    missing_shards = [shard.name for shard in sorted(shards) if not shard.is_file()]
    if missing_shards:
        raise tensorflow_js.unusable(path, f"no {', '.join(missing_shards)}")
    digests = [store.sha256_of(path), *(sha256(shard) for shard in sorted(shards))]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


@lru_cache(maxsize=256)
def _sha256(path: Path, size: int, modified_ns: int) -> str:
    return store.sha256_of(path)
