// A 3 x 3 convolution by Winograd's F(4 x 4, 3 x 3): a tile of 4 x 4 outputs takes 36 products per pair of channels in
// place of 144. Tiles of inputs are transformed (`spread`), 36 matrices multiplied, and their results gathered.
//
// All sums have one order, and every factor within the transforms is a power of two, so a product is exact whether it is
// fused with a sum or not: the same bits from every instruction set.
//
// Strides of two are 3 x 3 convolutions too. Down: each output sees, of the four phases of the picture (even and odd
// rows and columns), 3 x 3 neighbours, so the phases are the channels. Up: each input gives the four phases of the output.

#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "float_tiles.hpp"

namespace ahc::winograd {

constexpr std::size_t SIDE = 4, WINDOW = 6, POINTS = 36;
constexpr std::size_t CHUNK = 16;  // channels that are transformed together
constexpr std::size_t GROUP = 8;   // columns that lie together in the output
constexpr std::size_t BLOCK = 4 * TILE_ROWS;  // tiles that go through together

inline std::size_t rounded_up(std::size_t n, std::size_t unit) { return (n + unit - 1) / unit * unit; }

// What the six rows of a window, or of a kernel's transform, become. T: a vector, or a number.
template <typename T>
[[gnu::always_inline]] inline void spread(const T *d, std::size_t step, T *out, std::size_t out_step) {
    const T a = d[4 * step] - d[2 * step], b = d[3 * step] - d[step];
    const T c = d[step] + d[2 * step], e = d[step] - d[2 * step];
    out[0] = 4.0f * (d[0] - d[2 * step]) + a;
    out[out_step] = (d[4 * step] + d[3 * step]) - 4.0f * c;
    out[2 * out_step] = (d[4 * step] - d[3 * step]) + 4.0f * e;
    out[3 * out_step] = a + 2.0f * b;
    out[4 * out_step] = a - 2.0f * b;
    out[5 * out_step] = (d[5 * step] - d[3 * step]) - 4.0f * b;
}

template <typename T>
[[gnu::always_inline]] inline void gather(const T *m, std::size_t step, T *out, std::size_t out_step) {
    const T a = m[step] + m[2 * step], b = m[step] - m[2 * step];
    const T c = m[3 * step] + m[4 * step], e = m[3 * step] - m[4 * step];
    out[0] = (m[0] + a) + c;
    out[out_step] = b + 2.0f * e;
    out[2 * out_step] = a + 4.0f * c;
    out[3 * out_step] = (b + 8.0f * e) + m[5 * step];
}

// A kernel's three taps, as the six points see them, times DIVISORS.
inline void taps(const double *g, std::size_t step, double *out, std::size_t out_step) {
    const double even = g[0] + 4 * g[2 * step], odd = 2 * g[step];
    out[0] = g[0];
    out[out_step] = -((g[0] + g[2 * step]) + g[step]);
    out[2 * out_step] = -((g[0] + g[2 * step]) - g[step]);
    out[3 * out_step] = even + odd;
    out[4 * out_step] = even - odd;
    out[5 * out_step] = g[2 * step];
}
constexpr double DIVISORS[WINDOW] = {4, 6, 6, 24, 24, 1};

// down, up: the stride, 1 or 2, and whether it makes the picture smaller or larger.
struct Layer {
    std::size_t channels_in, channels_out, down, up;
    std::vector<float> weights;  // [panel][point][depth][PANEL]
    std::vector<float> bias;     // [columns]

    std::size_t depth() const { return rounded_up(down * down * channels_in, CHUNK); }
    std::size_t phase() const { return rounded_up(channels_out, GROUP); }
    std::size_t columns() const { return rounded_up(up * up * phase(), PANEL); }
    const float *matrix(std::size_t panel, std::size_t point) const {
        return weights.data() + (panel * POINTS + point) * depth() * PANEL;
    }

    // kernels: [up * up * channels_out][down * down * channels_in][3][3], phase by phase; shift: [up * up * channels_out].
    Layer(std::size_t in, std::size_t out, std::size_t down_by, std::size_t up_by, const float *kernels,
          const float *shift)
        : channels_in(in), channels_out(out), down(down_by), up(up_by) {
        weights.resize(columns() * POINTS * depth());
        bias.resize(columns());
        const std::size_t inputs = down * down * in;
        for (std::size_t of = 0; of < up * up * out; ++of) {
            const std::size_t column = of / out * phase() + of % out;
            bias[column] = shift[of];
            for (std::size_t k = 0; k < inputs; ++k) put(column, k, kernels + (of * inputs + k) * 9);
        }
    }

