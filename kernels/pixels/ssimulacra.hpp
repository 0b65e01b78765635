// What SSIMULACRA 2 sums over a pair of planes: how much their structure differs, and where edges came and went.
//
// Windows reach beyond the plane, where it is 0. Each tile takes off the values of its middle pixel, and "0" there is
// less that value too: float32 then holds the variances of flat areas well, and no window's mean knows the difference.

#pragma once

#include "window.hpp"
#include "work.hpp"

namespace ahc::AHC_VARIANT {

constexpr std::size_t AROUND_SIZE = 9, AROUND = AROUND_SIZE / 2;

// One plane's part, and its square.
struct AroundTile {
    alignas(64) float values[TILE], squares[TILE];
    float base;
};

// Of WIDTH rows of results: both planes, and the means of windows around them.
struct AroundColumns {
    Columns x, y, mean_x, mean_y, mean_xx, mean_yy, mean_xy;
};

// Rows top..top + rows and columns left..left + columns of a plane with AROUND pixels on every side of them.
inline void load_around(const float *plane, std::size_t height, std::size_t width, std::size_t top, std::size_t left,
                        std::size_t rows, std::size_t columns, AroundTile &tile) {
    tile.base = plane[(top + rows / 2) * width + left + columns / 2];
    for (std::size_t i = 0; i < TILE; i += WIDTH) store(tile.values + i, all(-tile.base));
    const std::size_t first_row = top < AROUND ? AROUND - top : 0;
    const std::size_t first_column = left < AROUND ? AROUND - left : 0;
    const std::size_t last_row = least(rows + 2 * AROUND, height - top + AROUND);
    const std::size_t last_column = least(columns + 2 * AROUND, width - left + AROUND);
    for (std::size_t row = first_row; row < last_row; ++row) {
        const float *__restrict from = plane + (top + row - AROUND) * width + left + first_column - AROUND;
        float *__restrict to = tile.values + row * PITCH + first_column;
        for (std::size_t i = 0; i < last_column - first_column; ++i) to[i] = from[i] - tile.base;
    }
    multiply(tile.values, tile.values, tile.squares);
}

// The pixels in the middle of WIDTH rows of windows, one vector for each column.
inline void middle_columns(const float *tile, std::size_t columns, Columns &out) {
    for (std::size_t column = 0; column < columns; column += WIDTH) {
        Vector rows[WIDTH];
        for (std::size_t row = 0; row < WIDTH; ++row)
            rows[row] = load(tile + (row + AROUND) * PITCH + column + AROUND);
        transpose(rows);
        for (std::size_t i = 0; i < WIDTH; ++i) store(out.numbers + (column + i) * WIDTH, rows[i]);
    }
}

inline Vector size_of(Vector vector) { return vector < 0 ? -vector : vector; }

// Of one column of WIDTH results: the lack of structure, edges that only y has, and edges that only x has.
struct Differences {
    Differences(const AroundColumns &blurred, std::size_t column, float base_difference, float c2) {
        const std::size_t at = column * WIDTH;
        const Vector mean_x = load(blurred.mean_x.numbers + at), mean_y = load(blurred.mean_y.numbers + at);
        const Vector cov = fused(-mean_x, mean_y, load(blurred.mean_xy.numbers + at));
        const Vector var_x = fused(-mean_x, mean_x, load(blurred.mean_xx.numbers + at));
        const Vector var_y = fused(-mean_y, mean_y, load(blurred.mean_yy.numbers + at));
        const Vector one = all(1), apart = (mean_x - mean_y) + all(base_difference);
        const Vector structure = fused(all(2), cov, all(c2)) / (var_x + var_y + all(c2));
        kinds[0] = not_negative(one - fused(-apart, apart, one) * structure);
        const Vector edge_x = one + size_of(load(blurred.x.numbers + at) - mean_x);
        const Vector edge_y = one + size_of(load(blurred.y.numbers + at) - mean_y);
        const Vector gained = edge_y / edge_x - one;
        kinds[1] = not_negative(gained), kinds[2] = not_negative(-gained);
    }
    Vector kinds[DIFFERENCE_KINDS];
};

// sums[6]: of each kind of difference its values and their fourth powers, over one band of ROWS rows of a plane.
inline void difference_band(const PlanePair &planes, const float *half_taps, float c2, std::size_t plane,
                            std::size_t band, double *sums) {
    const std::size_t top = band * ROWS, rows = least(ROWS, planes.height - top);
    const std::size_t start = plane * planes.height * planes.width;
    const Taps<AROUND_SIZE> taps(half_taps);
    AroundTile x, y;
    alignas(64) float products[TILE];
    AroundColumns blurred;
    RowSums totals[2 * DIFFERENCE_KINDS];
    for (std::size_t left = 0; left < planes.width; left += COLUMNS) {
        const std::size_t columns = least(COLUMNS, planes.width - left);
        load_around(planes.x + start, planes.height, planes.width, top, left, rows, columns, x);
        load_around(planes.y + start, planes.height, planes.width, top, left, rows, columns, y);
        multiply(x.values, y.values, products);
        for (std::size_t row = 0; row < rows; row += WIDTH) {
            const std::size_t at = row * PITCH;
            middle_columns(x.values + at, columns, blurred.x);
            middle_columns(y.values + at, columns, blurred.y);
            window_means(taps, x.values + at, columns, blurred.mean_x);
            window_means(taps, y.values + at, columns, blurred.mean_y);
            window_means(taps, x.squares + at, columns, blurred.mean_xx);
            window_means(taps, y.squares + at, columns, blurred.mean_yy);
            window_means(taps, products + at, columns, blurred.mean_xy);
            for (std::size_t first = 0; first < columns; first += RUN) {
                Vector run[2 * DIFFERENCE_KINDS] = {};
                for (std::size_t column = first; column < least(columns, first + RUN); ++column) {
                    const Differences differences(blurred, column, x.base - y.base, c2);
                    for (std::size_t kind = 0; kind < DIFFERENCE_KINDS; ++kind) {
                        const Vector value = differences.kinds[kind], square = value * value;
                        run[2 * kind] += value, run[2 * kind + 1] = fused(square, square, run[2 * kind + 1]);
                    }
                }
                for (std::size_t i = 0; i < 2 * DIFFERENCE_KINDS; ++i) totals[i].add(row, run[i]);
            }
        }
    }
    for (std::size_t i = 0; i < 2 * DIFFERENCE_KINDS; ++i) sums[i] = totals[i].total(rows);
}

}  // namespace ahc::AHC_VARIANT
