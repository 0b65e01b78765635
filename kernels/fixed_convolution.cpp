// Convolutions in float32 whose bits depend on their operands alone: winograd.hpp and pointwise.hpp say how. Pictures are
// [H][W][C]: channels last.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

#include "bindings.hpp"
#include "parallel.hpp"
#include "pointwise.hpp"
#include "winograd.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Kernels = nb::ndarray<const float, nb::ndim<4>, nb::c_contig, nb::device::cpu>;
using Matrix = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Vector = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Picture = nb::ndarray<const float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using PictureOut = nb::ndarray<float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;

constexpr std::size_t WORTH_A_THREAD = 4'000'000;  // multiplications: ten times as long as a thread takes to start

struct Variant {
    const char *name;
    ahc::winograd::Variant winograd;
    ahc::pointwise::Variant pointwise;
};

// The loops of the headers, compiled for one instruction set.
#define AHC_VARIANT(SET, NAME, TARGET)                                                                                 \
    TARGET void spread_##SET(const ahc::winograd::Grid &grid, std::size_t tile, float *narrow, float *to) {            \
        ahc::winograd::spread_tile(grid, tile, narrow, to);                                                            \
    }                                                                                                                  \
    TARGET void gather_##SET(const ahc::winograd::Grid &grid, std::size_t tile, std::size_t n, const float *from) {    \
        ahc::winograd::gather_chunk(grid, tile, n, from);                                                              \
    }                                                                                                                  \
    TARGET void product_##SET(const float *x, std::size_t stride, const float *panel, std::size_t depth, float *out) { \
        ahc::tile<ahc::SET>(x, stride, panel, depth, out);                                                             \
    }                                                                                                                  \
    TARGET void prepare_##SET(const float *x, std::size_t count, bool squares, float *out) {                           \
        ahc::pointwise::prepare(x, count, squares, out);                                                               \
    }                                                                                                                  \
    TARGET void finish_##SET(ahc::pointwise::Kind kind, const float *x, const float *products, const float *bias,      \
                             std::size_t width, float *out) {                                                          \
        ahc::pointwise::finish(kind, x, products, bias, width, out);                                                   \
    }                                                                                                                  \
    constexpr Variant SET{NAME, {spread_##SET, product_##SET, gather_##SET}, {prepare_##SET, product_##SET, finish_##SET}};

#if defined(__x86_64__) && defined(__GNUC__)
AHC_VARIANT(Avx512, "avx512", [[gnu::target("avx512f,avx512vl,avx512dq")]])
AHC_VARIANT(Avx2, "avx2", [[gnu::target("avx2,fma")]])
#endif
AHC_VARIANT(Portable, "portable", )

// What this machine can run, best first.
std::vector<const Variant *> runnable() {
    std::vector<const Variant *> variants;
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        variants.push_back(&Avx512);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) variants.push_back(&Avx2);
#endif
    variants.push_back(&Portable);
    return variants;
}

const std::vector<const Variant *> &variants_here() {
    static const std::vector<const Variant *> here = runnable();
    return here;
}

const Variant &variant_at(std::size_t number) {
    if (number >= variants_here().size()) throw std::invalid_argument("this machine has no such variant");
    return *variants_here()[number];
}

void require(bool held, const char *what) {
    if (!held) throw std::invalid_argument(what);
}

// Calls work(block, memory) for every block, each thread with `memory` floats of its own.
template <typename Work>
void for_each_block(std::size_t blocks, std::size_t threads, std::size_t memory, const Work &work) {
    const std::unique_ptr<float[]> all(new float[threads * memory]);
    std::atomic<std::size_t> next{0};
    ahc::for_each_piece(threads, threads, [&](std::size_t thread) {
        for (std::size_t block; (block = next.fetch_add(1)) < blocks;) work(block, all.get() + thread * memory);
    });
}

std::size_t useful_threads(std::size_t threads, std::size_t multiplications) {
    return std::max<std::size_t>(1, std::min(threads, multiplications / WORTH_A_THREAD + 1));
}

void convolve(const ahc::winograd::Layer &layer, Picture x, PictureOut out, std::size_t threads, std::size_t number) {
    const ahc::winograd::Grid grid(layer, x.shape(0), x.shape(1), x.data(), out.data());
    require(x.shape(2) == layer.channels_in, "x of [H, W, channels in] is needed");
    require(out.shape(0) == grid.height * layer.up && out.shape(1) == grid.width * layer.up &&
                out.shape(2) == layer.channels_out, "out of [ceil(H / down) up, ceil(W / down) up, channels out] is needed");
    const ahc::winograd::Variant &variant = variant_at(number).winograd;
    nb::gil_scoped_release unlocked;
    const std::size_t work = grid.tiles * ahc::winograd::POINTS * layer.depth() * layer.columns();
    for_each_block(grid.blocks(), useful_threads(threads, work), grid.memory(),
                   [&](std::size_t block, float *memory) { ahc::winograd::block(variant, grid, block, memory); });
}

void multiply(const ahc::pointwise::Layer &layer, Matrix x, nb::ndarray<float, nb::ndim<2>, nb::c_contig> out,
              std::size_t threads, std::size_t number) {
    require(x.shape(1) == layer.depth, "x of [pixels, channels in] is needed");
    require(out.shape(0) == x.shape(0) && out.shape(1) == layer.channels, "out of [pixels, channels out] is needed");
    const ahc::pointwise::Variant &variant = variant_at(number).pointwise;
    nb::gil_scoped_release unlocked;
    const std::size_t pixels = x.shape(0), size = ahc::pointwise::BLOCK;
    for_each_block((pixels + size - 1) / size, useful_threads(threads, pixels * layer.depth * layer.channels),
                   layer.memory(), [&](std::size_t block, float *memory) {
                       const std::size_t first = block * size;
                       ahc::pointwise::block(variant, layer, x.data() + first * layer.depth,
                                             out.data() + first * layer.channels, std::min(size, pixels - first), memory);
                   });
}

ahc::winograd::Layer *make_convolution(Kernels kernels, Vector bias, std::size_t down, std::size_t up) {
    require((down == 1 || down == 2) && (up == 1 || up == 2), "down and up are 1 or 2");
    require(kernels.shape(2) == 3 && kernels.shape(3) == 3 && kernels.shape(0) % (up * up) == 0 &&
                kernels.shape(1) % (down * down) == 0, "kernels of [up up out, down down in, 3, 3] are needed");
    require(bias.shape(0) == kernels.shape(0), "a bias for each kernel is needed");
    return new ahc::winograd::Layer(kernels.shape(1) / (down * down), kernels.shape(0) / (up * up), down, up,
                                    kernels.data(), bias.data());
}

ahc::pointwise::Layer *make_pointwise(Matrix weights, Vector bias, const std::string &kind) {
    using ahc::pointwise::Kind;
    require(kind == "sum" || kind == "divide" || kind == "multiply", "a kind of sum, divide or multiply is needed");
    require(bias.shape(0) == weights.shape(0), "a bias for each row of the weights is needed");
    require(kind == "sum" || weights.shape(0) == weights.shape(1), "a square matrix is needed");
    const Kind what = kind == "sum" ? Kind::SUM : kind == "divide" ? Kind::DIVIDE : Kind::MULTIPLY;
    return new ahc::pointwise::Layer(weights.shape(1), weights.shape(0), what, weights.data(), bias.data());
}

}  // namespace

void bind_fixed_convolution(nb::module_ &m) {
    nb::class_<ahc::winograd::Layer>(m, "FixedConvolution", "A 3 x 3 convolution with one order of summation.")
        .def(nb::new_(&make_convolution), "kernels"_a.noconvert(), "bias"_a.noconvert(), "down"_a = 1, "up"_a = 1)
        .def("convolve", &convolve, "x"_a.noconvert(), "out"_a.noconvert(), "threads"_a = 1, "variant"_a = 0);
    nb::class_<ahc::pointwise::Layer>(m, "FixedPointwise", "Each pixel's channels times one matrix.")
        .def(nb::new_(&make_pointwise), "weights"_a.noconvert(), "bias"_a.noconvert(), "kind"_a)
        .def("multiply", &multiply, "x"_a.noconvert(), "out"_a.noconvert(), "threads"_a = 1, "variant"_a = 0);
    m.def("fixed_convolution_variants", [] {
        nb::list names;
        for (const Variant *variant : variants_here()) names.append(variant->name);
        return names;
    });
}
