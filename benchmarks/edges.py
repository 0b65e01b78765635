"""Counts of edges at many thresholds against scikit-image's thinning, SciPy's k-d tree and its maximum matching.

Soft maps are Canny's, of images of BSDS500, against all annotators: from $AHC_STREAM_PATH where it has them, else of a
drawn picture; rows say which. CPU time, summed over threads. No 1080p frame: there one threshold takes SciPy minutes.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from harness import Row, median_seconds, report, require
from kodak import data_root
from numpy.typing import NDArray
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.spatial import cKDTree
from skimage.morphology import thin as skimage_thin

from ahc_stream.datasets.bsds500 import read_truth
from ahc_stream.kernels import edges
from ahc_stream.sources.images import read_image
from ahc_stream.tasks.edges.task import Canny

Soft = NDArray[np.float64]
Truths = NDArray[np.bool_]
Counts = NDArray[np.int64]

TOLERANCE = 0.0075
IMAGES = 2  # of BSDS500
ROUNDS = 1


def data(*parts: str) -> list[Path]:
    """Files of a pattern under $AHC_STREAM_PATH/datasets, in order."""
    return sorted((data_root() / "datasets").glob("/".join(parts)))


def drawn(height: int, width: int) -> NDArray[np.uint8]:
    """uint8 [H, W, 3]: rings under noise."""
    y, x = np.mgrid[:height, :width]
    rings = 128 + 90 * np.sign(np.sin(np.hypot(y - height / 3, x - width / 2) / 12))
    noisy = rings[..., None] + np.random.default_rng(0).normal(0, 12, (height, width, 3))
    return noisy.clip(0, 255).astype(np.uint8)


def canny(image: NDArray[np.uint8]) -> Soft:
    """float64 [H, W] in 256 steps, as the task keeps it."""
    frames = torch.from_numpy(image.copy()).permute(2, 0, 1)[None]
    with torch.inference_mode():
        strengths = Canny(3.0, 0.4, 0.0)(frames)[0]
    return strengths.mul(255).round().double().numpy() / 255


def stills() -> tuple[list[tuple[Soft, Truths]], str]:
    images = data("BSDS500", "data", "images", "test", "*.jpg")[:IMAGES]
    truths = data("BSDS500", "data", "groundTruth", "test", "*.mat")[:IMAGES]
    if images:
        pairs = zip(images, truths, strict=True)
        return [(canny(read_image(image)), np.stack(read_truth(truth))) for image, truth in pairs], "BSDS500"
    image = drawn(321, 481)
    return [(canny(image), np.stack([edges.thin(canny(image) >= level) for level in (0.4, 0.5, 0.6)]))], "drawn"


def by_peers(soft: Soft, truths: Truths, thresholds: Soft) -> Counts:
    """int64 [K, 4] as `edges.count` gives; in the third column any maximum matching's, which need not be ours."""
    radius = TOLERANCE * float(np.hypot(*soft.shape))
    trees = [cKDTree(np.argwhere(truth)) for truth in truths]
    rows = []
    for threshold in thresholds:
        found = np.argwhere(skimage_thin(soft >= threshold))
        matched = np.zeros((len(trees), len(found)), np.bool_)
        for tree, hits in zip(trees, matched, strict=True):
            if len(found) and tree.n:
                near = cKDTree(found).sparse_distance_matrix(tree, radius, output_type="coo_matrix")
                near.data[:] = 1  # a distance of 0 is a neighbour too
                hits[:] = maximum_bipartite_matching(near.tocsr(), perm_type="column") >= 0
        rows.append((matched.sum(), truths.sum(), matched.any(axis=0).sum(), len(found)))
    return np.array(rows, np.int64)


def row(name: str, pairs: list[tuple[Soft, Truths]], count: int) -> Row:
    thresholds = np.arange(1, count + 1) / (count + 1)
    for soft, truths in pairs:
        ours, peers = edges.count(soft, truths, thresholds, TOLERANCE), by_peers(soft, truths, thresholds)
        require(np.array_equal(ours[:, [0, 1, 3]], peers[:, [0, 1, 3]]), "pairs are as many as a maximum matching's")
    works = {
        "ours": lambda: [edges.count(soft, truths, thresholds, TOLERANCE) for soft, truths in pairs],
        "peers": lambda: [by_peers(soft, truths, thresholds) for soft, truths in pairs],
    }
    seconds = median_seconds(works, ROUNDS, clock=time.process_time)
    text = f"{name}, {count} thresholds: counts"
    return Row(text, "s of CPU", seconds["ours"], seconds["peers"], "scikit-image, SciPy")


def rows() -> list[Row]:
    pairs, origin = stills()
    return [row(f"{origin}, {len(pairs)} images", pairs, 3)]


if __name__ == "__main__":
    report("edges", rows())
