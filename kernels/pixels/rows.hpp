// Rows of frames, side by side in memory.

#pragma once

#include "frames.hpp"
#include "vector.hpp"

namespace ahc::AHC_VARIANT {

template <typename Pixel>
inline const Pixel *pixels_at(const Frames &frames, std::size_t frame, std::size_t channel, std::size_t row,
                              std::size_t column) {
    return static_cast<const Pixel *>(frames.data) + static_cast<std::ptrdiff_t>(frame) * frames.frame +
           static_cast<std::ptrdiff_t>(channel) * frames.channel + static_cast<std::ptrdiff_t>(row) * frames.row +
           static_cast<std::ptrdiff_t>(column) * frames.column;
}

// `count` pixels, `stride` apart, side by side.
template <typename Pixel>
inline void gather(const Pixel *__restrict source, std::ptrdiff_t stride, std::size_t count, Pixel *__restrict out) {
    if (stride == 1)
        __builtin_memcpy(out, source, count * sizeof(Pixel));
    else if (stride == 3)  // channels last: the compiler makes shuffles of it
        for (std::size_t i = 0; i < count; ++i) out[i] = source[3 * i];
    else
        for (std::size_t i = 0; i < count; ++i) out[i] = source[static_cast<std::ptrdiff_t>(i) * stride];
}

// `count` pixels of a row from `column` on, and zeros as far as whole vectors reach: where they are, or in `buffer`.
template <typename Pixel>
inline const Pixel *row_of(const Frames &frames, std::size_t frame, std::size_t channel, std::size_t row,
                           std::size_t column, std::size_t count, Pixel *buffer) {
    const Pixel *source = pixels_at<Pixel>(frames, frame, channel, row, column);
    if (frames.column == 1 && count % WIDTH == 0) return source;
    gather(source, frames.column, count, buffer);
    for (std::size_t i = count; i < rounded_up(count, WIDTH); ++i) buffer[i] = 0;
    return buffer;
}

}  // namespace ahc::AHC_VARIANT