   private:
    void put(std::size_t column, std::size_t k, const float *kernel) {
        double g[9], rows[WINDOW * 3], points[POINTS];
        std::copy_n(kernel, 9, g);
        for (std::size_t i = 0; i < 3; ++i) taps(g + i, 3, rows + i, 3);
        for (std::size_t i = 0; i < WINDOW; ++i) taps(rows + 3 * i, 1, points + WINDOW * i, 1);
        for (std::size_t i = 0; i < POINTS; ++i)
            weights[((column / PANEL * POINTS + i) * depth() + k) * PANEL + column % PANEL] =
                static_cast<float>(points[i] / (DIVISORS[i / WINDOW] * DIVISORS[i % WINDOW]));
    }
};

// A layer at work on one picture, channels last.
struct Grid {
    const Layer &layer;
    std::size_t in_height, in_width;
    const float *in;
    float *out;
    std::size_t height, width;  // of the output, before `up`
    std::size_t across, tiles;

    Grid(const Layer &of, std::size_t rows, std::size_t columns, const float *from, float *to)
        : layer(of), in_height(rows), in_width(columns), in(from), out(to), height((rows + of.down - 1) / of.down),
          width((columns + of.down - 1) / of.down), across((width + SIDE - 1) / SIDE),
          tiles(across * ((height + SIDE - 1) / SIDE)) {}

    std::size_t blocks() const { return (tiles + BLOCK - 1) / BLOCK; }
    // A chunk more than a block takes, so that the 36 stores of a chunk do not all fall into one set of the cache.
    std::size_t point_size() const { return BLOCK * layer.depth() + CHUNK; }
    std::size_t spreads_size() const { return POINTS * point_size(); }
    // Spread inputs [point][tile][depth], products [point][tile][PANEL], and one window of narrow channels.
    std::size_t memory() const { return spreads_size() + POINTS * (BLOCK * PANEL + layer.depth()); }

    std::size_t top(std::size_t tile) const { return tile / across * SIDE; }
    std::size_t left(std::size_t tile) const { return tile % across * SIDE; }

    // The channels of a phase of the input at (y, x) of the grid; null outside. A coordinate of -1 is a huge number.
    const float *input(std::size_t y, std::size_t x, std::size_t phase) const {
        const std::size_t row = y * layer.down + phase / layer.down, column = x * layer.down + phase % layer.down;
        const bool inside = y < height && x < width && row < in_height && column < in_width;
        return inside ? in + (row * in_width + column) * layer.channels_in : nullptr;
    }

    // Where channel 0 of a phase of the output goes that belongs to (y, x).
    float *output(std::size_t y, std::size_t x, std::size_t phase) const {
        const std::size_t up = layer.up, row = y * up + phase / up, column = x * up + phase % up;
        return out + (row * width * up + column) * layer.channels_out;
    }
};

typedef float Chunk __attribute__((vector_size(CHUNK * sizeof(float))));

// Where the channels of the 36 places of a window begin, for each phase. `narrow`: memory for channels that fill no chunk;
// there all phases lie together, as one.
struct Window {
    std::size_t phases, channels;
    const float *places[4][POINTS];

    Window(const Grid &grid, std::size_t tile, float *narrow)
        : phases(grid.layer.down * grid.layer.down), channels(grid.layer.channels_in) {
        for (std::size_t phase = 0; phase < phases; ++phase)
            for (std::size_t i = 0; i < POINTS; ++i)
                places[phase][i] = grid.input(grid.top(tile) + i / WINDOW - 1, grid.left(tile) + i % WINDOW - 1, phase);
        if (channels % CHUNK != 0) gather_narrow(grid.layer.depth(), narrow);
    }

