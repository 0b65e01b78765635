// A matrix product whose every sum is taken in one order, so that its bits depend on nothing else.
//
// out[r, n] = start[r, n], then for k = 0, 1, ... K-1 in turn: out = fma(x[r, k], w[k, n], out), in float64. The lanes
// of a vector are different n, and a tile holds several r: none of them meets another. So the number of rows, their
// order, the tiles, the threads and the width of the machine's vectors change the time and never a bit. A product that
// stops at some k and goes on later, from what it had, is the same too.
//
// The weights are float32 and are widened as they are read: half the bytes, and a step with few rows is bound by them.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "bindings.hpp"
#include "parallel.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Weights = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Rows = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using RowsOut = nb::ndarray<double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

constexpr std::size_t PANEL = 24;
constexpr std::size_t MOST_ROWS = 8;  // a tile of 8 x 24 sums fills 24 of AVX-512's 32 registers
constexpr std::size_t ROW_BLOCK = 64;  // rows of one piece: what a panel of weights is read for while it is in cache
constexpr std::size_t WORTH_A_THREAD = 4'000'000;  // multiplications: ten times as long as a thread takes to start

// Panels of 24 columns, each [K][24], the last filled up with zeros.
struct Panels {
    std::size_t depth, columns;
    std::vector<float> weights;

    std::size_t count() const { return (columns + PANEL - 1) / PANEL; }
    const float *panel(std::size_t number) const { return weights.data() + number * depth * PANEL; }
};

// One tile: ROWS rows of x, each `depth` long and `stride` apart, times one panel, added to `sums` in the fixed order.
using Tile = void (*)(const double *x, std::size_t stride, const float *panel, std::size_t depth, double *sums);

#if defined(__x86_64__) && defined(__GNUC__)
struct Wide {
    typedef double Doubles __attribute__((vector_size(64)));
    typedef float Floats __attribute__((vector_size(32)));
};
struct Narrow {
    typedef double Doubles __attribute__((vector_size(32)));
    typedef float Floats __attribute__((vector_size(16)));
};

// Compiled with -ffp-contract=fast, `sum += x * weight` is one fma wherever the target has it, as both targets below do.
template <typename Vector, std::size_t ROWS>
[[gnu::always_inline]] inline void vector_tile(const double *x, std::size_t stride, const float *panel,
                                               std::size_t depth, double *sums) {
    constexpr std::size_t LANES = sizeof(typename Vector::Doubles) / sizeof(double), VECTORS = PANEL / LANES;
    typename Vector::Doubles sum[ROWS][VECTORS];
    __builtin_memcpy(sum, sums, sizeof sum);
    for (std::size_t k = 0; k < depth; ++k, panel += PANEL)
#pragma GCC unroll 8
        for (std::size_t v = 0; v < VECTORS; ++v) {
            typename Vector::Floats narrow;
            __builtin_memcpy(&narrow, panel + v * LANES, sizeof narrow);
            const auto weight = __builtin_convertvector(narrow, typename Vector::Doubles);
#pragma GCC unroll 8
            for (std::size_t r = 0; r < ROWS; ++r) sum[r][v] += x[r * stride + k] * weight;
        }
    __builtin_memcpy(sums, sum, sizeof sum);
}

template <std::size_t ROWS>
[[gnu::target("avx512f,avx512vl,avx512dq")]] void tile_avx512(const double *x, std::size_t stride, const float *panel,
                                                              std::size_t depth, double *sums) {
    vector_tile<Wide, ROWS>(x, stride, panel, depth, sums);
}

template <std::size_t ROWS>
[[gnu::target("avx2,fma")]] void tile_avx2(const double *x, std::size_t stride, const float *panel, std::size_t depth,
                                           double *sums) {
    vector_tile<Narrow, ROWS>(x, stride, panel, depth, sums);
}
#endif

template <std::size_t ROWS>
void tile_portable(const double *x, std::size_t stride, const float *panel, std::size_t depth, double *sums) {
    for (std::size_t k = 0; k < depth; ++k, panel += PANEL)
        for (std::size_t r = 0; r < ROWS; ++r)
            for (std::size_t n = 0; n < PANEL; ++n)
                sums[r * PANEL + n] = std::fma(x[r * stride + k], static_cast<double>(panel[n]), sums[r * PANEL + n]);
}

struct Tiles {
    const char *name;
    Tile of[MOST_ROWS + 1];  // by the number of rows; null for those this machine has too few registers for
    std::size_t most;
};

