# What the compiled module holds (module.cpp names the files). Buffers are contiguous and on the CPU, arrays or tensors;
# another type of element is refused, not converted. Every call releases the GIL while it computes.

from collections.abc import Sequence

from torch import Tensor

from .arrays import Float32Array, Float64Array, Int32Array, Int64Array, Pixels, Uint8Array, Uint64Array

# checksum.cpp

# XXH64 of int32 [n], read as little-endian bytes.
def symbol_checksum(symbols: Int32Array | Tensor, seed: int = 0) -> int: ...

# detection_scores.cpp. Flags are uint8, 0 or 1; each raises ValueError for shapes that do not fit one another.

# Sets bits of hits and ignored, uint64 [found boxes], which are 0: box_match.hpp. found_starts, true_starts: int64
# [groups + 1]. overlaps: float64, found x true of each group. crowd: [true]. true_outside: [areas, true].
# found_outside: [areas, found].
def match_boxes(
    found_starts: Int64Array,
    true_starts: Int64Array,
    overlaps: Float64Array,
    crowd: Uint8Array,
    true_outside: Uint8Array,
    found_outside: Uint8Array,
    thresholds: Float64Array,
    threads: int,
    hits: Uint64Array,
    ignored: Uint64Array,
) -> None: ...

# Curves of ranked boxes: precision_curves.hpp. starts: int64 [classes + 1]. image, hits, ignored: [boxes].
# label_class, label_image: int64 [rows]. labels: int32 [rows, areas].
class PrecisionCurves:
    def __init__(
        self,
        starts: Int64Array,
        image: Int64Array,
        hits: Uint64Array,
        ignored: Uint64Array,
        label_class: Int64Array,
        label_image: Int64Array,
        labels: Int32Array,
        thresholds: int,
        images: int,
    ) -> None: ...

    # weights: float64 [draws, images]. recalls: even from 0 to 1; none: the area below. precision, recall: float64
    # [draws, classes, areas, thresholds], written.
    def measure(
        self,
        weights: Float64Array,
        recalls: Float64Array,
        threads: int,
        precision: Float64Array,
        recall: Float64Array,
    ) -> None: ...

# colour.cpp. uint8 planes whose rows may lie apart: Y [H, W], Cb and Cr [ceil(H / 2), ceil(W / 2)], rgb [3, H, W]. The
# coefficients are those of colour.py; `centred`: chroma lies between two columns. Each raises ValueError for shapes
# that do not fit.

# Writes rgb. coefficients: int32 [6].
def ycbcr_to_rgb(
    y: Uint8Array, cb: Uint8Array, cr: Uint8Array, coefficients: Int32Array, centred: bool, rgb: Uint8Array
) -> None: ...

# Writes y, cb and cr. coefficients: int32 [9].
def rgb_to_ycbcr(
    rgb: Uint8Array,
    coefficients: Int32Array,
    full_range: bool,
    centred: bool,
    y: Uint8Array,
    cb: Uint8Array,
    cr: Uint8Array,
) -> None: ...

# edges.cpp. Maps are [H, W]; each raises ValueError for shapes that do not fit one another.

# Thins uint8 [H, W] of 0 and 1 in place, until nothing changes: thin.hpp.
def thin_edges(map: Uint8Array) -> None: ...

# Sets what is no ridge of float32 [H, W] to 0, in place: edge_nms.hpp. smoothing, reach, border: in pixels.
def suppress_edges(map: Float32Array, smoothing: int, reach: int, grace: float, border: int) -> None: ...

# found, truth: uint8 [H, W]. partners: int32 [pixels on in found], written in raster order: the pixel of truth, counted
# in raster order, that each is paired with, or -1. radius: in pixels.
def match_edges(found: Uint8Array, truth: Uint8Array, radius: float, kept: int, partners: Int32Array) -> None: ...

# map: float64 [H, W]. annotators: uint8 [A, H, W]. thresholds: float64 [K]. counts: int64 [K, 4], written: pixels of
# truths that are matched, and all; pixels of the map, at least the threshold and thinned, that are matched, and all.
# kept: the most neighbours that lists hold; further ones are looked up.
def count_edges(
    map: Float64Array,
    annotators: Uint8Array,
    thresholds: Float64Array,
    radius: float,
    kept: int,
    threads: int,
    counts: Int64Array,
) -> None: ...

# Grey reconstruction of seeds under masks, float32 [N, H, W] both, in place: edge_grow.hpp.
def grow_edges(seeds: Float32Array | Tensor, masks: Float32Array | Tensor, threads: int) -> None: ...

