// The scale-space warp: blurred levels, and samples of them. warp.py says what is computed, and why a sample between
// two fine columns is a sum over four coarse ones.

#pragma once

#include "window.hpp"
#include "work.hpp"

namespace ahc::AHC_VARIANT {

constexpr std::size_t BLUR_SIZE = 11;

// The weighted mean of SIZE numbers, `pitch` apart, for what is left of a row behind its last whole vector.
template <std::size_t SIZE>
inline float mean_of(const float *numbers, std::size_t pitch, const float *taps) {
    float sum = taps[0] * (numbers[0] + numbers[(SIZE - 1) * pitch]);
    for (std::size_t i = 1; i < SIZE / 2; ++i)
        sum = fused(taps[i], numbers[i * pitch] + numbers[(SIZE - 1 - i) * pitch], sum);
    return fused(taps[SIZE / 2], numbers[SIZE / 2 * pitch], sum);
}

// `count` means, each of SIZE numbers `pitch` apart, of windows that begin at `numbers` and behind it.
template <std::size_t SIZE>
inline void blur_row(const float *numbers, std::size_t pitch, std::size_t count, const float *taps, float *out) {
    const Taps<SIZE> window(taps);
    std::size_t at = 0;
    for (; at + WIDTH <= count; at += WIDTH) {
        Vector vectors[SIZE];
#pragma GCC unroll 32
        for (std::size_t i = 0; i < SIZE; ++i) vectors[i] = load(numbers + at + i * pitch);
        store(out + at, window.mean(vectors));
    }
    for (; at < count; ++at) out[at] = mean_of<SIZE>(numbers + at, pitch, taps);
}

// Rows first..last of one plane. source: the plane with a margin of half a window on every side. means: for one row of
// it.
inline void blur(const float *source, std::size_t width, std::size_t first, std::size_t last, const float *taps,
                 float *means, float *out) {
    const std::size_t pitch = width + BLUR_SIZE - 1;
    for (std::size_t row = first; row < last; ++row) {
        blur_row<BLUR_SIZE>(source + row * pitch, pitch, pitch, taps, means);
        blur_row<BLUR_SIZE>(means, 1, width, taps, out + row * width);
    }
}

typedef float Four __attribute__((vector_size(16)));

inline Four fused(float a, Four b, Four c) {
#if defined(__AVX2__) && defined(__FMA__)
    return _mm_fmadd_ps(_mm_set1_ps(a), b, c);
#elif defined(__aarch64__)
    return vfmaq_n_f32(c, b, a);
#else
    for (int i = 0; i < 4; ++i) c[i] = fused(a, b[i], c[i]);
    return c;
#endif
}

// Within 0..last; NaN becomes 0.
inline float clamped(float position, float last) {
    position = position > 0 ? position : 0.0f;
    return position < last ? position : last;
}

// The three coefficients of a fine column.
struct Spline {
    Spline(std::size_t column, std::size_t doublings) {
        const std::size_t side = std::size_t{1} << doublings;
        const float inverse = 1 / static_cast<float>(side);
        const float t = fused(static_cast<float>(column & (side - 1)) + 0.5f, inverse, -0.5f);
        const float e = 0.125f * inverse * inverse, before = 0.5f - t, behind = 0.5f + t;
        weight[0] = fused(0.5f * before, before, -e);
        weight[1] = fused(-t, t, 0.75f) + 2 * e;
        weight[2] = fused(0.5f * behind, behind, -e);
    }
    float weight[3];
};

// The weights of the four coarse columns (or rows) around a fine position, and where they are.
struct CoarseTaps {
    CoarseTaps(float position, std::size_t size, std::size_t doublings) {
        const auto first = static_cast<std::size_t>(position);
        const std::size_t second = least(first + 1, size - 1);
        const float share = position - static_cast<float>(first), rest = 1 - share;
        const Spline a(first, doublings), b(second, doublings);
        const std::size_t base = first >> doublings, last = (size >> doublings) - 1,
                          shift = (second >> doublings) - base;
        weight = Four{rest * a.weight[0], rest * a.weight[1], rest * a.weight[2], 0};
        for (std::size_t i = 0; i < 3; ++i) weight[i + shift] = fused(share, b.weight[i], weight[i + shift]);
        index[0] = base > 0 ? base - 1 : 0;
        for (std::size_t i = 1; i < 4; ++i) index[i] = least(base + i - 1, last);
        side_by_side = base > 0 && base + 2 <= last;
    }

    Four columns_of(const float *row) const {
        if (!side_by_side) return Four{row[index[0]], row[index[1]], row[index[2]], row[index[3]]};
        Four four;
        __builtin_memcpy(&four, row + index[0], sizeof four);
        return four;
    }

    Four weight;
    std::size_t index[4];
    bool side_by_side;
};

// One pixel of one picture: `planes` planes of the level, each `pitch` floats from the next.
inline void add_sample(const float *planes, std::size_t pitch, std::size_t width, const CoarseTaps &across,
                       const CoarseTaps &down, float share, float *sums) {
    for (std::size_t c = 0; c < 3; ++c) {
        Four columns{};
        for (std::size_t i = 0; i < 4; ++i)
            columns = fused(down.weight[i], across.columns_of(planes + c * pitch + down.index[i] * width), columns);
        const Four parts = columns * across.weight;
        sums[c] = fused(share, (parts[0] + parts[1]) + (parts[2] + parts[3]), sums[c]);
    }
}

// Rows first..last of one picture.
inline void warp(const WarpWork &work, std::size_t picture, std::size_t first, std::size_t last) {
    const std::size_t height = work.height, width = work.width, size = height * width;
    const float *motion = work.motion + 3 * picture * size;
    for (std::size_t row = first; row < last; ++row)
        for (std::size_t column = 0; column < width; ++column) {
            const std::size_t at = row * width + column;
            const float half_width = 0.5f * static_cast<float>(width), half_height = 0.5f * static_cast<float>(height);
            const float x =
                clamped(fused(motion[at], half_width, static_cast<float>(column)), static_cast<float>(width - 1));
            const float y =
                clamped(fused(motion[size + at], half_height, static_cast<float>(row)), static_cast<float>(height - 1));
            const float z = clamped(fused(3, motion[2 * size + at], 2.5f), static_cast<float>(work.levels - 1));
            const auto lower = static_cast<std::size_t>(z);
            const float upper_share = z - static_cast<float>(lower);
            float sums[3] = {};
            for (std::size_t level = lower; level < lower + 2; ++level) {
                const float share = level > lower ? upper_share : 1 - upper_share;
                if (share == 0) continue;  // the upper level of a whole number, which may not exist
                const std::size_t doublings = level > 0 ? level - 1 : 0;
                const CoarseTaps across(x, width, doublings), down(y, height, doublings);
                const float *planes = level == 0
                                          ? work.picture + 3 * picture * size
                                          : work.pyramid + 3 * picture * work.pyramid_floats + work.starts[level];
                add_sample(planes, level == 0 ? size : work.pyramid_floats, width >> doublings, across, down, share,
                           sums);
            }
            for (std::size_t c = 0; c < 3; ++c) work.out[(3 * picture + c) * size + at] = sums[c];
        }
}

}  // namespace ahc::AHC_VARIANT
