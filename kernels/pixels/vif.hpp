// VIF in the pixel domain over four scales.
//
// What is filtered is the reference luma x and the difference d = y - x. With v = var x, w = var d, c = cov(x, d):
// cov(x, y) = v + c, and what x does not explain of y has the variance (v w - c^2) / v. Where the frames are alike, d
// is small and so is its rounding, while var y - cov(x, y)^2 / var x would be a difference of large numbers.

#pragma once

#include "rows.hpp"
#include "window.hpp"
#include "work.hpp"

namespace ahc::AHC_VARIANT {

struct VifTile {
    alignas(64) float x[TILE]{}, d[TILE]{}, xx[TILE], dd[TILE], xd[TILE];
    float base_x, base_d;
};

struct VifSums {
    RowSums kept, whole;
};

// The windows of WIDTH rows of results.
struct VifMeans {
    Columns x, d, xx, dd, xd;
};

// log2 of float32 >= 1, to 2e-7: the exponent, and a polynomial (fitted at Chebyshev nodes) of the mantissa.
inline Vector log2_of(Vector value) {
    constexpr float C[] = {1.44269503f,   -0.721348472f, 0.480902231f,  -0.360576574f, 0.288186326f,
                           -0.242701903f, 0.216358558f,  -0.174443775f, 0.0782798038f};
    const auto bits = __builtin_bit_cast(Integers, value);
    const Integers exponent = (bits - 0x3F400000) >> 23;
    const auto mantissa = __builtin_bit_cast(Vector, bits - (exponent << 23));  // in [0.75, 1.5)
    const Vector t = mantissa - all(1);
    Vector sum = all(C[8]);
#pragma GCC unroll 8
    for (int i = 7; i >= 0; --i) sum = fused(sum, t, all(C[i]));
    const Vector result = fused(sum, t, __builtin_convertvector(exponent, Vector));
    return value == value ? result : value;  // NaN for NaN
}

// Bits that reach the eye of one column of WIDTH results: kept in the distorted, held by the reference.
struct VifColumn {
    VifColumn(const VifMeans &means, std::size_t column, const VifConstants &constants) {
        const std::size_t at = column * WIDTH;
        const Vector x = load(means.x.numbers + at), d = load(means.d.numbers + at);
        const Vector energy = load(means.xx.numbers + at);
        const Vector v = not_negative(fused(-x, x, energy));
        const Vector w = not_negative(fused(-d, d, load(means.dd.numbers + at)));
        const Vector c = fused(-x, d, load(means.xd.numbers + at));
        const Vector zero = all(0), one = all(1), noise = all(constants.noise);
        const Integers flat = v < fused(all(constants.rounding), energy, all(constants.epsilon));
        const Vector covariance = v + c, unexplained = not_negative(fused(v, w, -(c * c)));
        const Vector ratio = covariance * covariance / fused(noise, v, unexplained);
        const Integers nothing_kept = flat | (covariance <= 0);
        kept = log2_of(one + (nothing_kept ? zero : ratio));
        whole = log2_of(flat ? one : fused(v, one / noise, one));
    }
    Vector kept, whole;
};

template <std::size_t SIZE>
inline void vif_tile(const VifTile &tile, std::size_t rows, std::size_t columns, const Taps<SIZE> &taps,
                     const VifConstants &constants, VifSums &sums) {
    VifMeans means;
    for (std::size_t row = 0; row < rows; row += WIDTH) {
        window_means(taps, tile.x + row * PITCH, columns, means.x);
        window_means(taps, tile.d + row * PITCH, columns, means.d);
        window_means(taps, tile.xx + row * PITCH, columns, means.xx);
        window_means(taps, tile.dd + row * PITCH, columns, means.dd);
        window_means(taps, tile.xd + row * PITCH, columns, means.xd);
        for (std::size_t start = 0; start < columns; start += RUN) {
            const TwoSums run(start, columns, [&](std::size_t column) { return VifColumn(means, column, constants); });
            sums.kept.add(row, run.first), sums.whole.add(row, run.second);
        }
    }
}

// Blurs a tile and keeps every second pixel of every second row: a part of the next scale, whose rows are `pitch` long.
template <std::size_t SIZE>
inline void decimate(const float *tile, float base, std::size_t rows, std::size_t columns, const Taps<SIZE> &taps,
                     float *__restrict out, std::size_t pitch) {
    alignas(64) float down[PITCH + WIDTH] = {}, means[PITCH + WIDTH];
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < 2 * columns + SIZE - 2; column += WIDTH) {
            Vector vectors[SIZE];
#pragma GCC unroll 32
            for (std::size_t i = 0; i < SIZE; ++i) vectors[i] = load(tile + (2 * row + i) * PITCH + column);
            store(down + column, taps.mean(vectors));
        }
        for (std::size_t column = 0; column < 2 * columns - 1; column += WIDTH) {
            Vector vectors[SIZE];
#pragma GCC unroll 32
            for (std::size_t i = 0; i < SIZE; ++i) vectors[i] = load(down + column + i);
            store(means + column, taps.mean(vectors));
        }
        for (std::size_t column = 0; column < columns; ++column) out[row * pitch + column] = means[2 * column] + base;
    }
}

// R, G and B.
struct Colour {
    Vector r, g, b;
    Colour operator-(const Colour &other) const { return {r - other.r, g - other.g, b - other.b}; }
    Vector luma(const float *weights) const {
        return fused(all(weights[2]), b, fused(all(weights[1]), g, all(weights[0]) * r));
    }
};