   private:
    void gather_narrow(std::size_t depth, float *narrow) {
        std::fill_n(narrow, POINTS * depth, 0.0f);
        for (std::size_t i = 0; i < POINTS; ++i) {
            for (std::size_t phase = 0; phase < phases; ++phase)
                if (places[phase][i] != nullptr)
                    std::copy_n(places[phase][i], channels, narrow + i * depth + phase * channels);
            places[0][i] = narrow + i * depth;
        }
        phases = 1;
        channels = depth;
    }
};

// The spread window of one tile: to[point * point_size() + k].
[[gnu::always_inline]] inline void spread_tile(const Grid &grid, std::size_t tile, float *narrow, float *to) {
    const Window window(grid, tile, narrow);
    const std::size_t step = grid.point_size(), next = SIDE * grid.layer.down * grid.layer.channels_in;
    for (std::size_t phase = 0; phase < window.phases; ++phase)
        for (std::size_t c = 0; c < window.channels; c += CHUNK, to += CHUNK) {
            Chunk values[POINTS] = {}, rows[POINTS], points[POINTS];
            for (std::size_t i = 0; i < POINTS; ++i) {
                const float *place = window.places[phase][i];
                if (place == nullptr) continue;
                __builtin_memcpy(values + i, place + c, sizeof(Chunk));
                if (i % WINDOW >= 2) __builtin_prefetch(place + c + next);  // what the tile to the right adds
            }
            for (std::size_t j = 0; j < WINDOW; ++j) spread(values + j, WINDOW, rows + j, WINDOW);
            for (std::size_t i = 0; i < WINDOW; ++i) spread(rows + WINDOW * i, 1, points + WINDOW * i, 1);
            for (std::size_t i = 0; i < POINTS; ++i) __builtin_memcpy(to + i * step, points + i, sizeof(Chunk));
        }
}

// Sixteen columns from `column` on of one tile, from[point * BLOCK * PANEL], to their 4 x 4 places.
[[gnu::always_inline]] inline void gather_chunk(const Grid &grid, std::size_t tile, std::size_t column,
                                                const float *from) {
    const Layer &layer = grid.layer;
    const std::size_t top = grid.top(tile), left = grid.left(tile);
    Chunk points[POINTS], rows[SIDE * WINDOW], sums[SIDE * SIDE], shift;
    __builtin_memcpy(&shift, layer.bias.data() + column, sizeof shift);
    for (std::size_t i = 0; i < POINTS; ++i) __builtin_memcpy(points + i, from + i * BLOCK * PANEL, sizeof(Chunk));
    for (std::size_t j = 0; j < WINDOW; ++j) gather(points + j, WINDOW, rows + j, WINDOW);
    for (std::size_t i = 0; i < SIDE; ++i) gather(rows + WINDOW * i, 1, sums + SIDE * i, 1);
    for (Chunk &sum : sums) sum += shift;
    for (std::size_t group = 0; group < CHUNK; group += GROUP) {
        const std::size_t phase = (column + group) / layer.phase(), c = (column + group) % layer.phase();
        if (phase >= layer.up * layer.up) return;
        const std::size_t count = std::min(GROUP, layer.channels_out - c);
        for (std::size_t i = 0; i < SIDE && top + i < grid.height; ++i)
            for (std::size_t j = 0; j < SIDE && left + j < grid.width; ++j) {
                const float *values = reinterpret_cast<const float *>(sums + i * SIDE + j) + group;
                float *to = grid.output(top + i, left + j, phase) + c;
                if (count == GROUP)
                    __builtin_memcpy(to, values, GROUP * sizeof(float));
                else
                    std::copy_n(values, count, to);
            }
    }
}

// What one instruction set computes.
struct Variant {
    void (*spread_tile)(const Grid &, std::size_t tile, float *narrow, float *to);
    Product product;
    void (*gather_chunk)(const Grid &, std::size_t tile, std::size_t column, const float *from);
};

inline void block(const Variant &variant, const Grid &grid, std::size_t number, float *memory) {
    const Layer &layer = grid.layer;
    const std::size_t depth = layer.depth(), first = number * BLOCK, count = std::min(BLOCK, grid.tiles - first);
    float *spreads = memory, *products = spreads + grid.spreads_size(), *narrow = products + POINTS * BLOCK * PANEL;
    for (std::size_t t = 0; t < rounded_up(count, TILE_ROWS); ++t)  // the last tile again, up to a whole number of rows
        variant.spread_tile(grid, first + std::min(t, count - 1), narrow, spreads + t * depth);
    for (std::size_t panel = 0; panel < layer.columns() / PANEL; ++panel) {
        for (std::size_t point = 0; point < POINTS; ++point)
            for (std::size_t t = 0; t < count; t += TILE_ROWS)
                variant.product(spreads + point * grid.point_size() + t * depth, depth, layer.matrix(panel, point),
                                depth, products + (point * BLOCK + t) * PANEL);
        for (std::size_t t = 0; t < count; ++t)
            for (std::size_t n = 0; n < PANEL; n += CHUNK)
                variant.gather_chunk(grid, first + t, panel * PANEL + n, products + t * PANEL + n);
    }
}

}  // namespace ahc::winograd
