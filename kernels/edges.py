"""Soft edge maps against annotators' boundaries: suppress, thin, match, count (edges.cpp).

The steps of the benchmark of the Berkeley Segmentation Data Set, as D. Martin, C. Fowlkes and J. Malik describe them,
"Learning to detect natural image boundaries using local brightness, color, and texture cues" (PAMI 2004), with the
thinning that its later versions add. Each header says what its step follows.
"""

from __future__ import annotations

import numpy as np

from ._native import count_edges, grow_edges, match_edges, suppress_edges, thin_edges
from .arrays import BoolArray, Float32Array, Float64Array, Int32Array, Int64Array, Uint8Array
from .processors import processors

SMOOTHING = 1  # radius of the triangle that a soft map is smoothed with before its ridges are looked for
REACH = 1  # pixels along the normal to which a ridge is compared
GRACE = 1.01  # a pixel this much below its neighbour still stays
BORDER = 5  # pixels over which maps fade out
KEPT = 1 << 25  # neighbours that are kept in lists at most, of 8 bytes each: 256 MiB. Further ones are looked up again


def suppress(soft: Float32Array | Float64Array) -> Float32Array:
    """float32 [H, W] with what is no ridge set to 0. soft: any float [H, W], at least 1 x 1; see edge_nms.hpp."""
    thin_map = np.array(soft, np.float32, order="C")
    suppress_edges(thin_map, SMOOTHING, REACH, GRACE, BORDER)
    return thin_map


def thin(edges: BoolArray) -> BoolArray:
    """bool [H, W] thinned until nothing changes. edges: bool [H, W]; see thin.hpp."""
    thinned = np.array(edges, np.bool_, order="C").view(np.uint8)
    thin_edges(thinned)
    return thinned.view(np.bool_)


def match(found: BoolArray, truth: BoolArray, radius: float) -> Int32Array:
    """int32 [pixels on in found]: the pixel of `truth` that each is paired with, or -1; both counted in raster order.

    found, truth:  bool [H, W]. At most `radius` pixels lie between two that are paired. As many pairs as there can be.
    """
    partners = np.empty(np.count_nonzero(found), np.int32)
    match_edges(_bytes(found), _bytes(truth), radius, KEPT, partners)
    return partners


def count(
    soft: Float32Array | Float64Array,
    truths: BoolArray,
    thresholds: Float64Array,
    tolerance: float,
    threads: int | None = None,
) -> Int64Array:
    """int64 [K, 4] of one map at each threshold: pixels of the truths that are matched, and all of them, summed over
    annotators; pixels of the map that are matched to any annotator, and all of them. No count depends on `threads`.

    soft:        float [H, W], not thinned. At a threshold, what is at least that is an edge, and is thinned.
    truths:      bool [A, H, W], one map per annotator, taken as they are.
    thresholds:  float [K].
    tolerance:   distance within which pixels match, over the diagonal of the map.
    threads:     at most so many; None: one per processor that this process may use.
    """
    counts = np.empty((len(thresholds), 4), np.int64)
    height, width = soft.shape
    radius = tolerance * float(np.hypot(height, width))
    values = np.ascontiguousarray(soft, np.float64)
    levels = np.ascontiguousarray(thresholds, np.float64)
    count_edges(values, _bytes(truths), levels, radius, KEPT, threads or processors(), counts)
    return counts


def reconstruct(seeds: Float32Array, masks: Float32Array, threads: int | None = None) -> None:
    """Grey reconstruction in place: each pixel of `seeds` gets the most that reaches it from any seed under the mask,
    along neighbours in eight directions. float32 [N, H, W] both, contiguous; see edge_grow.hpp."""
    grow_edges(seeds, masks, threads or processors())


def _bytes(mask: BoolArray) -> Uint8Array:
    return np.ascontiguousarray(mask, np.bool_).view(np.uint8)