template <typename Pixel>
inline Colour colour_of(const Frames &frames, std::size_t frame, std::size_t row, std::size_t column) {
    const auto everywhere = [&](std::size_t channel) {
        return all(static_cast<float>(*pixels_at<Pixel>(frames, frame, channel, row, column)));
    };
    return {everywhere(0), everywhere(1), everywhere(2)};
}

// A row of R, G and B.
template <typename Pixel>
struct ColourRow {
    ColourRow(const Frames &frames, std::size_t frame, std::size_t row, std::size_t left, std::size_t columns) {
        for (std::size_t c = 0; c < 3; ++c) rgb[c] = row_of(frames, frame, c, row, left, columns, buffers[c]);
    }
    Colour at(std::size_t column) const {
        return {load(rgb[0] + column), load(rgb[1] + column), load(rgb[2] + column)};
    }

    const Pixel *rgb[3];
    Pixel buffers[3][PITCH];
};

// Luma of the reference, and what the distorted adds to it, less the values of the middle pixel. The middle colour is
// taken off before the weights: what float32 rounds then is small in flat areas.
template <typename Pixel>
void load_luma(const FramePair &pair, const float *luma, std::size_t frame, std::size_t top, std::size_t left,
               std::size_t rows, std::size_t columns, VifTile &tile) {
    const Colour middle = colour_of<Pixel>(pair.x, frame, top + rows / 2, left + columns / 2);
    const Colour more = colour_of<Pixel>(pair.y, frame, top + rows / 2, left + columns / 2) - middle;
    for (std::size_t row = 0; row < rows; ++row) {
        const ColourRow<Pixel> x(pair.x, frame, top + row, left, columns), y(pair.y, frame, top + row, left, columns);
        for (std::size_t column = 0; column < columns; column += WIDTH) {
            const Colour reference = x.at(column), added = y.at(column) - reference;
            store(tile.x + row * PITCH + column, (reference - middle).luma(luma));
            store(tile.d + row * PITCH + column, (added - more).luma(luma));
        }
    }
    tile.base_x = middle.luma(luma)[0], tile.base_d = more.luma(luma)[0];
}

inline void load_tile(const ScaleWork &work, const VifConstants &constants, std::size_t frame, std::size_t level,
                      std::size_t top, std::size_t left, std::size_t rows, std::size_t columns, VifTile &tile) {
    if (level > 0) {
        const std::size_t width = work.levels[level].width, corner = top * width + left;
        tile.base_x = load_plane(work.coarse(frame, 0, level) + corner, width, rows, columns, tile.x);
        tile.base_d = load_plane(work.coarse(frame, 1, level) + corner, width, rows, columns, tile.d);
    } else if (work.pair.x.bytes) {
        load_luma<std::uint8_t>(work.pair, constants.luma, frame, top, left, rows, columns, tile);
    } else {
        load_luma<float>(work.pair, constants.luma, frame, top, left, rows, columns, tile);
    }
    multiply(tile.x, tile.x, tile.xx);
    multiply(tile.d, tile.d, tile.dd);
    multiply(tile.x, tile.d, tile.xd);
}

// sums[2]: bits kept and bits held, over one band of ROWS rows of results at the scale of window SIZE. Makes the pixels
// of the next scale, whose window is NEXT, that begin in it; 0 for none.
template <std::size_t SIZE, std::size_t NEXT>
void vif_scale(const ScaleWork &work, const VifConstants &constants, const float *taps, std::size_t frame,
               std::size_t level, std::size_t band, double *sums) {
    constexpr std::size_t REACH = SIZE - 1;
    const std::size_t height = work.levels[level].height - REACH, width = work.levels[level].width - REACH;
    const std::size_t top = band * ROWS, rows = least(ROWS, height - top);
    const Taps<SIZE> window(taps);
    VifTile tile;
    VifSums total;
    for (std::size_t left = 0; left < width; left += COLUMNS) {
        const std::size_t columns = least(COLUMNS, width - left);
        load_tile(work, constants, frame, level, top, left, rows + REACH, columns + REACH, tile);
        vif_tile(tile, rows, columns, window, constants, total);
        if constexpr (NEXT > 0) {
            const Level &below = work.levels[level + 1];
            const std::size_t last_row = top + ROWS < height ? (top + ROWS) / 2 : below.height;
            const std::size_t last_column = left + COLUMNS < width ? (left + COLUMNS) / 2 : below.width;
            const std::size_t corner = top / 2 * below.width + left / 2;
            const Taps<NEXT> next(taps + SIZE / 2 + 1);
            decimate(tile.x, tile.base_x, last_row - top / 2, last_column - left / 2, next,
                     work.coarse(frame, 0, level + 1) + corner, below.width);
            decimate(tile.d, tile.base_d, last_row - top / 2, last_column - left / 2, next,
                     work.coarse(frame, 1, level + 1) + corner, below.width);
        }
    }
    sums[0] = total.kept.total(rows), sums[1] = total.whole.total(rows);
}

inline void vif_band(const ScaleWork &work, const VifConstants &constants, std::size_t frame, std::size_t level,
                     std::size_t band, double *sums) {
    const float *taps = constants.taps;
    switch (level) {
        case 0:
            return vif_scale<17, 9>(work, constants, taps, frame, level, band, sums);
        case 1:
            return vif_scale<9, 5>(work, constants, taps + 9, frame, level, band, sums);
        case 2:
            return vif_scale<5, 3>(work, constants, taps + 9 + 5, frame, level, band, sums);
        default:
            return vif_scale<3, 0>(work, constants, taps + 9 + 5 + 3, frame, level, band, sums);
    }
}

}  // namespace ahc::AHC_VARIANT
