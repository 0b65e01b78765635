// Squared and absolute error, and the products of channel errors. Sums of bytes are exact.

#pragma once

#include "rows.hpp"
#include "sums.hpp"

namespace ahc::AHC_VARIANT {

constexpr std::size_t SEGMENT = 256;            // floats of one sum in float32, and pixels of strided rows at a time
constexpr std::size_t BYTES_AT_ONCE = 1 << 15;  // of one sum in int32: 2^15 * 255^2 < 2^31

inline void add_errors(const std::uint8_t *__restrict x, const std::uint8_t *__restrict y, std::size_t count,
                       double *sums) {
    for (std::size_t start = 0; start < count; start += BYTES_AT_ONCE) {
        const std::size_t end = least(count, start + BYTES_AT_ONCE);
        std::int32_t squared = 0, absolute = 0;
        for (std::size_t i = start; i < end; ++i) {
            const auto error = static_cast<std::int16_t>(x[i] - y[i]);
            squared += error * error;
            absolute += error < 0 ? -error : error;
        }
        sums[0] += squared, sums[1] += absolute;
    }
}

inline void add_errors(const float *__restrict x, const float *__restrict y, std::size_t count, double *sums) {
    float squared[SEGMENT], absolute[SEGMENT];
    for (std::size_t start = 0; start < count; start += SEGMENT) {
        const std::size_t size = least(SEGMENT, count - start);
        for (std::size_t i = 0; i < size; ++i) {
            const float error = x[start + i] - y[start + i];
            squared[i] = error * error;
            absolute[i] = __builtin_fabsf(error);
        }
        sums[0] += sum_of(squared, size), sums[1] += sum_of(absolute, size);
    }
}

// sums[2]: squared and absolute error of the rows first..last of one plane.
template <typename Pixel>
void plane_errors(const FramePair &pair, std::size_t frame, std::size_t channel, std::size_t first, std::size_t last,
                  double *sums) {
    Pixel x_buffer[SEGMENT], y_buffer[SEGMENT];
    const bool side_by_side = pair.x.column == 1 && pair.y.column == 1;
    const std::size_t most = side_by_side ? pair.width : SEGMENT;
    for (std::size_t row = first; row < last; ++row)
        for (std::size_t left = 0; left < pair.width; left += most) {
            const std::size_t count = least(most, pair.width - left);
            const Pixel *x = pixels_at<Pixel>(pair.x, frame, channel, row, left);
            const Pixel *y = pixels_at<Pixel>(pair.y, frame, channel, row, left);
            if (!side_by_side) {
                gather(x, pair.x.column, count, x_buffer), gather(y, pair.y.column, count, y_buffer);
                x = x_buffer, y = y_buffer;
            }
            add_errors(x, y, count, sums);
        }
}

inline void errors(const FramePair &pair, std::size_t frame, std::size_t channel, std::size_t first, std::size_t last,
                   double *sums) {
    sums[0] = sums[1] = 0;
    pair.x.bytes ? plane_errors<std::uint8_t>(pair, frame, channel, first, last, sums)
                 : plane_errors<float>(pair, frame, channel, first, last, sums);
}

constexpr std::size_t PRODUCTS = 6;  // RR, GG, BB, RG, RB, GB
constexpr std::size_t FIRST[PRODUCTS] = {0, 1, 2, 0, 0, 1}, SECOND[PRODUCTS] = {0, 1, 2, 1, 2, 2};

// rows: R, G and B of x, then of y.
inline void add_products(const std::uint8_t *const *rows, std::size_t count, double *sums) {
    const std::uint8_t *__restrict x0 = rows[0], *__restrict x1 = rows[1], *__restrict x2 = rows[2];
    const std::uint8_t *__restrict y0 = rows[3], *__restrict y1 = rows[4], *__restrict y2 = rows[5];
    std::int32_t rr = 0, gg = 0, bb = 0, rg = 0, rb = 0, gb = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto r = static_cast<std::int16_t>(x0[i] - y0[i]), g = static_cast<std::int16_t>(x1[i] - y1[i]),
                   b = static_cast<std::int16_t>(x2[i] - y2[i]);
        rr += r * r, gg += g * g, bb += b * b, rg += r * g, rb += r * b, gb += g * b;
    }
    const std::int32_t products[PRODUCTS] = {rr, gg, bb, rg, rb, gb};
    for (std::size_t i = 0; i < PRODUCTS; ++i) sums[i] += products[i];
}

inline void add_products(const float *const *rows, std::size_t count, double *sums) {
    float errors[3][SEGMENT], products[SEGMENT];
    for (std::size_t channel = 0; channel < 3; ++channel)
        for (std::size_t i = 0; i < count; ++i) errors[channel][i] = rows[channel][i] - rows[3 + channel][i];
    for (std::size_t pair = 0; pair < PRODUCTS; ++pair) {
        const float *a = errors[FIRST[pair]], *b = errors[SECOND[pair]];
        for (std::size_t i = 0; i < count; ++i) products[i] = a[i] * b[i];
        sums[pair] += sum_of(products, count);
    }
}

// sums[6]: products of the channels' errors, of the rows first..last of one frame of three channels.
template <typename Pixel>
void frame_products(const FramePair &pair, std::size_t frame, std::size_t first, std::size_t last, double *sums) {
    Pixel buffers[6][SEGMENT];
    const Pixel *rows[6];
    for (std::size_t row = first; row < last; ++row)
        for (std::size_t left = 0; left < pair.width; left += SEGMENT) {
            const std::size_t count = least(SEGMENT, pair.width - left);
            for (std::size_t i = 0; i < 6; ++i)
                rows[i] = row_of(i < 3 ? pair.x : pair.y, frame, i % 3, row, left, count, buffers[i]);
            add_products(rows, count, sums);
        }
}

inline void products(const FramePair &pair, std::size_t frame, std::size_t first, std::size_t last, double *sums) {
    for (std::size_t i = 0; i < PRODUCTS; ++i) sums[i] = 0;
    pair.x.bytes ? frame_products<std::uint8_t>(pair, frame, first, last, sums)
                 : frame_products<float>(pair, frame, first, last, sums);
}

}  // namespace ahc::AHC_VARIANT
