// Y'CbCr 4:2:0 of 8 bits -> RGB.

#pragma once

#include <algorithm>

#include "colour.hpp"

namespace ahc {

// libswscale's, with 13 bits behind the point: what a level of luma and of each chroma adds to red, green and blue.
struct ToRgb {
    std::int32_t black;  // of luma, in sixteenths of a level
    std::int32_t luma, red_of_cr, green_of_cb, green_of_cr, blue_of_cb;
};

constexpr Word GREY = 128 * 16;  // of chroma, in sixteenths of a level

namespace {

// Three parts of one row of chroma and one part of the next nearest: in quarters of a level.
AHC_EVERY_MACHINE void mix_rows(const Sample *__restrict nearest, const Sample *__restrict next, std::size_t width,
                                Word *__restrict out) {
    for (std::size_t i = 0; i < width; ++i) out[i] = static_cast<Word>(3 * nearest[i] + next[i]);
}

// Chroma [half] in quarters of a level -> [2 half] in sixteenths, 0 for grey. On the left: it lies on the even columns.
AHC_EVERY_MACHINE void widen_left(const Word *__restrict in, std::size_t half, Word *__restrict out) {
    for (std::size_t i = 0; i < half; ++i) {
        out[2 * i] = static_cast<Word>(4 * in[i] - GREY);
        out[2 * i + 1] = static_cast<Word>(2 * (in[i] + in[i + 1]) - GREY);
    }
}

// In the centre: it lies between two columns.
AHC_EVERY_MACHINE void widen_centred(const Word *__restrict in, std::size_t half, Word *__restrict out) {
    for (std::size_t i = 0; i < half; ++i) {
        out[2 * i] = static_cast<Word>(3 * in[i] + in[i - 1] - GREY);
        out[2 * i + 1] = static_cast<Word>(3 * in[i] + in[i + 1] - GREY);
    }
}

// A level with 17 bits behind the point, rounded. libswscale's sum has five bits more than that and wraps around at 32,
// so levels from 512 on come out as 0. Only luma and chroma that no colour has get there.
inline Sample level(std::int32_t sum) {
    const auto shifted = static_cast<std::uint32_t>(sum) * 32 + (1u << 21);
    return static_cast<Sample>(std::clamp(static_cast<std::int32_t>(shifted) >> 22, 0, 255));
}

AHC_EVERY_MACHINE void row_to_rgb(const Sample *__restrict y, const Word *__restrict cb, const Word *__restrict cr,
                                  std::size_t width, const ToRgb &of, Sample *__restrict red, Sample *__restrict green,
                                  Sample *__restrict blue) {
    const ToRgb k = of;
    for (std::size_t i = 0; i < width; ++i) {
        const std::int32_t luma = (16 * y[i] - k.black) * k.luma;
        red[i] = level(luma + cr[i] * k.red_of_cr);
        green[i] = level(luma + cb[i] * k.green_of_cb + cr[i] * k.green_of_cr);
        blue[i] = level(luma + cb[i] * k.blue_of_cb);
    }
}

}  // namespace

// in: Y [H, W], Cb and Cr [ceil(H / 2), ceil(W / 2)]. out: three planes [H, W].
inline void to_rgb(const Planes<const Sample> &in, const ToRgb &of, bool centred, const Planes<Sample> &out) {
    const auto &[luma, cb, cr] = in;
    const std::size_t half = cb.width;
    const auto widen = centred ? widen_centred : widen_left;
    Row mixed(half), wide_cb(2 * half), wide_cr(2 * half);
    for (std::size_t y = 0; y < luma.height; ++y) {
        const std::size_t nearest = y / 2, above = std::max<std::size_t>(nearest, 1) - 1;
        const std::size_t next = y % 2 ? std::min(nearest + 1, cb.height - 1) : above;
        const auto at_full_width = [&](const Plane<const Sample> &chroma, Row &wide) {
            mix_rows(chroma.row(nearest), chroma.row(next), half, mixed.data());
            mixed.repeat_ends();
            widen(mixed.data(), half, wide.data());
        };
        at_full_width(cb, wide_cb);
        at_full_width(cr, wide_cr);
        row_to_rgb(luma.row(y), wide_cb.data(), wide_cr.data(), luma.width, of, out[0].row(y), out[1].row(y),
                   out[2].row(y));
    }
}

}  // namespace ahc
