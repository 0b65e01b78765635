// From scale to scale of MS-SSIM: means of 2 x 2 pixels, with a line of zeros before a side of odd length.

#pragma once

#include "rows.hpp"
#include "work.hpp"

namespace ahc::AHC_VARIANT {

constexpr std::size_t HALVED = 256;  // results at a time; twice as many are whole vectors

// One row of the next scale, of rows of `width` pixels, `stride` apart. `weight` 0 makes the upper row one of zeros.
template <typename Pixel>
inline void halve_row(const Pixel *upper, const Pixel *lower, std::ptrdiff_t stride, float weight, std::size_t width,
                      float *out) {
    Pixel above[2 * HALVED] = {}, below[2 * HALVED] = {};
    float sums[2 * HALVED];
    const std::size_t odd = width % 2;
    if (odd) *out++ = fused(weight, static_cast<float>(upper[0]), static_cast<float>(lower[0])) * 0.25f;
    for (std::size_t start = odd; start < width; start += 2 * HALVED, out += HALVED) {
        const std::size_t count = least(2 * HALVED, width - start);
        const auto at = static_cast<std::ptrdiff_t>(start) * stride;
        gather(upper + at, stride, count, above), gather(lower + at, stride, count, below);
        for (std::size_t i = 0; i < count; i += WIDTH)
            store(sums + i, fused(all(weight), load(above + i), load(below + i)));
        for (std::size_t i = 0; i < count / 2; ++i) out[i] = (sums[2 * i] + sums[2 * i + 1]) * 0.25f;
    }
}

// Where row `row` of a next scale comes from: the lower row, the one above it, and that one's weight.
struct RowsAbove {
    RowsAbove(std::size_t row, std::size_t height)
        : lower(2 * row + 1 - height % 2), upper(lower > 0 ? lower - 1 : 0), weight(lower > 0 ? 1.0f : 0.0f) {}
    std::size_t lower, upper;
    float weight;
};

// Row `row` of scale 1: the sum of both frames in p, the difference in m.
template <typename Pixel>
inline void halve_pair(const FramePair &pair, std::size_t plane, std::size_t row, float *__restrict p,
                       float *__restrict m) {
    const std::size_t frame = plane / pair.channels, channel = plane % pair.channels;
    const RowsAbove from(row, pair.height);
    const auto halved = [&](const Frames &frames, float *out) {
        halve_row(pixels_at<Pixel>(frames, frame, channel, from.upper, 0),
                  pixels_at<Pixel>(frames, frame, channel, from.lower, 0), frames.column, from.weight, pair.width, out);
    };
    halved(pair.x, p), halved(pair.y, m);
    for (std::size_t column = 0; column < (pair.width + 1) / 2; ++column) {
        const float a = p[column], b = m[column];
        p[column] = a + b, m[column] = a - b;
    }
}

// Rows first..last of the scale behind `level`.
inline void halve_band(const ScaleWork &work, std::size_t plane, std::size_t level, std::size_t first,
                       std::size_t last) {
    const Level &from = work.levels[level], &to = work.levels[level + 1];
    float *p = work.coarse(plane, 0, level + 1), *m = work.coarse(plane, 1, level + 1);
    for (std::size_t row = first; row < last; ++row) {
        float *p_row = p + row * to.width, *m_row = m + row * to.width;
        if (level == 0) {
            work.pair.x.bytes ? halve_pair<std::uint8_t>(work.pair, plane, row, p_row, m_row)
                              : halve_pair<float>(work.pair, plane, row, p_row, m_row);
            continue;
        }
        const RowsAbove rows(row, from.height);
        for (std::size_t side = 0; side < 2; ++side) {
            const float *plane_from = work.coarse(plane, side, level);
            halve_row(plane_from + rows.upper * from.width, plane_from + rows.lower * from.width, 1, rows.weight,
                      from.width, side ? m_row : p_row);
        }
    }
}

}  // namespace ahc::AHC_VARIANT