# fixed_convolution.cpp. `threads`, and `variant` of the list below, change the time and never a bit. Each raises
# ValueError for shapes that do not fit.

# A 3 x 3 convolution of what is around each pixel, zeros outside. kernels: float32 [up up out, down down in, 3, 3]; the
# phases (row, column) of the picture where it gets smaller, or larger, are counted first. bias: float32 [up up out].
class FixedConvolution:
    def __init__(
        self, kernels: Float32Array | Tensor, bias: Float32Array | Tensor, down: int = 1, up: int = 1
    ) -> None: ...

    # x: float32 [H, W, in]. out: float32 [ceil(H / down) up, ceil(W / down) up, out], written.
    def convolve(
        self, x: Float32Array | Tensor, out: Float32Array | Tensor, threads: int = 1, variant: int = 0
    ) -> None: ...

# Each pixel's channels times one matrix: weights float32 [out, in], bias float32 [out]. kind: "sum" for x W + b,
# "divide" for x / sqrt(x^2 W + b), "multiply" for x sqrt(x^2 W + b).
class FixedPointwise:
    def __init__(self, weights: Float32Array | Tensor, bias: Float32Array | Tensor, kind: str) -> None: ...

    # x: float32 [pixels, in]. out: float32 [pixels, out], written.
    def multiply(
        self, x: Float32Array | Tensor, out: Float32Array | Tensor, threads: int = 1, variant: int = 0
    ) -> None: ...

# The instruction sets that this machine can run them with, fastest first.
def fixed_convolution_variants() -> list[str]: ...

# fixed_product.cpp

# The weights of a product with one order of summation, laid out once: float32 [K, N].
class FixedWeights:
    def __init__(self, weights: Float32Array | Tensor) -> None: ...

    # out += x @ weights. x: float64 [R, K]. out: float64 [R, N]. `threads`, and `variant` of the list below, change the
    # time and never a bit. Raises ValueError for shapes that do not fit.
    def add_product(
        self, x: Float64Array | Tensor, out: Float64Array | Tensor, threads: int = 1, variant: int = 0
    ) -> None: ...

# The instruction sets that this machine can run the product with, fastest first.
def fixed_product_variants() -> list[str]: ...

# metrics.cpp. Frames are uint8 or float32 [N, C, H, W], both of one type and shape, in any memory layout. `variant`
# counts what pixel_variants lists; it and `threads` change the time and never a bit. Each raises ValueError for shapes
# and types that do not fit.

# The instruction sets that this machine can run the loops over pixels with, fastest first.
def pixel_variants() -> list[str]: ...

# means: float64 [N, 2], written: mean squared and mean absolute error. Sums of bytes are exact.
def frame_errors(x: Pixels, y: Pixels, means: Float64Array, threads: int = 1, variant: int = 0) -> None: ...

# C = 3. means: float64 [N, 6], written: means of the products RR, GG, BB, RG, RB, GB of the channels' errors.
def channel_products(x: Pixels, y: Pixels, means: Float64Array, threads: int = 1, variant: int = 0) -> None: ...

# taps: float32 [6], half of the window of 11 and its middle. means: float64 [N, scales, C, 2], written: of luminance *
# structure and of structure, NaN where the window does not fit. most_floats: of the pyramids that are held at a time.
def ssim_means(
    x: Pixels,
    y: Pixels,
    taps: Float32Array,
    c1: float,
    c2: float,
    means: Float64Array,
    most_floats: int,
    threads: int = 1,
    variant: int = 0,
) -> None: ...

# C = 3. taps: float32 [19], halves of the windows of 17, 9, 5 and 3 with their middles. luma: float32 [3]. bits:
# float64 [N, 4, 2], written: kept in the distorted and held by the reference, summed over each scale; NaN below 41
# pixels a side.
def vif_bits(
    x: Pixels,
    y: Pixels,
    taps: Float32Array,
    luma: Float32Array,
    noise: float,
    epsilon: float,
    rounding: float,
    bits: Float64Array,
    most_floats: int,
    threads: int = 1,
    variant: int = 0,
) -> None: ...

# nms.cpp

# Greedy suppression of boxes float32 [M, 4], x1, y1, x2, y2, in the order of int64 [M]: a box goes that overlaps one
# which stays by more than iou. Writes the indexes of those that stay into kept, int64 [most], and returns how many
# there are; it looks at no box behind the last that there is room for. Raises ValueError for shapes that do not fit, an
# index of no box and an iou below 0.
def keep_boxes(
    boxes: Float32Array | Tensor, order: Int64Array | Tensor, iou: float, kept: Int64Array | Tensor
) -> int: ...

