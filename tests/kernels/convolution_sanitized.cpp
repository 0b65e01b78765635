// Convolutions in plain C++ on their own, to be compiled with a sanitizer and run: pictures and channels that fill no tile
// and no vector, in exactly as much memory as they take.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "pointwise.hpp"
#include "winograd.hpp"

namespace {

using Floats = std::vector<float>;

std::mt19937 source(1);

Floats drawn(std::size_t count) {
    Floats values(count);
    for (float &value : values) value = std::uniform_real_distribution<float>(-1, 1)(source);
    return values;
}

void require_numbers(const Floats &values, const char *what, std::size_t height, std::size_t width) {
    for (float value : values)
        if (!std::isfinite(value)) {
            std::printf("wrong at %zu x %zu: %s left a value unwritten\n", height, width, what);
            std::exit(1);
        }
}

void convolve(std::size_t height, std::size_t width, std::size_t in, std::size_t out, std::size_t down, std::size_t up) {
    using namespace ahc::winograd;
    const Floats x = drawn(height * width * in), bias = drawn(up * up * out);
    const Floats kernels = drawn(up * up * out * down * down * in * 9);
    const Layer layer(in, out, down, up, kernels.data(), bias.data());
    const std::size_t rows = (height + down - 1) / down * up, columns = (width + down - 1) / down * up;
    Floats result(rows * columns * out, NAN);
    const Grid grid(layer, height, width, x.data(), result.data());
    Floats memory(grid.memory());
    const Variant plain{[](const Grid &g, std::size_t tile, float *narrow, float *to) { spread_tile(g, tile, narrow, to); },
                        ahc::tile<ahc::Portable>,
                        [](const Grid &g, std::size_t tile, std::size_t n, const float *m) { gather_chunk(g, tile, n, m); }};
    for (std::size_t number = 0; number < grid.blocks(); ++number) block(plain, grid, number, memory.data());
    require_numbers(result, "a convolution", height, width);
}

void normalize(std::size_t pixels, std::size_t channels) {
    using namespace ahc::pointwise;
    const Floats x = drawn(pixels * channels), bias(channels, 1.0f), matrix(channels * channels, 0.1f);
    const Layer layer(channels, channels, Kind::DIVIDE, matrix.data(), bias.data());
    Floats memory(layer.memory()), result(pixels * channels, NAN);
    const Variant plain{prepare, ahc::tile<ahc::Portable>, finish};
    for (std::size_t first = 0; first < pixels; first += BLOCK)
        block(plain, layer, x.data() + first * channels, result.data() + first * channels,
              std::min(BLOCK, pixels - first), memory.data());
    require_numbers(result, "a normalization", pixels, channels);
}

}  // namespace

int main() {
    int layers = 0;
    for (std::size_t side : {1, 4, 5, 9, 30})
        for (std::size_t channels : {1, 3, 16, 33})
            for (std::size_t down : {1, 2})
                for (std::size_t up : {1, 2}) {
                    convolve(side, 2 * side + 1, channels, 34 - channels, down, up);
                    ++layers;
                }
    for (std::size_t pixels : {1, 47, 48, 100})
        for (std::size_t channels : {1, 32, 40}) normalize(pixels, channels);
    std::printf("%d layers\n", layers);
}