#if defined(__x86_64__) && defined(__GNUC__)
constexpr Tiles AVX512{"avx512",
                       {nullptr, tile_avx512<1>, tile_avx512<2>, tile_avx512<3>, tile_avx512<4>, tile_avx512<5>,
                        tile_avx512<6>, tile_avx512<7>, tile_avx512<8>},
                       8};
constexpr Tiles AVX2{"avx2", {nullptr, tile_avx2<1>, tile_avx2<2>}, 2};
#endif
constexpr Tiles PORTABLE{"portable", {nullptr, tile_portable<1>}, 1};

// What this machine can run, best first.
std::vector<const Tiles *> runnable() {
    std::vector<const Tiles *> tiles;
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        tiles.push_back(&AVX512);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tiles.push_back(&AVX2);
#endif
    tiles.push_back(&PORTABLE);
    return tiles;
}
const std::vector<const Tiles *> &tiles_here() {
    static const std::vector<const Tiles *> here = runnable();
    return here;
}

// Rows [first, last) times one panel.
void panel_rows(const Tiles &tiles, const Panels &weights, std::size_t number, const double *x, double *out,
                std::size_t first, std::size_t last) {
    const std::size_t column = number * PANEL, width = std::min(PANEL, weights.columns - column);
    for (std::size_t row = first; row < last;) {
        const std::size_t rows = std::min(tiles.most, last - row);
        double sums[MOST_ROWS * PANEL] = {};
        for (std::size_t r = 0; r < rows; ++r)
            std::copy_n(out + (row + r) * weights.columns + column, width, sums + r * PANEL);
        tiles.of[rows](x + row * weights.depth, weights.depth, weights.panel(number), weights.depth, sums);
        for (std::size_t r = 0; r < rows; ++r)
            std::copy_n(sums + r * PANEL, width, out + (row + r) * weights.columns + column);
        row += rows;
    }
}

void add_product(const Panels &weights, Rows x, RowsOut out, std::size_t threads, std::size_t variant) {
    const std::size_t rows = x.shape(0);
    if (x.shape(1) != weights.depth || out.shape(0) != rows || out.shape(1) != weights.columns)
        throw std::invalid_argument("x of [rows, K] and out of [rows, N] are needed, for weights of [K, N]");
    if (variant >= tiles_here().size()) throw std::invalid_argument("this machine has no such variant");
    nb::gil_scoped_release unlocked;
    const Tiles &tiles = *tiles_here()[variant];
    const std::size_t work = rows * weights.depth * weights.columns;
    const std::size_t blocks = (rows + ROW_BLOCK - 1) / ROW_BLOCK, useful = std::min(threads, work / WORTH_A_THREAD + 1);
    ahc::for_each_piece(blocks * weights.count(), useful, [&](std::size_t piece) {
        const std::size_t first = piece / weights.count() * ROW_BLOCK;
        panel_rows(tiles, weights, piece % weights.count(), x.data(), out.data(), first,
                   std::min(first + ROW_BLOCK, rows));
    });
}

Panels *make_panels(Weights weights) {
    Panels panels{weights.shape(0), weights.shape(1), {}};
    panels.weights.resize(panels.count() * panels.depth * PANEL);
    for (std::size_t k = 0; k < panels.depth; ++k)
        for (std::size_t n = 0; n < panels.columns; ++n)
            panels.weights[(n / PANEL * panels.depth + k) * PANEL + n % PANEL] = weights(k, n);
    return new Panels(std::move(panels));
}

}  // namespace

void bind_fixed_product(nb::module_ &m) {
    nb::class_<Panels>(m, "FixedWeights", "The weights of a product with one order of summation, laid out once.")
        .def(nb::new_(&make_panels), "weights"_a.noconvert(), "weights: float32 [K, N], contiguous, on the CPU.")
        .def("add_product", &add_product, "x"_a.noconvert(), "out"_a.noconvert(), "threads"_a = 1, "variant"_a = 0,
             "out += x @ weights, each sum in the order of k, each step one fma in float64: x float64 [R, K], out\n"
             "float64 [R, N], contiguous, on the CPU. `variant` counts what `fixed_product_variants` lists; it and\n"
             "`threads` change the time and never a bit. Raises ValueError for shapes that do not fit.");
    m.def("fixed_product_variants", [] {
        nb::list names;
        for (const Tiles *tiles : tiles_here()) names.append(tiles->name);
        return names;
    }, "The instruction sets that this machine can run the product with, fastest first.");
}
