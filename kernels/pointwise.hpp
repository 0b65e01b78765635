// Each pixel's channels times one matrix: a 1 x 1 convolution, and generalized divisive normalization (GDN), where every
// channel is divided, or multiplied, by the root of a weighted sum of all channels' squares.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "float_tiles.hpp"

namespace ahc::pointwise {

enum class Kind { SUM, DIVIDE, MULTIPLY };  // a convolution, GDN, and its inverse

constexpr std::size_t BLOCK = 4 * TILE_ROWS;  // pixels that go through together

struct Layer {
    std::size_t depth, channels;
    Kind kind;
    std::vector<float> weights;  // [panel][depth][PANEL]
    std::vector<float> bias;     // [panel][PANEL]

    // matrix: [channels][depth]; shift: [channels].
    Layer(std::size_t in, std::size_t out, Kind what, const float *matrix, const float *shift)
        : depth(in), channels(out), kind(what), weights(panels() * in * PANEL), bias(panels() * PANEL) {
        std::copy_n(shift, out, bias.begin());
        for (std::size_t n = 0; n < out; ++n)
            for (std::size_t k = 0; k < in; ++k)
                weights[(n / PANEL * in + k) * PANEL + n % PANEL] = matrix[n * in + k];
    }

    std::size_t panels() const { return (channels + PANEL - 1) / PANEL; }
    const float *panel(std::size_t number) const { return weights.data() + number * depth * PANEL; }
    // What a block's pixels are multiplied as, and one panel of products.
    std::size_t memory() const { return BLOCK * (depth + PANEL); }
};

// What is multiplied: the pixels, or their squares.
[[gnu::always_inline]] inline void prepare(const float *x, std::size_t count, bool squares, float *out) {
    for (std::size_t i = 0; i < count; ++i) out[i] = squares ? x[i] * x[i] : x[i];
}

// `width` channels of one pixel from their products.
[[gnu::always_inline]] inline void finish(Kind kind, const float *x, const float *products, const float *bias,
                                          std::size_t width, float *out) {
    if (kind == Kind::SUM)
        for (std::size_t n = 0; n < width; ++n) out[n] = products[n] + bias[n];
    else if (kind == Kind::DIVIDE)
        for (std::size_t n = 0; n < width; ++n) out[n] = x[n] / std::sqrt(products[n] + bias[n]);
    else
        for (std::size_t n = 0; n < width; ++n) out[n] = x[n] * std::sqrt(products[n] + bias[n]);
}

struct Variant {
    void (*prepare)(const float *x, std::size_t count, bool squares, float *out);
    Product product;
    void (*finish)(Kind kind, const float *x, const float *products, const float *bias, std::size_t width, float *out);
};

// Pixels [first, first + count) of x [pixels][depth].
inline void block(const Variant &variant, const Layer &layer, const float *x, float *out, std::size_t count,
                  float *memory) {
    float *factors = memory, *products = memory + BLOCK * layer.depth;
    variant.prepare(x, count * layer.depth, layer.kind != Kind::SUM, factors);
    std::fill(factors + count * layer.depth, factors + BLOCK * layer.depth, 0.0f);
    for (std::size_t panel = 0; panel < layer.panels(); ++panel) {
        const std::size_t column = panel * PANEL, width = std::min(PANEL, layer.channels - column);
        for (std::size_t row = 0; row < count; row += TILE_ROWS)
            variant.product(factors + row * layer.depth, layer.depth, layer.panel(panel), layer.depth,
                            products + row * PANEL);
        for (std::size_t row = 0; row < count; ++row)
            variant.finish(layer.kind, x + row * layer.depth + column, products + row * PANEL,
                           layer.bias.data() + column, width, out + row * layer.channels + column);
    }
}

}  // namespace ahc::pointwise