# quads.cpp. Writes the intersection over union of each pair. first, second: float64 [M, 8], x, y of four corners in
# order. of_first, of_second: int64 [pairs], their rows. overlaps: float64 [pairs]. Raises ValueError for shapes that do
# not fit, rows that there are not and corners that are not finite.
def quad_overlaps(
    first: Float64Array,
    second: Float64Array,
    of_first: Int64Array,
    of_second: Int64Array,
    threads: int,
    overlaps: Float64Array,
) -> None: ...

# rans.cpp. String s of a batch holds the symbols [bounds[s], bounds[s + 1]); bounds: int64 [strings + 1].

# Cumulative distributions, checked and laid out once. cdfs: int32 [k, m], row i holding lengths[i] frequencies, rising
# from 0 to 65536, whose last bin is the escape. lengths, offsets: int32 [k]; offsets[i]: value of row i's first bin.
# Raises ValueError for a row that is no such distribution.
class RansTables:
    def __init__(self, cdfs: Int32Array, lengths: Int32Array, offsets: Int32Array) -> None: ...
    def __len__(self) -> int: ...

# The strings of a batch. symbols, indexes: int32 [n]; an index names the table of its symbol. The number of threads
# changes no byte. Raises ValueError for an index that names no table.
def rans_encode(
    tables: RansTables,
    symbols: Int32Array | Tensor,
    indexes: Int32Array | Tensor,
    bounds: Int64Array | Tensor,
    threads: int = 1,
) -> list[bytes]: ...

# The strings of a batch being read, in one step or in many. Raises ValueError for a string that is too short.
class RansDecoder:
    def __init__(self, tables: RansTables, strings: Sequence[bytes]) -> None: ...
    def __len__(self) -> int: ...

    # Reads the next symbols of every string into out. indexes, out: int32 [n]. Raises ValueError for an index that
    # names no table and for a string that ends too early; after that, the decoder is of no more use.
    def decode(
        self, indexes: Int32Array | Tensor, bounds: Int64Array | Tensor, out: Int32Array | Tensor, threads: int = 1
    ) -> None: ...

    # Raises ValueError unless every string was read to its end, and led back to the state that every encoder starts at.
    def finish(self) -> None: ...

# ssimulacra.cpp

# frames: uint8 [N, C, H, W], in any memory layout. table: float32 [256]. out: float32 of their shape, written.
def linear_light(frames: Uint8Array, table: Float32Array, out: Float32Array, threads: int = 1) -> None: ...

# linear: float32 [N, 3, H, W]. constants: float32 [15], as pixels/work.hpp lists OpsinConstants. out: of that shape,
# written: X, Y and B. `variant` counts what pixel_variants lists.
def opsin_planes(
    linear: Float32Array, constants: Float32Array, out: Float32Array, threads: int = 1, variant: int = 0
) -> None: ...

# x, y: float32 [P, H, W]. taps: float32 [5], half of the window of 9 and its middle. sums: float64
# [P, 6], written: over each pair of planes the lack of structure, the edges that only y has and those that only x has,
# each with its fourth powers.
def difference_sums(
    x: Float32Array,
    y: Float32Array,
    taps: Float32Array,
    c2: float,
    sums: Float64Array,
    threads: int = 1,
    variant: int = 0,
) -> None: ...

# warp.cpp. `threads` and `variant` as in metrics.cpp. Each raises ValueError for shapes that do not fit.

# padded: float32 [P, H + 10, W + 10], borders repeated. taps: float32 [6]. out: float32 [P, H, W], written: under the
# window of 11 x 11.
def blur_planes(
    padded: Float32Array | Tensor, taps: Float32Array, out: Float32Array | Tensor, threads: int = 1, variant: int = 0
) -> None: ...

# pictures, motion, out: float32 [N, 3, H, W], out written. pyramid: float32 [N, 3, floats], level l from starts[l] on.
# starts: int64 [levels + 1]. What is computed: warp.py.
def warp_pictures(
    pictures: Float32Array | Tensor,
    pyramid: Float32Array | Tensor,
    starts: Int64Array,
    motion: Float32Array | Tensor,
    out: Float32Array | Tensor,
    threads: int = 1,
    variant: int = 0,
) -> None: ...
