// SSIM and the scales of MS-SSIM.
//
// What is filtered is the sum p = x + y and the difference m = x - y. Four filters then do instead of five, since only
// var x + var y and cov(x, y) are needed: var p + var m = 2 (var x + var y), var p - var m = 4 cov(x, y); and where the
// frames are alike, the small var m is filtered as itself and not as a difference of large numbers. Each tile first
// takes off the values of its middle pixel: float32 then holds the variances of flat areas well.

#pragma once

#include "halve.hpp"
#include "rows.hpp"
#include "window.hpp"
#include "work.hpp"

namespace ahc::AHC_VARIANT {

constexpr std::size_t SSIM_SIZE = 11, SSIM_REACH = SSIM_SIZE - 1;

struct SsimTile {
    alignas(64) float p[TILE]{}, m[TILE]{}, pp[TILE], mm[TILE];
    float base_p, base_m;
};

struct SsimSums {
    RowSums product, structure;
};

// The windows of WIDTH rows of results.
struct SsimMeans {
    Columns p, m, pp, mm;
};

// Luminance * structure and structure of one column of WIDTH results. What is near 1 is 1 less what it lacks, which
// rounds the least; a luminance near 0 is taken as it is defined.
struct SsimColumn {
    SsimColumn(const SsimMeans &means, std::size_t column, const SsimTile &tile, const SsimConstants &constants) {
        const std::size_t at = column * WIDTH;
        const Vector p = load(means.p.numbers + at), m = load(means.m.numbers + at);
        const Vector var_p = not_negative(fused(-p, p, load(means.pp.numbers + at)));
        const Vector var_m = not_negative(fused(-m, m, load(means.mm.numbers + at)));
        const Vector sum = p + all(tile.base_p), difference = m + all(tile.base_m);
        const Vector pp = sum * sum, mm = difference * difference;
        const Vector half = all(0.5f), one = all(1), c1 = all(constants.c1);
        const Vector most_luminance = fused(pp + mm, half, c1);
        const Vector most_structure = fused(var_p + var_m, half, all(constants.c2));
        const Vector share = one / (most_luminance * most_structure);
        const Vector lacking = mm * most_structure * share;
        const Vector luminance = lacking < half ? one - lacking : fused(pp - mm, half, c1) * most_structure * share;
        structure = one - var_m * most_luminance * share;
        product = luminance * structure;
    }
    Vector product, structure;
};

inline void ssim_tile(const SsimTile &tile, std::size_t rows, std::size_t columns, const SsimConstants &constants,
                      SsimSums &sums) {
    const Taps<SSIM_SIZE> taps(constants.taps);
    SsimMeans means;
    for (std::size_t row = 0; row < rows; row += WIDTH) {
        window_means(taps, tile.p + row * PITCH, columns, means.p);
        window_means(taps, tile.m + row * PITCH, columns, means.m);
        window_means(taps, tile.pp + row * PITCH, columns, means.pp);
        window_means(taps, tile.mm + row * PITCH, columns, means.mm);
        for (std::size_t start = 0; start < columns; start += RUN) {
            const TwoSums run(start, columns,
                              [&](std::size_t column) { return SsimColumn(means, column, tile, constants); });
            sums.product.add(row, run.first), sums.structure.add(row, run.second);
        }
    }
}

// Sums and differences of a part of two planes, less those of its middle pixel.
template <typename Pixel>
void load_pair(const FramePair &pair, std::size_t plane, std::size_t top, std::size_t left, std::size_t rows,
               std::size_t columns, SsimTile &tile) {
    const std::size_t frame = plane / pair.channels, channel = plane % pair.channels;
    const auto middle = [&](const Frames &frames) {
        return static_cast<float>(*pixels_at<Pixel>(frames, frame, channel, top + rows / 2, left + columns / 2));
    };
    tile.base_p = middle(pair.x) + middle(pair.y), tile.base_m = middle(pair.x) - middle(pair.y);
    Pixel x_buffer[PITCH], y_buffer[PITCH];
    for (std::size_t row = 0; row < rows; ++row) {
        const Pixel *x = row_of(pair.x, frame, channel, top + row, left, columns, x_buffer);
        const Pixel *y = row_of(pair.y, frame, channel, top + row, left, columns, y_buffer);
        for (std::size_t column = 0; column < columns; column += WIDTH) {
            const Vector a = load(x + column), b = load(y + column);
            store(tile.p + row * PITCH + column, (a + b) - all(tile.base_p));
            store(tile.m + row * PITCH + column, (a - b) - all(tile.base_m));
        }
    }
}

inline void load_tile(const ScaleWork &work, std::size_t plane, std::size_t level, std::size_t top, std::size_t left,
                      std::size_t rows, std::size_t columns, SsimTile &tile) {
    if (level > 0) {
        const std::size_t width = work.levels[level].width, corner = top * width + left;
        tile.base_p = load_plane(work.coarse(plane, 0, level) + corner, width, rows, columns, tile.p);
        tile.base_m = load_plane(work.coarse(plane, 1, level) + corner, width, rows, columns, tile.m);
    } else if (work.pair.x.bytes) {
        load_pair<std::uint8_t>(work.pair, plane, top, left, rows, columns, tile);
    } else {
        load_pair<float>(work.pair, plane, top, left, rows, columns, tile);
    }
    multiply(tile.p, tile.p, tile.pp);
    multiply(tile.m, tile.m, tile.mm);
}

// sums[2]: luminance * structure and structure, over one band of ROWS rows of results. Makes the rows of the next scale
// that begin in it.
inline void ssim_band(const ScaleWork &work, const SsimConstants &constants, std::size_t plane, std::size_t level,
                      std::size_t band, double *sums) {
    const Level &size = work.levels[level];
    const std::size_t top = band * ROWS, rows = least(ROWS, size.height - SSIM_REACH - top);
    SsimTile tile;
    SsimSums total;
    for (std::size_t left = 0; left < size.width - SSIM_REACH; left += COLUMNS) {
        const std::size_t columns = least(COLUMNS, size.width - SSIM_REACH - left);
        load_tile(work, plane, level, top, left, rows + SSIM_REACH, columns + SSIM_REACH, tile);
        ssim_tile(tile, rows, columns, constants, total);
    }
    sums[0] = total.product.total(rows), sums[1] = total.structure.total(rows);
    if (level + 1 == work.level_count) return;
    const bool is_last = top + ROWS >= size.height - SSIM_REACH;
    halve_band(work, plane, level, top / 2, is_last ? work.levels[level + 1].height : (top + ROWS) / 2);
}

}  // namespace ahc::AHC_VARIANT
