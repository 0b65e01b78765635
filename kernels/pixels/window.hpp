// Separable Gaussian windows over a tile of pixels that fits the first cache.
//
// A tile is ROWS x COLUMNS results and, below and to the right of them, the margin that a window reaches into. It lies
// flat in memory with PITCH floats from row to row. WIDTH rows of it are filtered down the columns, then transposed, so
// that a vector is a column of WIDTH rows; then filtered along the rows, which now is the same loop over aligned
// vectors.

#pragma once

#include "sums.hpp"
#include "transpose.hpp"

namespace ahc::AHC_VARIANT {

constexpr std::size_t ROWS = BAND_ROWS, COLUMNS = 128, MARGIN = 16, PITCH = COLUMNS + MARGIN;
constexpr std::size_t STEP = QUAD;  // vectors of results that share what they load
constexpr std::size_t TILE = (ROWS + MARGIN) * PITCH;

// Of WIDTH rows of results, one vector for each column.
struct alignas(64) Columns {
    float numbers[PITCH * WIDTH];
};

// The first half of a window's taps and its middle, each in every lane.
template <std::size_t SIZE>
struct Taps {
    static constexpr std::size_t MIDDLE = SIZE / 2, REACH = SIZE - 1;
    explicit Taps(const float *taps) {
        for (std::size_t i = 0; i <= MIDDLE; ++i) tap[i] = all(taps[i]);
    }

    // The weighted mean of SIZE vectors.
    Vector mean(const Vector *vectors) const {
        Vector sum = tap[0] * (vectors[0] + vectors[REACH]);
#pragma GCC unroll 16
        for (std::size_t i = 1; i < MIDDLE; ++i) sum = fused(tap[i], vectors[i] + vectors[REACH - i], sum);
        return fused(tap[MIDDLE], vectors[MIDDLE], sum);
    }

    Vector tap[MIDDLE + 1];
};

// STEP vectors of means, of those that lie `pitch` numbers apart; each goes to put(i, mean).
template <std::size_t SIZE, typename Put>
inline void means_of(const Taps<SIZE> &taps, const float *numbers, std::size_t pitch, const Put &put) {
    Vector vectors[SIZE - 1 + STEP];
#pragma GCC unroll 32
    for (std::size_t i = 0; i < SIZE - 1 + STEP; ++i) vectors[i] = load(numbers + i * pitch);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < STEP; ++i) put(i, taps.mean(vectors + i));
}

// The means of `columns` windows, rounded up to whole STEPs, in each of WIDTH rows, from `tile` on.
template <std::size_t SIZE>
inline void window_means(const Taps<SIZE> &taps, const float *tile, std::size_t columns, Columns &out) {
    Columns down;
    columns = rounded_up(columns, STEP);
    for (std::size_t column = 0; column < columns + SIZE - 1; column += WIDTH) {
        Vector means[WIDTH];
        for (std::size_t row = 0; row < WIDTH; row += STEP)
            means_of(taps, tile + row * PITCH + column, PITCH,
                     [&](std::size_t i, Vector mean) { means[row + i] = mean; });
        transpose(means);
        for (std::size_t i = 0; i < WIDTH; ++i) store(down.numbers + (column + i) * WIDTH, means[i]);
    }
    for (std::size_t column = 0; column < columns; column += STEP)
        means_of(taps, down.numbers + column * WIDTH, WIDTH,
                 [&](std::size_t i, Vector mean) { store(out.numbers + (column + i) * WIDTH, mean); });
}

// The sums of two results of windows, of the columns start..end, a run at most. results_of(column) gives a pair of
// vectors.
struct TwoSums {
    template <typename ResultsOf>
    TwoSums(std::size_t start, std::size_t end, const ResultsOf &results_of) : first(all(0)), second(all(0)) {
        for (std::size_t column = start; column < least(end, start + RUN); column += QUAD) {
            Vector a[QUAD], b[QUAD];
            for (std::size_t i = 0; i < QUAD; ++i) {
                const auto [one, other] = results_of(column + i);
                a[i] = column + i < end ? one : all(0), b[i] = column + i < end ? other : all(0);
            }
            first += (a[0] + a[1]) + (a[2] + a[3]), second += (b[0] + b[1]) + (b[2] + b[3]);
        }
    }
    Vector first, second;
};

// The product of two tiles.
inline void multiply(const float *a, const float *b, float *product) {
    for (std::size_t i = 0; i < TILE; i += WIDTH) store(product + i, load(a + i) * load(b + i));
}

// A part of a float32 plane whose rows are `width` long, less the value of its middle pixel, which is returned.
inline float load_plane(const float *__restrict plane, std::size_t width, std::size_t rows, std::size_t columns,
                        float *__restrict tile) {
    const float base = plane[rows / 2 * width + columns / 2];
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < columns; ++column)
            tile[row * PITCH + column] = plane[row * width + column] - base;
    return base;
}

}  // namespace ahc::AHC_VARIANT
